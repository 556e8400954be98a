"""New objects before old ones on a service that fails: nothing is lost, nothing is there twice, all of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from stackfile.address import Address
from stackfile.engine.apply import Applied
from stackfile.errors import ProviderError
from stackfile.plan.ledger import Outcome
from stackfile.plan.plan import Action
from stackfile.report.ledger import ledger_text
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text
from stackfile.state.format import Record
from stackfile.values import Tree
from tests.unit.engine.stand import NO, SILENT, Stand

TEA = Address("sources", "tea")


def tea(name: str, shape: str, **fields: Any) -> Mapping[str, Tree]:
    return {"sources.tea": {"name": name, "shape": shape, "lifecycle": {"create_before_destroy": True}, **fields}}


OLD, NEW = tea("black", "round"), tea("green", "flat")


def names(stand: Stand) -> list[str]:
    return sorted(box["name"] for box in stand.boxes)


def record(applied: Applied) -> Record:
    return applied.state.records[TEA]


def refused_once(stand: Stand, error: ProviderError = NO) -> Applied:
    """The old object is not deleted."""
    stand.attempt(OLD)
    stand.shelf.before["delete box"] = [error]
    return stand.attempt(NEW)


@pytest.mark.parametrize("error", [NO, SILENT], ids=["refused", "no answer"])
def test_an_old_object_that_was_not_deleted_is_deposed(stand: Stand, error: ProviderError) -> None:
    applied = refused_once(stand, error)
    assert names(stand) == ["black", "green"]
    assert (record(applied).name, record(applied).id) == ("green", "box-2")
    assert [(old.id, old.name) for old in record(applied).deposed] == [("box-1", "black")]


def test_the_next_plan_shows_the_deposed_object_and_an_apply_deletes_it(stand: Stand) -> None:
    refused_once(stand)
    plan = asyncio.run(stand.bench.plan(NEW))
    assert [(one.action, one.deposed) for one in plan.changes] == [(Action.NO_OP, ("box-1",))]
    assert plan.unmanaged == {}
    title, says = plan_text(plan).split("\n\n")[1].splitlines()
    assert title.split() == ["-", "sources.tea", "shelves", "box", "box-1", "(deposed)", "impact:", "none"]
    assert says.strip() == "Left behind when the resource was replaced."
    assert "0 to replace, 1 to delete" in plan_text(plan)
    (entry,) = plan_json(plan)["resource_changes"]
    assert (entry["address"], entry["deposed"], entry["change"]["actions"]) == ("sources.tea", "box-1", ["delete"])
    applied = stand.attempt(NEW)
    assert applied.complete
    assert (names(stand), record(applied).deposed) == (["green"], ())
    assert stand.ledger(NEW, applied).totals() == (0, 0, 1)
    assert asyncio.run(stand.bench.plan(NEW)).empty


def test_a_ledger_tells_that_the_old_object_is_still_there(stand: Stand) -> None:
    ledger = stand.ledger(NEW, refused_once(stand))
    assert [one.outcome for one in ledger.results] == [Outcome.HALF_DONE]
    says = "HALF DONE: new one box-2 is there, not finished, the old one box-1 is to be deleted still"
    assert says in " ".join(ledger_text(ledger).split())


def test_a_new_object_that_is_refused_leaves_the_old_one_as_it_is(stand: Stand) -> None:
    stand.attempt(OLD)
    stand.shelf.before["create box"] = [NO]
    applied = stand.attempt(NEW)
    assert (names(stand), record(applied).id, record(applied).deposed) == (["black"], "box-1", ())
    assert "not replaced" in ledger_text(stand.ledger(NEW, applied))
    assert stand.attempt(NEW).complete
    assert names(stand) == ["green"]


def test_a_new_object_without_an_answer_is_looked_for_and_never_taken_for_the_old_one(stand: Stand) -> None:
    stand.attempt(OLD)
    stand.shelf.after["create box"] = [SILENT]
    assert stand.attempt(NEW).complete
    assert names(stand) == ["green"]


def test_a_replacement_after_a_replacement_leaves_nothing_behind(stand: Stand) -> None:
    refused_once(stand)
    stand.shelf.before["delete box"] = [NO]
    applied = stand.attempt(tea("white", "square"))
    assert [old.id for old in record(applied).deposed] == ["box-1", "box-2"]
    assert stand.attempt(tea("white", "square")).complete
    assert names(stand) == ["white"]


def test_a_resource_that_goes_takes_its_deposed_object_along(stand: Stand) -> None:
    refused_once(stand)
    applied = stand.attempt({})
    assert applied.complete
    assert (stand.boxes, dict(applied.state.records)) == ([], {})


def test_a_resource_that_is_lost_keeps_its_deposed_object_until_that_is_deleted(stand: Stand) -> None:
    refused_once(stand)
    del stand.shelf.objects["box"]["box-2"]
    stand.shelf.before["delete box"] = [NO]
    applied = stand.attempt(NEW)
    assert [old.id for old in record(applied).deposed] == ["box-1"]
    assert stand.attempt(NEW).complete
    assert names(stand) == ["green"]


NOTES: Mapping[str, Any] = {"lifecycle": {"create_before_destroy": True, "replace_triggered_by": ["sources.tea"]}}


def notes(size: int) -> Mapping[str, Tree]:
    """Nothing tells the two notes apart but what they say, and they say the same."""
    return {"sources.tea": {"size": size}, "pipelines.note": {"text": "hot", **NOTES}}


def test_a_new_object_without_a_name_is_not_taken_for_the_old_one(stand: Stand) -> None:
    stand.attempt(notes(1))
    stand.shelf.before["create note"] = [SILENT]
    assert stand.attempt(notes(2)).complete
    assert list(stand.shelf.objects["note"]) == ["note-3"]


@pytest.mark.parametrize("effect", range(1, 30))
def test_a_death_at_any_effect_is_made_good(stand: Stand, effect: int) -> None:
    """Twice: in the replacement, and in the run that makes it good."""
    refused_once(stand)
    last = tea("white", "square")
    for at in (effect, effect // 2 + 1):
        try:
            stand.die(last, at)
        except pytest.fail.Exception:
            break
    assert stand.attempt(last).complete
    assert names(stand) == ["white"]
    assert asyncio.run(stand.bench.plan(last)).empty
