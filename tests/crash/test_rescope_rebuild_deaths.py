"""Death at every effect of a rescope and of a rebuild: the same command, given again, does the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stackfile.engine.rebuild import rebuild_state
from stackfile.engine.rescope import rescope
from stackfile.sdk.provider import Session
from stackfile.state.format import State
from stackfile.state.store import Holder, Store
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Fuse, Killed, RiggedCatalog, RiggedStore, Side, bury
from stackfile.values import Tree
from stackfile_local import Local

HOLDER = Holder("ana", "stack state rescope", "20261121T031204Z-7k2")
SHOP: dict[str, Tree] = {
    "streams.orders": {},
    "streams.large": {},
    "pipelines.large": {"source": "streams.orders", "destination": "streams.large"},
}
ELSEWHERE = "local:somewhere-else"


class Place:
    """A shop that was applied; its state is then lost, or says that its objects are elsewhere."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        clock = FakeClock()

        def session(instance: str) -> Session:
            return Session(root / "data", root, clock, instance)

        self.store: Store = quick_store(root / "state")
        self.bench = Bench.over(World(Local, {}, session, self.store, lambda: bytes_under(root / "state")))

    async def harm(self, change: Callable[[State], State]) -> None:
        await self.bench.apply(SHOP)
        state = (await self.store.read()).state
        assert state is not None
        lease = await self.store.acquire(HOLDER)
        await lease.compact(change(state))
        await lease.release()

    async def dies(self, verb: str, fuse: Fuse) -> bool:
        store = RiggedStore(self.store, fuse)
        stack = self.bench._stack(SHOP, RiggedCatalog(self.bench.catalog, fuse), store)
        try:
            if verb == "rescope":
                await rescope(stack, "local", lambda found: True, HOLDER)
            else:
                await rebuild_state(stack, lambda found: True, HOLDER)
        except Killed:
            await bury(store)
            return True
        return False


def elsewhere(state: State) -> State:
    return replace(state, records={a: replace(one, scope=ELSEWHERE) for a, one in state.records.items()})


def lost(state: State) -> State:
    return replace(state, records={})


HARMED = {"rescope": elsewhere, "rebuild": lost}


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("verb", HARMED)
def test_a_death_at_any_effect_is_made_good_by_the_same_command(verb: str, side: Side, tmp_path: Path) -> None:
    async def one(at: int) -> bool:
        place = Place(tmp_path / str(at))
        await place.harm(HARMED[verb])
        died = await place.dies(verb, Fuse(at, side))
        assert not await place.dies(verb, Fuse())
        stored = await place.store.read()
        assert stored.state is not None
        assert (stored.lock, stored.intents, len(stored.state.records)) == (None, (), 3)
        assert ELSEWHERE not in {record.scope for record in stored.state.records.values()}
        plan = await place.bench.plan(SHOP)
        assert (plan.empty, dict(plan.unmanaged)) == (True, {})
        await place.bench.close()
        return died

    asyncio.run(_through(one))


async def _through(one: Callable[[int], Awaitable[bool]]) -> None:
    at = 1
    while await one(at):
        at += 1
    assert at > 3
