"""Death at every effect on files of an edit of the state: it is there whole or not at all, and can be made again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.engine.edits import edit, push, roll_back
from stackfile.errors import StateError
from stackfile.state.edits import moved, without
from stackfile.state.format import State
from stackfile.state.local import LocalStore
from stackfile.state.store import Stored
from stackfile.testing.entries import ANA, CI, LAKE, PG, intent, record, result
from stackfile.testing.faults import Killed, Side
from stackfile.testing.files import MortalFiles
from stackfile.testing.store import begun, state_of
from tests.unit.state.place import Place

NEW = Address("sources", "new")


async def earlier(store: LocalStore) -> None:
    """A history of two snapshots, and a result in the journal."""
    lease = await begun(store, result(PG, record(PG)))
    await lease.compact(await state_of(store))
    await lease.append([result(LAKE, record(LAKE, "id2"))])
    await lease.compact(await state_of(store))
    await lease.append([result(LAKE, record(LAKE, "id3"))])
    await lease.release()


async def damaged(store: LocalStore) -> None:
    await earlier(store)
    lease = await store.acquire(ANA)
    await lease.append([intent(PG, "update")])
    await lease.release()
    path = store._folder.state
    path.write_bytes(path.read_bytes()[:100])


def other(state: State) -> State:
    return replace(state, lineage="lineage-2", records={PG: record(PG, "id9")})


Act = Callable[[LocalStore], Awaitable[object]]
EDITS: dict[str, tuple[Callable[[LocalStore], Awaitable[None]], Act, dict[Address, str]]] = {
    "mv": (earlier, lambda store: edit(store, CI, lambda state: moved(state, {PG: NEW})), {NEW: "id1", LAKE: "id3"}),
    "rm": (earlier, lambda store: edit(store, CI, lambda state: without(state, [PG])), {LAKE: "id3"}),
    "rollback": (earlier, lambda store: roll_back(store, CI, 1), {PG: "id1"}),
    "rollback of a damaged state": (damaged, lambda store: roll_back(store, CI, 2), {PG: "id1", LAKE: "id3"}),
    "push": (
        earlier,
        lambda store: push(store, CI, other(State("orders", "prod", "lineage-1", 9)), force=True),
        {PG: "id9"},
    ),
}


def ids(stored: Stored) -> dict[Address, str]:
    assert stored.state is not None
    return {address: one.id for address, one in stored.state.records.items()}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", EDITS)
def test_a_death_at_any_effect_leaves_the_state_before_or_the_state_after(
    name: str, side: Side, tmp_path: Path
) -> None:
    prepare, act, wanted = EDITS[name]

    async def one(at: int) -> bool:
        place, files = Place(tmp_path / str(at)), MortalFiles(at=at, side=side)
        await prepare(place.open())
        try:
            await act(place.open(files))
        except Killed:
            place.world.kill_all()
        try:
            assert ids(await place.open().read()) in ({PG: "id1", LAKE: "id3"}, wanted)
        except StateError:
            assert prepare is damaged
            await act(place.open())
        if not files.dead:
            return False
        if prepare is earlier and ids(await place.open().read()) != wanted:
            await act(place.open())
        await (await place.open().acquire(CI)).release()
        stored = await place.open().read()
        assert (ids(stored), stored.lock) == (wanted, None)
        assert [(one.entry.address, one.entry.verb) for one in stored.intents] == (
            [(PG, "update")] if prepare is damaged else []
        )
        return True

    async def story() -> None:
        at = 1
        while await one(at):
            at += 1
        assert at > 10

    asyncio.run(story())
