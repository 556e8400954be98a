"""Much of a kind that is gone at once: it is looked at before anybody believes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.plan.plan import Missing, Plan
from stackfile.plan.question import Question
from stackfile.values import Tree
from tests.unit.engine.stand import Stand


def boxes(count: int) -> Mapping[str, Tree]:
    return {f"sources.b{number:02}": {} for number in range(count)}


@pytest.fixture
def twenty(stand: Stand) -> Stand:
    stand.attempt(boxes(20))
    stand.shelf.clock.seconds += 3600
    stand.shelf.calls.clear()
    return stand


def lose(stand: Stand, count: int) -> None:
    for id in sorted(stand.shelf.objects["box"])[:count]:
        del stand.shelf.objects["box"][id]


def planned(stand: Stand, question: Question | None = None) -> Plan:
    return asyncio.run(stand.bench.plan(boxes(20), question))


@pytest.mark.parametrize(("lost", "reads", "told"), [(1, 1, 0), (10, 10, 0), (11, 11, 1), (20, 20, 1)])
def test_what_a_listing_lacks_is_asked_for_and_a_mass_is_told(lost: int, reads: int, told: int, twenty: Stand) -> None:
    lose(twenty, lost)
    plan = planned(twenty)
    assert twenty.shelf.calls == ["list box", *["read box"] * reads]
    assert len(plan.changes) == lost
    assert plan.missing == (Missing("shelves", "sources", "box", lost, 20),) * told


def test_what_a_listing_lacks_and_a_look_finds_is_there(twenty: Stand) -> None:
    twenty.shelf.unlisted = set(twenty.shelf.objects["box"])
    plan = planned(twenty)
    assert (plan.changes, plan.missing) == ((), ())


def test_a_provider_may_say_why(twenty: Stand) -> None:
    lose(twenty, 20)
    twenty.shelf.cause = "it restarted 12 minutes ago"
    plan = planned(twenty)
    assert [one.cause for one in plan.missing] == ["it restarted 12 minutes ago"]
    says = [(one.message.partition(" to create")[0], one.help) for one in plan.diagnostics]
    assert says == [("shelves: it restarted 12 minutes ago: 20 boxes", ())]


def test_an_apply_that_reads_only_what_it_touches_looks_as_well(twenty: Stand) -> None:
    lose(twenty, 20)
    changed = {**boxes(20), "sources.b00": {"size": 2}}
    plan = twenty.attempt(changed, question=Question(reads=False)).plan
    assert [str(change.address) for change in plan.changes] == ["sources.b00"]
    assert [one.number for one in plan.missing] == [20]
