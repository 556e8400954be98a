"""Death at every effect of a pause, a start and a release: recovery settles it, by what is live."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.engine.run_state import Order, change_run_state, release
from stackfile.plan.holding import Outcome
from stackfile.sdk.provider import Session
from stackfile.state.format import Hold, Record
from stackfile.state.store import Holder, Store
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Fuse, Killed, RiggedCatalog, RiggedStore, Side, bury
from stackfile.values import Tree
from stackfile_local import Local

LARGE, SMALL = Address("pipelines", "large"), Address("pipelines", "small")
HOLDER = Holder("ana", "stack pause", "20261121T031204Z-7k2")
HOLD = Hold("paused", "INC-4312", "ana")
SHOP: dict[str, Tree] = {
    "streams.orders": {},
    "streams.large": {},
    "streams.small": {},
    "pipelines.large": {"source": "streams.orders", "destination": "streams.large", "status": "running"},
    "pipelines.small": {"source": "streams.orders", "destination": "streams.small"},
}


class Shop:
    """A shop that was applied, with a fuse on what is done to it by hand."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        clock = FakeClock()

        def session(instance: str) -> Session:
            return Session(root / "data", root, clock, instance)

        self.store: Store = quick_store(root / "state")
        self.bench = Bench.over(World(Local, {}, session, self.store, lambda: bytes_under(root / "state")))

    async def do(self, verb: str, fuse: Fuse) -> Sequence[Outcome]:
        store = RiggedStore(self.store, fuse)
        stack = self.bench._stack(SHOP, RiggedCatalog(self.bench.catalog, fuse), store)
        try:
            if verb == "release":
                return await release(stack, lambda state: [LARGE, SMALL], HOLDER)
            hold = HOLD if verb == "pause" else None
            return await change_run_state(stack, Order(verb, lambda state: [LARGE, SMALL], hold), HOLDER)
        except Killed:
            await bury(store)
            raise

    async def dies(self, verb: str, fuse: Fuse) -> bool:
        try:
            await self.do(verb, fuse)
        except Killed:
            return True
        return False

    async def records(self) -> dict[Address, Record]:
        stored = await self.store.read()
        assert stored.state is not None
        assert (stored.intents, stored.lock) == ((), None)
        return {at: record for at, record in stored.state.records.items() if at.section == "pipelines"}

    async def live(self) -> dict[str, str]:
        kind = await self.bench.connections.kind("local", "pipelines", "pipeline")
        return {one.id: one.fields["status"] for one in await kind.list_all()}


def expect_told(records: dict[Address, Record], live: dict[str, str]) -> None:
    """Each record says what is so: a hold only on what is paused."""
    for record in records.values():
        assert record.hold is None or live[record.id] == "paused"
        assert record.observed["status"] == live[record.id]


BEFORE: dict[str, Sequence[str]] = {"pause": (), "resume": ("pause", "release"), "release": ("pause",)}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("verb", BEFORE)
def test_a_death_at_any_effect_is_settled_and_the_command_can_be_given_again(
    verb: str, side: Side, tmp_path: Path
) -> None:
    async def one(at: int) -> bool:
        shop = Shop(tmp_path / str(at))
        await shop.bench.apply(SHOP)
        for earlier in BEFORE[verb]:
            await shop.do(earlier, Fuse())
        died = await shop.dies(verb, Fuse(at, side))
        if died and verb == "release":
            assert {record.hold for record in (await shop.records()).values()} in ({HOLD}, {None})
        elif died:
            await shop.bench.attempt(SHOP)
        expect_told(await shop.records(), await shop.live())
        if died:
            await again(shop, verb)
        status = "running" if verb == "resume" else "paused"
        assert set((await shop.live()).values()) == {status}
        assert {record.hold for record in (await shop.records()).values()} == {HOLD if verb == "pause" else None}
        await shop.bench.close()
        return died

    asyncio.run(through(one))


async def again(shop: Shop, verb: str) -> None:
    held = any(record.hold for record in (await shop.records()).values())
    if verb != "release" or held:
        await shop.do(verb, Fuse())


async def through(one: Callable[[int], Awaitable[bool]]) -> None:
    at = 1
    while await one(at):
        at += 1
    assert at > 3
