"""Moves, removals and imports, stopped before and after every effect of their apply; then a plain apply.

Nothing may be lost on the way, nothing be there twice, and what was let go is alive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackfile.sdk.provider import Session
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.values import Tree, Value
from stackfile_local import Local

Resources = Mapping[str, Tree]

BEFORE: Resources = {
    "streams.orders": {"for_each": ["eu", "us"], "partitions": 3},
    "streams.large": {},
    "pipelines.large": {"source": "streams.orders/eu", "destination": "streams.large"},
    "pipelines.other": {"source": "streams.orders/us", "destination": "streams.large"},
}
MOVED: Resources = {
    "streams.events": {"for_each": ["eu", "us"], "partitions": 3, "name": "orders-{{ each.key }}"},
    "streams.big": {"name": "large"},
    "pipelines.large": {"source": "streams.events/eu", "destination": "streams.big"},
    "pipelines.us": {"source": "streams.events/us", "destination": "streams.big"},
}
MOVES: list[Value] = [
    {"from": "streams.orders", "to": "streams.events"},
    {"from": "streams.large", "to": "streams.big"},
    {"from": "pipelines.other", "to": "pipelines.us"},
]


def changed(resources: Resources, **bodies: Tree) -> Resources:
    """The resources with more in some bodies."""
    return {address: {**body, **bodies.get(address.replace(".", "_"), {})} for address, body in resources.items()}


@dataclass(frozen=True)
class Turn:
    """From one stack to another, with what the file says of addresses. `managed` are ours in the end, of `alive`.

    `forgotten`: the state is lost before, so that what is there must be imported.
    """

    after: Resources
    sections: Tree
    managed: int
    alive: int = 5
    forgotten: bool = False


IMPORTS: Value = [
    {"to": "streams.orders/eu", "name": "orders-eu"},
    {"to": "streams.orders/us", "id": "stream:orders-us"},
    {"to": "streams.large", "id": "stream:large"},
    {"to": "pipelines.large", "name": "large"},
    {"to": "pipelines.other", "name": "other"},
]
TURNS = {
    "addresses move": Turn(MOVED, {"moved": MOVES}, 5),
    "addresses move and objects are updated": Turn(
        changed(MOVED, streams_events={"partitions": 4}, pipelines_us={"operations": [{"filter": "value.x > 1"}]}),
        {"moved": MOVES},
        5,
    ),
    "addresses move and objects are replaced with their holders": Turn(
        changed(MOVED, streams_events={"partitions": 2}), {"moved": MOVES}, 5
    ),
    "some are let go": Turn(
        {"streams.large": {}},
        {
            "removed": [
                {"address": "pipelines.large", "destroy": False},
                {"address": "pipelines.other", "destroy": False},
                {"address": "streams.orders", "destroy": False},
            ]
        },
        1,
    ),
    "one moves, one is let go and one is deleted": Turn(
        {"streams.events": MOVED["streams.events"], "streams.large": {}},
        {
            "moved": [MOVES[0]],
            "removed": [
                {"address": "pipelines.large", "destroy": False},
                {"address": "pipelines.other", "destroy": True},
            ],
        },
        3,
        alive=4,
    ),
    "everything is imported": Turn(BEFORE, {"imports": IMPORTS}, 5, forgotten=True),
    "what is imported is changed too": Turn(
        changed(
            BEFORE,
            streams_orders={"partitions": 4},
            streams_large={"retention": "1d"},
            pipelines_other={"status": "paused"},
        ),
        {"imports": IMPORTS},
        5,
        forgotten=True,
    ),
}


class Place:
    """A folder with an engine and a state, which every run of one story works on."""

    def __init__(self, root: Path, turn: Turn) -> None:
        root.mkdir(exist_ok=True)
        clock = FakeClock()

        def session(instance: str) -> Session:
            return Session(root / "data", root, clock, instance)

        def bench(state: Path) -> Bench:
            return Bench.over(World(Local, {}, session, quick_store(state), lambda: bytes_under(state)))

        self.first = bench(root / "state")
        self.bench = bench(root / "new") if turn.forgotten else self.first
        self.wanted: Resources = {**turn.after, "": turn.sections}

    async def close(self) -> None:
        await self.first.close()
        await self.bench.close()


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_death_at_any_effect_is_made_good_by_the_next_apply(turn: Turn, side: Side, root: Path) -> None:
    async def story() -> None:
        at = 1
        while await one_death(turn, Fuse(at, side), root / str(at)):
            at += 1
        assert at > 3

    asyncio.run(story())


async def one_death(turn: Turn, fuse: Fuse, root: Path) -> bool:
    place = Place(root, turn)
    try:
        await place.first.apply(BEFORE)
        try:
            await place.bench.attempt(place.wanted, fuse)
            return False
        except Killed:
            pass
        applied = await place.bench.attempt(place.wanted)
        assert applied.complete
        await expect_whole(place, turn)
        return True
    finally:
        await place.close()


async def expect_whole(place: Place, turn: Turn) -> None:
    plan = await place.bench.plan(place.wanted)
    assert plan.empty, [(change.action, change.address) for change in plan.changes]
    stored = await place.bench.world.store.read()
    assert stored.state is not None
    assert (stored.intents, stored.lock) == ((), None)
    live: set[str] = set()
    for section in ("pipelines", "streams"):
        kind = await place.bench.connections.kind("local", section, section.removesuffix("s"))
        live |= {one.id for one in await kind.list_all()}
    ours = [record.id for record in stored.state.records.values()]
    assert len(ours) == len(set(ours)) == turn.managed
    assert live.issuperset(ours)
    assert len(live) == turn.alive
