"""Death at every effect of a replacement of what is held: the new object comes held, whenever it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.engine.run_state import Order, change_run_state, release
from stackfile.sdk.provider import Session
from stackfile.state.format import Hold
from stackfile.state.store import Holder, Stored
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.values import Tree
from stackfile_local import Local

LARGE = Address("pipelines", "large")
HOLDER = Holder("ana", "stack pause", "20260121T031204Z-7k2")
HOLD = Hold("paused", "INC-4312", "ana")


def shop(version: int) -> dict[str, Tree]:
    """Another version makes the pipeline anew."""
    return {
        "streams.orders": {"retention": f"{version}d"},
        "streams.large": {},
        "pipelines.large": {
            "source": "streams.orders",
            "destination": "streams.large",
            "lifecycle": {"replace_triggered_by": ["streams.orders.retention"]},
        },
    }


class Shop:
    def __init__(self, root: Path) -> None:
        root.mkdir()
        clock, self.store = FakeClock(), quick_store(root / "state")

        def session(instance: str) -> Session:
            return Session(root / "data", root, clock, instance)

        self.bench = Bench.over(World(Local, {}, session, self.store, lambda: bytes_under(root / "state")))

    async def hold(self) -> None:
        await self.bench.apply(shop(1))
        stack = self.bench._stack(shop(1), self.bench.catalog, self.store)
        await change_run_state(stack, Order("pause", lambda state: [LARGE], HOLD), HOLDER)

    async def release(self) -> None:
        stack = self.bench._stack(shop(2), self.bench.catalog, self.store)
        await release(stack, lambda state: [LARGE], HOLDER)

    async def dies(self, fuse: Fuse) -> bool:
        try:
            await self.bench.attempt(shop(2), fuse)
        except Killed:
            return True
        return False

    async def stored(self) -> Stored:
        return await self.store.read()

    async def statuses(self) -> list[str]:
        kind = await self.bench.connections.kind("local", "pipelines", "pipeline")
        return [str(one.fields["status"]) for one in await kind.list_all()]


async def through(one: Callable[[int], Awaitable[bool]]) -> None:
    at = 1
    while await one(at):
        at += 1
    assert at > 3


@pytest.mark.parametrize("side", Side)
def test_a_hold_outlives_every_death_of_the_run_that_makes_its_object_anew(side: Side, tmp_path: Path) -> None:
    gaps: list[int] = []

    async def one(at: int) -> bool:
        made = Shop(tmp_path / str(at))
        await made.hold()
        died = await made.dies(Fuse(at, side))
        plan = await made.bench.plan(shop(2))
        assert plan.holds == {LARGE: HOLD} or plan.pending
        state = (await made.stored()).state
        assert state is not None
        gaps.extend([at] if state.holds else [])
        if died:
            await made.bench.apply(shop(2))
        stored = await made.stored()
        assert stored.state is not None
        assert (stored.state.records[LARGE].hold, stored.state.holds) == (HOLD, {})
        assert await made.statuses() == ["paused"]
        assert (await made.bench.plan(shop(2))).empty
        await made.bench.close()
        return died

    asyncio.run(through(one))
    assert gaps, "no death fell between the delete and the create"


def test_a_hold_that_waits_for_its_object_can_be_released(tmp_path: Path) -> None:
    async def scene(at: int) -> bool:
        made = Shop(tmp_path / str(at))
        await made.hold()
        died = await made.dies(Fuse(at))
        stored = await made.stored()
        assert stored.state is not None
        if stored.state.holds:
            await made.release()
            assert (await made.bench.plan(shop(2))).holds == {}
            await made.bench.apply(shop(2))
            assert (await made.bench.plan(shop(2))).holds == {}
            assert stored.intents or await made.statuses() == ["running"]
            released.append(bool(stored.intents))
        await made.bench.close()
        return died

    released: list[bool] = []
    asyncio.run(through(scene))
    assert set(released) == {False, True}
