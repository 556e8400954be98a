"""Providers that are left out: nobody asks one that is excluded, and one that is silent stops nothing else."""

from __future__ import annotations

import asyncio

from stackfile.errors import Unreachable
from stackfile.plan.plan import Skipped
from stackfile.plan.question import Question
from stackfile.plan.select import Selection
from tests.unit.engine.stand import TWO, Stand

EXCLUDED = Question(Selection(exclude=("provider:shelves",)))


def test_an_excluded_provider_is_not_even_contacted(stand: Stand) -> None:
    stand.attempt(TWO)
    stand.shelf.calls.clear()
    stand.shelf.before["connect"] = [Unreachable("nobody may be asked")]
    plan = asyncio.run(stand.bench.plan({}, EXCLUDED))
    assert (plan.changes, plan.complete, plan.read.calls) == ((), False, 0)
    (skipped,) = plan.skipped
    assert (skipped.provider, skipped.says, len(skipped.addresses)) == ("shelves", "excluded", 2)
    assert stand.attempt({}, question=EXCLUDED).state.records.keys() == {one for one in skipped.addresses}
    assert stand.shelf.calls == []
    assert len(stand.shelf.before["connect"]) == 1


def test_a_silent_provider_is_named_with_all_that_is_left_out(stand: Stand) -> None:
    stand.attempt(TWO)
    stand.shelf.before["connect"] = [Unreachable("(http://shelves.eu) did not answer: connection refused")]
    plan = asyncio.run(stand.bench.plan({}))
    says, addresses = "(http://shelves.eu) did not answer: connection refused", plan.skipped[0].addresses
    assert plan.skipped == (Skipped("shelves", says, addresses),)
    assert [str(address) for address in addresses] == ["sources.rum", "sources.tea"]
    assert (plan.changes, plan.complete) == ((), False)
