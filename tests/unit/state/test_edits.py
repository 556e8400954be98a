"""What a move or a removal makes of a state, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.address import Address
from stackfile.engine.edits import edit, push, roll_back
from stackfile.errors import StateError
from stackfile.state.edits import lost_by, moved, moves_between, without
from stackfile.state.format import State
from stackfile.testing.entries import CI, LAKE, PG, intent, record, result
from stackfile.testing.store import begun, raises, state_of
from tests.unit.state.place import Place, only, told

ADDRESSES = (
    "streams.a",
    "streams.b[eu]",
    "streams.b[us]",
    "modules.billing.streams.a",
    "modules.billing.modules.tax.streams.c",
    "modules.sales[eu].streams.a",
)


def state() -> State:
    records = {at: record(at, f"id-{at}") for at in map(Address.parse, ADDRESSES)}
    return State("orders", "prod", "lineage-1", 3, records)


MOVES = {
    "streams.a streams.x": {"streams.a": "streams.x"},
    "streams.b streams.x": {"streams.b[eu]": "streams.x[eu]", "streams.b[us]": "streams.x[us]"},
    "streams.b[eu] streams.x": {"streams.b[eu]": "streams.x"},
    "streams.a modules.billing.streams.x": {"streams.a": "modules.billing.streams.x"},
    "modules.billing modules.pay": {
        "modules.billing.streams.a": "modules.pay.streams.a",
        "modules.billing.modules.tax.streams.c": "modules.pay.modules.tax.streams.c",
    },
    "modules.sales[eu] modules.eu": {"modules.sales[eu].streams.a": "modules.eu.streams.a"},
    "streams.nope streams.x": {},
    "streams.b streams.x[eu]": {},
    "modules.nope modules.x": {},
}


@pytest.mark.parametrize("typed", MOVES)
def test_what_a_move_means(typed: str) -> None:
    source, target = typed.split()
    assert {str(old): str(new) for old, new in moves_between(state(), source, target).items()} == MOVES[typed]


REFUSED = {
    "streams.a streams.a": "is where it is already",
    "streams.a nope": "is no address",
    "nope streams.a": "is no address",
    "modules.billing streams.a": "names no module",
    "streams.a modules.billing": "names a module, not a resource",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_a_move_that_nobody_can_understand_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[typed]):
        moves_between(state(), *typed.split())


def test_those_that_depend_on_what_moves_are_told() -> None:
    new = Address("sources", "new")
    before = State("orders", "prod", "l", 1, {PG: replace(record(PG), dependencies=()), LAKE: record(LAKE)})
    after = moved(before, {PG: new})
    assert list(after.records) == [new, LAKE]
    assert (after.records[new].address, after.records[LAKE].dependencies) == (new, (new,))
    assert lost_by(before, after) == []


def test_what_is_forgotten_is_lost_to_the_state_alone() -> None:
    before = state()
    after = without(before, [Address("streams", "a")])
    assert lost_by(before, after) == [Address("streams", "a")]


def test_no_edit_is_made_while_a_call_is_open(place: Place) -> None:
    async def story() -> None:
        store = place.open()
        lease = await begun(store, result(PG, record(PG)))
        await lease.compact(await state_of(store))
        await lease.append([intent(LAKE, "update")])
        await lease.release()
        now = await state_of(store)
        for doing in (
            edit(store, CI, lambda state: without(state, [PG])),
            roll_back(store, CI, 1),
            push(store, CI, replace(now, records={}), force=True),
        ):
            error = only(await raises(StateError, doing))
            assert (error.code, error.message, error.help) == (
                "state-unsettled",
                "1 call of a killed run has no recorded answer: streams.lake[eu] (update)",
                ("Have them judged first: stack recover",),
            )
        assert await state_of(store) == now
        assert (await store.read()).lock is None

    told(story)


def test_what_the_journal_added_is_kept_as_a_copy_before_it_is_left(place: Place) -> None:
    async def story() -> None:
        store = place.open()
        lease = await begun(store, result(PG, record(PG)))
        await lease.compact(await state_of(store))
        await lease.append([result(LAKE, record(LAKE))])
        await lease.release()
        assert (await roll_back(store, CI, 1)).after.serial == 3
        assert set((await state_of(store)).records) == {PG}
        assert (await roll_back(store, CI, 2)).after.serial == 4
        assert set((await state_of(store)).records) == {PG, LAKE}

    told(story)
