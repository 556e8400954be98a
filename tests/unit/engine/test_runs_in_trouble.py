"""Whole runs on a service that does as told: what fails, what is said of it, and what the next run makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from stackfile.address import Address
from stackfile.errors import Conflict, DiagnosticError, Unreachable
from stackfile.events import Recovered
from stackfile.plan.ledger import Outcome
from stackfile.values import Tree
from tests.unit.engine.shelf import Shelf
from tests.unit.engine.stand import NO, SILENT, TEA, TWO, Stand


@dataclass(frozen=True)
class Trouble:
    """Errors before and after verbs; how the ledger tells the create, the verdicts of the next run, and the calls of
    this one that change something."""

    outcome: Outcome
    before: Mapping[str, list[Exception]] = field(default_factory=dict)
    after: Mapping[str, list[Exception]] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    creates: int = 1
    says: str = ""


BUG = "a mistake in the code of shelves, in create of box: KeyError: 'id'"
CREATES = {
    "refused": Trouble(Outcome.FAILED, {"create box": [NO]}, says="it said no"),
    "nobody there": Trouble(Outcome.FAILED, {"create box": [Unreachable("refused")]}, says="refused"),
    "refused once its id was told": Trouble(Outcome.HALF_DONE, after={"finish box": [NO]}, says="it said no"),
    "no answer, and nothing was made": Trouble(Outcome.DONE, {"create box": [SILENT]}, creates=2),
    "no answer, and it was made": Trouble(Outcome.DONE, after={"create box": [SILENT]}),
    "no answer, and its id is known": Trouble(Outcome.DONE, after={"finish box": [SILENT]}),
    "no answer twice": Trouble(
        Outcome.FAILED,
        {"create box": [SILENT, SILENT]},
        creates=2,
        says="box was sent twice, no answer came, and it is in no listing",
    ),
    "no answer, and then a twin of which nobody knows": Trouble(
        Outcome.FAILED, {"create box": [SILENT, Conflict("exists")]}, creates=2, says="exists"
    ),
    "no answer, and nobody can look": Trouble(
        Outcome.FAILED,
        {"create box": [SILENT], "list box": []},
        verdicts=("cleared",),
        says="no answer came; nor could it be looked at: gone away",
    ),
    "a bug before the call": Trouble(
        Outcome.INTERRUPTED, {"create box": [KeyError("id")]}, verdicts=("cleared",), says=BUG
    ),
    "a bug after the call": Trouble(
        Outcome.INTERRUPTED, after={"create box": [KeyError("id")]}, verdicts=("adopted",), says=BUG
    ),
    "a bug once its id was told": Trouble(
        Outcome.INTERRUPTED, after={"finish box": [KeyError("id")]}, verdicts=("adopted",), says=BUG
    ),
}


@pytest.mark.parametrize("trouble", CREATES.values(), ids=CREATES)
def test_a_create_in_trouble(trouble: Trouble, stand: Stand) -> None:
    stand.shelf.before, stand.shelf.after = dict(trouble.before), dict(trouble.after)
    if "list box" in trouble.before:
        stand.shelf.meanwhile["create box"] = fail_next_list(stand.shelf)
    applied = stand.attempt(TEA)
    (result,) = stand.ledger(TEA, applied).results
    assert (result.outcome, result.failure.message if result.failure else "") == (trouble.outcome, trouble.says)
    assert stand.shelf.calls.count("create box") == trouble.creates
    assert stand.attempt(TEA).complete
    assert stand.verdicts == list(trouble.verdicts)
    assert [dict(box) for box in stand.boxes] == [{"name": "tea", **TEA["sources.tea"]}]
    assert stand.attempt(TEA).plan.empty


def fail_next_list(shelf: Shelf) -> Any:
    async def fail() -> None:
        shelf.before["list box"] = [Unreachable("gone away")]

    return fail


def test_a_bug_in_one_stage_stops_no_other(stand: Stand) -> None:
    stand.shelf.before["create box"] = [KeyError("id")]
    applied = stand.attempt(TWO)
    assert sorted(result.outcome for result in stand.ledger(TWO, applied).results) == ["done", "interrupted"]


def test_a_provider_that_cannot_be_read_is_left_out_and_named(stand: Stand) -> None:
    stand.shelf.before["list box"] = [KeyError("items")]
    applied = stand.attempt(TEA)
    (skipped,) = applied.plan.skipped
    assert skipped.says == "a mistake in the code of shelves, in list_all of box: KeyError: 'items'"
    assert stand.boxes == []


def test_a_refused_update_leaves_the_record_as_it_was(stand: Stand) -> None:
    stand.attempt(TEA)
    stand.shelf.before["update box"] = [NO]
    changed = {"sources.tea": {**TEA["sources.tea"], "size": 6}}
    applied = stand.attempt(changed)
    assert [result.outcome for result in stand.ledger(changed, applied).results] == [Outcome.FAILED]
    assert applied.state.records[Address("sources", "tea")].applied["size"] == 5
    assert stand.attempt(changed).complete


def test_a_refused_delete_leaves_the_record_as_it_was(stand: Stand) -> None:
    stand.attempt(TEA)
    stand.shelf.before["delete box"] = [NO]
    assert [*stand.attempt({}).state.records] == [Address("sources", "tea")]
    assert stand.attempt({}).complete
    assert stand.boxes == []


def test_a_field_that_only_the_state_has_sends_nothing(stand: Stand) -> None:
    stand.attempt(TEA)
    assert stand.attempt({"sources.tea": {**TEA["sources.tea"], "timeout": "5m"}}).complete
    assert [call for call in stand.shelf.calls if not call.startswith(("list", "read"))] == []


def test_an_object_that_is_lost_and_cannot_be_made_again_keeps_its_record(stand: Stand) -> None:
    before = stand.attempt(TEA).state.records
    stand.shelf.objects["box"].clear()
    stand.shelf.before["create box"] = [NO]
    applied = stand.attempt(TEA)
    assert applied.state.records == before
    assert [result.outcome for result in stand.ledger(TEA, applied).results] == [Outcome.FAILED]


def test_an_object_that_a_listing_lacks_is_not_lost_however_old_it_is(stand: Stand) -> None:
    stand.attempt(TEA)
    stand.shelf.unlisted = {"box-1"}
    assert stand.attempt(TEA).plan.empty
    stand.shelf.clock.seconds += 3600
    assert asyncio.run(stand.bench.plan(TEA)).empty
    stand.shelf.objects["box"].clear()
    assert [str(change.action.name) for change in asyncio.run(stand.bench.plan(TEA)).changes] == ["CREATE"]


# What an earlier run left open


def test_an_address_that_cannot_be_judged_is_left_out_with_all_that_needs_it(stand: Stand) -> None:
    holder: Mapping[str, Tree] = {"sources.box": {"inside": "sources.tea"}, "sources.rum": {}}
    stand.die(TEA, 4)
    stand.shelf.before["list box"] = [Unreachable("gone away")]
    applied = stand.attempt({**TEA, **holder})
    assert stand.verdicts == ["pending"]
    assert [str(change.address) for change in applied.plan.changes] == ["sources.rum"]
    assert not applied.complete
    assert stand.attempt({**TEA, **holder}).complete
    assert sorted(box["name"] for box in stand.boxes) == ["box", "rum", "tea"]


def test_what_a_killed_run_did_elsewhere_is_not_judged_here(stand: Stand) -> None:
    stand.die(TEA, 5)
    stand.shelf.tenant = "other"
    there, stand.shelf.objects = stand.shelf.objects, {"box": {}, "note": {}, "secret": {}}
    applied = stand.attempt(TEA)
    (event,) = (event for event in stand.bench.events if isinstance(event, Recovered))
    assert event.says == "shelves is connected to shelves:other, and the call was made in shelves:acme"
    assert (applied.plan.changes, applied.complete) == ((), False)
    stand.shelf.tenant, stand.shelf.objects = "acme", there
    assert stand.attempt(TEA).complete
    assert len(stand.boxes) == 1


def test_another_account_is_refused(stand: Stand) -> None:
    stand.attempt(TWO)
    stand.shelf.tenant = "other"
    with pytest.raises(DiagnosticError) as caught:
        stand.attempt(TEA)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        "scope-changed",
        "`shelves` is connected to shelves:other, and the state has objects of it in shelves:acme: "
        "sources.rum, sources.tea",
    )
    assert len(stand.boxes) == 2


def test_a_plan_shows_what_is_open_and_neither_judges_nor_writes(stand: Stand) -> None:
    stand.die(TEA, 5)
    before = stand.bench.world.kept()
    plan = asyncio.run(stand.bench.plan(TEA))
    assert [(str(one.address), one.verb, one.in_flight) for one in plan.pending] == [("sources.tea", "create", False)]
    assert stand.bench.world.kept() == before


def test_what_cannot_be_listed_waits_until_it_is_declared_no_more(stand: Stand) -> None:
    secret: Mapping[str, Tree] = {"streams.key": {"text": "x"}}
    stand.die(secret, 4)
    assert not stand.attempt(secret).complete
    assert stand.verdicts == ["pending"]
    assert stand.attempt({}).complete
    assert stand.verdicts == ["cleared"]
    assert stand.attempt(secret).complete


# Stops
