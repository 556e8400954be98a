"""Whole stacks on the local engine, stopped before and after every effect of an apply; then a plain apply.

Nothing may be there twice, nothing be forgotten, and nothing be left to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackfile.plan.question import Question
from stackfile.sdk.provider import Session
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.values import Tree, Value
from stackfile_local import Local
from tests.crash.lifecycle_turns import first, triggered

SALT = "a-salt-that-nobody-may-read"
PLAIN, DESTROY = Question(), Question(destroy=True)
Resources = Mapping[str, Tree]


def stack(regions: list[Value], partitions: int = 3, minimum: int = 100, table: str = "large_orders") -> Resources:
    """Orders of some regions, from files by way of streams into a file and a table."""
    each: Tree = {"for_each": regions}
    return {
        "variables.salt": {"type": "string", "sensitive": True, "default": SALT},
        "streams.orders": {**each, "partitions": partitions, "retention": "forever"},
        "streams.large": {},
        "sources.orders": {
            **each,
            "connector": "file",
            "path": "in/{{ each.key }}.ndjson",
            "stream": "{{ streams.orders[each.key] }}",
        },
        "pipelines.large": {
            **each,
            "source": "{{ streams.orders[each.key] }}",
            "operations": [{"filter": f"value.amount >= {minimum}"}],
            "destination": "streams.large",
        },
        "destinations.archive": {
            "connector": "file",
            "path": "out/{{ sha256(var.salt) }}.ndjson",
            "stream": "streams.large",
        },
        "destinations.table": {"connector": "sqlite", "path": "out/all.db", "table": table, "stream": "streams.large"},
        "outputs.large": {"value": "{{ streams.large.id }}"},
    }


@dataclass(frozen=True)
class Turn:
    """From one stack to another. `objects` is how many there are in the end."""

    before: Resources
    after: Resources
    objects: int
    question: Question = PLAIN


BOTH: list[Value] = ["eu", "us"]
TURNS = {
    "everything is created": Turn({}, stack(BOTH), 9),
    "fields are updated": Turn(stack(BOTH), stack(BOTH, partitions=4, minimum=50), 9),
    "streams are replaced, with all that holds them": Turn(stack(BOTH), stack(BOTH, partitions=2), 9),
    "one is replaced, others updated": Turn(stack(BOTH), stack(BOTH, minimum=50, table="orders"), 9),
    "a region goes and another comes": Turn(stack(BOTH), stack(["eu", "ap"]), 9),
    "everything is taken out of the file": Turn(stack(["eu"]), {}, 0),
    "everything is destroyed": Turn(stack(["eu"]), stack(["eu"]), 0, DESTROY),
    "new objects are made before the old ones go": Turn(first("v1"), first("v2", "archive_2"), 6),
    "a trigger replaces beside an ignored field": Turn(triggered("7d", 1), triggered("8d", 2), 3),
}


class Place:
    """A folder with an engine and a state, which every run of one story works on."""

    def __init__(self, root: Path) -> None:
        base, state, clock = root, root / "state", FakeClock()
        base.mkdir(exist_ok=True)

        def session(instance: str) -> Session:
            return Session(base / "data", base, clock, instance)

        self.state = state
        self.world = World(Local, {}, session, quick_store(state), lambda: bytes_under(state))
        self.bench = Bench.over(self.world)

    async def dies(self, turn: Turn, fuse: Fuse) -> bool:
        try:
            await self.bench.attempt(turn.after, fuse, turn.question)
        except Killed:
            return True
        return False


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_death_at_any_effect_is_made_good_by_the_next_apply(turn: Turn, side: Side, root: Path) -> None:
    async def story() -> None:
        at = 1
        while await one_death(turn, Fuse(at, side), root / str(at)):
            at += 1
        assert at > 10

    asyncio.run(story())


async def one_death(turn: Turn, fuse: Fuse, root: Path) -> bool:
    place = Place(root)
    bench = place.bench
    try:
        await bench.apply(turn.before)
        if not await place.dies(turn, fuse):
            return False
        await expect_a_look_changes_nothing(place, turn)
        applied = await bench.attempt(turn.after, question=turn.question)
        assert applied.complete
        await expect_whole(place, turn)
        return True
    finally:
        await bench.close()


async def expect_a_look_changes_nothing(place: Place, turn: Turn) -> None:
    before = place.world.kept()
    await place.bench.plan(turn.after, turn.question)
    assert place.world.kept() == before


async def expect_whole(place: Place, turn: Turn) -> None:
    plan = await place.bench.plan(turn.after, turn.question)
    assert plan.empty, [(change.action, change.address) for change in plan.changes]
    assert (plan.pending, plan.unmanaged) == ((), {})
    stored = await place.world.store.read()
    assert stored.state is not None
    assert (stored.intents, stored.lock) == ((), None)
    live = [one for kind in ("sources", "destinations", "pipelines", "streams") for one in await listed(place, kind)]
    assert sorted(record.id for record in stored.state.records.values()) == sorted(live)
    assert len(live) == turn.objects
    assert SALT.encode() not in place.world.kept()


async def listed(place: Place, section: str) -> list[str]:
    kind = await place.bench.connections.kind("local", section, section.removesuffix("s"))
    return [live.id for live in await kind.list_all()]


def test_a_death_during_recovery_is_made_good_too(root: Path) -> None:
    """Each run but the last dies two effects further than the one before it."""

    async def story() -> None:
        place, turn = Place(root), TURNS["streams are replaced, with all that holds them"]
        await place.bench.apply(turn.before)
        at, deaths = 1, 0
        while await place.dies(turn, Fuse(at, Side.AFTER)):
            at, deaths = at + 2, deaths + 1
        assert deaths > 5
        await expect_whole(place, turn)
        await place.bench.close()

    asyncio.run(story())
