"""Objects that a service has and shows to nobody: the state is believed, and what was not answered is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.plan.plan import Action, Plan
from stackfile.values import Tree
from tests.unit.engine.stand import SILENT, Stand

SPELL: Mapping[str, Tree] = {"resources.spell": {"type": "spell", "text": "abra"}}
BOTH: Mapping[str, Tree] = {**SPELL, "sources.tea": {}}


def other(text: str) -> Mapping[str, Tree]:
    return {"resources.spell": {"type": "spell", "text": text}}


def planned(stand: Stand, resources: Mapping[str, Tree]) -> Plan:
    return asyncio.run(stand.bench.plan(resources))


def test_they_are_never_asked_for_and_a_second_plan_is_empty(stand: Stand) -> None:
    stand.attempt(SPELL)
    assert stand.shelf.calls == ["send spell"]
    assert planned(stand, SPELL).empty
    assert stand.shelf.calls == ["send spell"]


def test_a_change_names_what_was_compared_with_the_state(stand: Stand) -> None:
    stand.attempt(SPELL)
    [change] = planned(stand, other("kadabra")).changes
    assert (change.action, [one.path for one in change.fields]) == (Action.UPDATE, [("text",)])
    assert set(change.unread) == {"name", "text"}


@pytest.mark.parametrize("resources", [SPELL, other("kadabra")], ids=["new", "changed"])
def test_a_call_without_an_answer_is_made_again(stand: Stand, resources: Mapping[str, Tree]) -> None:
    if resources is not SPELL:
        stand.attempt(SPELL)
    stand.shelf.after["send spell"] = [SILENT]
    stand.attempt(resources)
    stand.attempt(resources)
    assert stand.shelf.calls.count("send spell") <= 1
    assert stand.shelf.objects["spell"]["spell"].fields["text"] == resources["resources.spell"]["text"]
    assert planned(stand, resources).empty


@pytest.mark.parametrize(
    ("cause", "lost"), [("it restarted", ["resources.spell", "sources.tea"]), ("", ["sources.tea"])]
)
def test_they_are_lost_with_all_that_can_be_seen_where_the_provider_knows_why(
    stand: Stand, cause: str, lost: list[str]
) -> None:
    stand.attempt(BOTH)
    stand.shelf.objects["box"].clear()
    stand.shelf.cause = cause
    plan = planned(stand, BOTH)
    assert sorted(str(change.address) for change in plan.changes) == lost
    assert [one.cause for one in plan.missing] == ([cause] if cause else [])
