"""Plans and applies that trust the state's copies: who is asked, and what is believed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.errors import DiagnosticError, Unreachable
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.values import Tree
from tests.unit.engine.stand import TEA, TWO, Stand

COPIES = Question(reads=False)
THREE: Mapping[str, Tree] = {**TWO, "pipelines.leaf": {"text": "hello", "about": "sources.tea"}}
LARGER: Mapping[str, Tree] = {**THREE, "sources.tea": {**TEA["sources.tea"], "size": 6}}


def planned(stand: Stand, resources: Mapping[str, Tree]) -> Plan:
    stand.shelf.calls.clear()
    stand.shelf.before["connect"] = [Unreachable("nobody may be asked")]
    plan = asyncio.run(stand.bench.plan(resources, COPIES))
    assert stand.shelf.before.pop("connect") != []
    assert stand.shelf.calls == []
    return plan


def actions(plan: Plan) -> list[str]:
    return [f"{change.action.value} {change.address}" for change in plan.changes]


def test_nobody_is_asked_for_a_plan(stand: Stand) -> None:
    stand.attempt(THREE)
    assert planned(stand, THREE).empty
    assert actions(planned(stand, LARGER)) == ["~ sources.tea"]
    assert actions(planned(stand, {**THREE, "sources.new": {}})) == ["+ sources.new"]
    assert actions(planned(stand, TWO)) == ["- pipelines.leaf"]
    assert planned(stand, THREE).read.calls == 0


def test_a_plan_tells_how_old_its_copies_are(stand: Stand) -> None:
    stand.attempt(TEA)
    first = stand.shelf.clock.now()
    stand.shelf.clock.seconds += 3600
    stand.attempt(TWO)
    read = planned(stand, TWO).read
    assert (read.asked, read.copies) == (False, (first, stand.shelf.clock.now()))
    assert planned(Stand(stand.folder / "other"), {}).read.copies is None


def test_drift_shows_once_the_state_has_seen_it(stand: Stand) -> None:
    stand.attempt(THREE)
    live = next(one for one in stand.shelf.objects["box"].values() if one.fields["name"] == "tea")
    live.fields["size"] = 9  # type: ignore[index]
    assert planned(stand, THREE).empty
    stand.attempt(THREE, question=Question(refresh_only=True))
    assert actions(planned(stand, THREE)) == ["~ sources.tea"]


def test_an_apply_reads_what_it_touches_and_nothing_else(stand: Stand) -> None:
    stand.attempt(THREE)
    assert stand.attempt(THREE, question=COPIES).plan.empty
    assert stand.shelf.calls == []
    assert stand.attempt(LARGER, question=COPIES).complete
    assert stand.shelf.calls == ["list box", "update box"]
    assert stand.attempt(LARGER).plan.empty


def test_an_apply_leaves_the_drift_of_what_it_does_not_touch(stand: Stand) -> None:
    stand.attempt(THREE)
    for live in stand.shelf.objects["box"].values():
        live.fields["label"] = "theirs"  # type: ignore[index]
    applied = stand.attempt(LARGER, question=COPIES)
    assert actions(applied.plan) == ["~ sources.tea"]
    assert [str(field.path[0]) for change in applied.plan.changes for field in change.fields] == ["size", "label"]
    assert {box["name"]: box["label"] for box in stand.boxes} == {"tea": "black", "rum": "theirs"}


def test_an_apply_sees_that_what_it_touches_is_gone(stand: Stand) -> None:
    stand.attempt(THREE)
    stand.shelf.objects["box"].clear()
    stand.shelf.clock.seconds += 3600
    applied = stand.attempt(LARGER, question=COPIES)
    assert actions(applied.plan) == ["+ sources.tea", "~ pipelines.leaf"]
    assert applied.complete


def test_an_apply_takes_no_name_that_somebody_has(stand: Stand) -> None:
    stand.attempt(THREE)
    stand.shelf.put("box", {"name": "new"})
    with pytest.raises(DiagnosticError) as caught:
        stand.attempt({**THREE, "sources.new": {}}, question=COPIES)
    assert [one.code for one in caught.value.diagnostics] == ["exists"]
    assert "create box" not in stand.shelf.calls


def test_an_apply_to_another_account_is_refused(stand: Stand) -> None:
    stand.attempt(THREE)
    stand.shelf.tenant = "other"
    with pytest.raises(DiagnosticError) as caught:
        stand.attempt(LARGER, question=COPIES)
    assert [one.code for one in caught.value.diagnostics] == ["scope-changed"]
