"""A service that fails in every way it can: what was asked for once is there once, and nothing of it is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackfile.engine.apply import Applied
from stackfile.errors import Ambiguous, DiagnosticError, ProviderError
from stackfile.events import Recovered
from stackfile.testing.bench import Bench
from stackfile.testing.faults import Fuse, Killed
from stackfile.testing.simulator import Fault, Faults
from stackfile.values import Tree
from tests.conformance.peer_world import PeerWorld
from tests.peer.session import Notes
from tests.peer.stackfile_peer import Sink

SECRET = "hunter22-first"
STACK: Mapping[str, Tree] = {
    "sources.pg": {"connector": "postgres", "host": "db", "password": SECRET},
    "destinations.lake": {"bucket": "s3://lake"},
    "pipelines.orders": {"source": "sources.pg", "sink": "destinations.lake", "filter": "total > 1", "max_rate": 5},
}
CHANGED: Mapping[str, Tree] = {
    **STACK,
    "sources.pg": {**STACK["sources.pg"], "password": "hunter22-second"},
    "pipelines.orders": {**STACK["pipelines.orders"], "filter": "total > 2"},
}
FIVE = (Fault.ERROR_BEFORE,) * 5
"""As often as the client tries what may be sent twice."""


@dataclass(frozen=True)
class Trouble:
    """Faults by the request that they hit, and how many applies it takes until all is well."""

    order: tuple[tuple[str, tuple[Fault, ...]], ...]
    applies: int = 1
    late_lists: int = 0


CREATING = {
    "the answer is lost": Trouble((("POST /v1/sources", (Fault.LOST,)),)),
    "500 after the commit": Trouble((("POST /v1/sources", (Fault.ERROR_AFTER,)),)),
    "500 before the commit": Trouble((("POST /v1/sources", (Fault.ERROR_BEFORE,)),)),
    "500 twice before the commit": Trouble((("POST /v1/sources", (Fault.ERROR_BEFORE,) * 2),), applies=2),
    "nobody there at first": Trouble((("POST /v1/sources", (Fault.REFUSED,) * 2),)),
    "nobody there": Trouble((("POST /v1/sources", (Fault.REFUSED,) * 3),), applies=2),
    "too many requests": Trouble((("POST /v1/sources", (Fault.THROTTLED,) * 4),)),
    "lost, and listed late": Trouble((("POST /v1/sinks", (Fault.LOST,)),), late_lists=1),
    "lost, and listed so late that it is sent again": Trouble((("POST /v1/sinks", (Fault.LOST,)),), late_lists=2),
    "the first of two calls is lost": Trouble((("POST /v1/pipes", (Fault.LOST,)),)),
    "the second of two calls is lost": Trouble((("PUT /v1/pipes", (Fault.LOST,)),)),
    "the second of two calls never succeeds": Trouble((("PUT /v1/pipes", FIVE),)),
    "nor does the one that would mend it": Trouble((("PUT /v1/pipes", FIVE * 2),), applies=2),
}


def of(folder: Path, faults: Faults | None = None) -> tuple[PeerWorld, Bench]:
    peer = PeerWorld(folder, faults)
    return peer, Bench.over(peer.world)


async def until_done(bench: Bench, resources: Mapping[str, Tree], most: int) -> int:
    """How many applies it took."""
    for count in range(1, most + 1):
        applied = await bench.attempt(resources)
        if applied.complete:
            return count
        assert all(isinstance(error, ProviderError) for error in errors_of(applied))
    raise AssertionError(f"not done after {most} applies: {errors_of(applied)}")


def errors_of(applied: Applied) -> list[Exception]:
    return [report.error for report in applied.reports.values() if report.error is not None]


async def expect_whole(peer: PeerWorld, bench: Bench, resources: Mapping[str, Tree]) -> None:
    plan = await bench.plan(resources)
    assert (plan.changes, plan.pending, plan.unmanaged) == ((), (), {})
    wanted = sorted(address.split(".")[1] for address in resources)
    assert sorted(one.fields["name"] for name in peer.service.objects for one in peer.service.live(name)) == wanted


@pytest.mark.parametrize("trouble", CREATING.values(), ids=CREATING)
def test_a_create_is_made_once_whatever_happens_to_its_answer(trouble: Trouble, new_folder: Callable[[], Path]) -> None:
    async def story() -> None:
        peer, bench = of(new_folder(), Faults(late_lists=trouble.late_lists))
        for request, faults in trouble.order:
            peer.service.faults.order(request, *faults)
        assert await until_done(bench, STACK, 3) == trouble.applies
        assert not peer.service.faults.ordered
        assert peer.holds(SECRET)
        await expect_whole(peer, bench, STACK)

    asyncio.run(story())


UPDATING = {
    "the answers are lost": Trouble((("PUT /v1/sources", (Fault.LOST,) * 5), ("PUT /v1/pipes", (Fault.LOST,) * 5)), 2),
    "500 after each commit": Trouble((("PUT /v1/pipes", (Fault.ERROR_AFTER,) * 5),)),
    "500 before each commit": Trouble((("PUT /v1/pipes", FIVE),), 2),
    "a secret that surely did not arrive": Trouble((("PUT /v1/sources", FIVE),), 2),
}


@pytest.mark.parametrize("trouble", UPDATING.values(), ids=UPDATING)
def test_an_update_arrives_whatever_happens_to_its_answer(trouble: Trouble, new_folder: Callable[[], Path]) -> None:
    async def story() -> None:
        peer, bench = of(new_folder())
        await bench.apply(STACK)
        for request, faults in trouble.order:
            peer.service.faults.order(request, *faults)
        assert await until_done(bench, CHANGED, 3) == trouble.applies
        assert peer.holds("hunter22-second")
        await expect_whole(peer, bench, CHANGED)

    asyncio.run(story())


def test_a_delete_that_got_no_answer_is_looked_at(new_folder: Callable[[], Path]) -> None:
    async def story() -> None:
        peer, bench = of(new_folder())
        await bench.apply(STACK)
        (source,) = peer.service.live("sources")
        peer.service.faults.order("DELETE /v1/pipes", *[Fault.ERROR_AFTER] * 5)
        peer.service.faults.order("DELETE /v1/sources", *FIVE)
        applied = await bench.attempt({})
        assert [type(error) for error in errors_of(applied)] == [Ambiguous]
        assert [one.id for one in peer.service.live("sources")] == [source.id]
        await bench.apply({})
        await expect_whole(peer, bench, {})

    asyncio.run(story())


def test_what_a_person_made_meanwhile_is_not_taken_over(new_folder: Callable[[], Path]) -> None:
    """A run dies before its create is sent, and then somebody else makes an object of that name."""

    async def story() -> None:
        peer, bench = of(new_folder())
        ours: Tree = {"bucket": "s3://ours", "format": "csv"}
        with pytest.raises(Killed):
            await bench.attempt({"destinations.lake": ours}, Fuse(5))
        kind = await bench.connections.kind("peer", "destinations", "sink")
        theirs = await kind.create(Sink(name="lake", bucket="s3://theirs", format="avro"), Notes())
        with pytest.raises(DiagnosticError, match=f"exists: .* as {theirs.id}, and is not ours"):
            await bench.attempt({"destinations.lake": ours})
        assert said(bench) == (
            f'"lake" found as {theirs.id}, but it is NOT what this run sent\n'
            "(bucket: s3://ours was sent, s3://theirs is live; format: csv was sent, avro is live)"
        )
        await bench.apply({"destinations.lake": {**ours, "name": "lake-2"}})
        assert [one.fields["bucket"] for one in peer.service.live("sinks")] == ["s3://theirs", "s3://ours"]

    asyncio.run(story())


def said(bench: Bench) -> str:
    return "\n".join(event.says for event in bench.events if isinstance(event, Recovered))


@pytest.mark.parametrize("seed", range(12))
def test_faults_by_chance_lose_nothing(seed: int, new_folder: Callable[[], Path]) -> None:
    async def story() -> None:
        chances = dict.fromkeys(Fault, 0.06)
        peer, bench = of(new_folder(), Faults(seed, chances))
        for wanted in (STACK, CHANGED, {}):
            peer.service.faults.chances = chances
            await persist(bench, wanted)
            peer.service.faults.chances = {}
            await bench.apply(wanted)
            await expect_whole(peer, bench, wanted)

    asyncio.run(story())


async def persist(bench: Bench, resources: Mapping[str, Tree]) -> None:
    """Applies until the service let it all through, or a few times."""
    for _ in range(5):
        applied = await bench.attempt(resources)
        if applied.complete and not applied.plan.skipped:
            return
