"""The peer's provider in bad weather: what is sent again, what is in doubt, and nothing made twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from stackfile.errors import Ambiguous, ProviderError, Unreachable
from stackfile.sdk.provider import Update
from stackfile.sdk.rest import Exchange
from stackfile.testing.simulator import Fault, Faults, SimulatedClock
from tests.peer.service import PeerService
from tests.peer.session import SINK, SOURCE, Notes, kinds_of, using
from tests.peer.stackfile_peer import Peer, Sink

DOUBTS: dict[str, tuple[Fault, type[ProviderError], int]] = {
    "an error, and nothing was made": (Fault.ERROR_BEFORE, Ambiguous, 0),
    "an error, but it was made": (Fault.ERROR_AFTER, Ambiguous, 1),
    "no answer, but it was made": (Fault.LOST, Ambiguous, 1),
}


@pytest.mark.parametrize("case", DOUBTS)
def test_a_create_without_an_answer_is_in_doubt_and_never_sent_twice(case: str) -> None:
    fault, kind, made = DOUBTS[case]

    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        service.faults.order("POST /v1/sources", fault)
        notes = Notes()
        with pytest.raises(kind):
            await sources.create(SOURCE, notes)
        assert (notes.lines, service.count("POST /v1/sources")) == ([], 1)
        assert len(await sources.list_all()) == made

    using(use)


def test_a_create_that_was_refused_for_now_or_never_arrived_is_sent_again() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        service.faults.order("POST /v1/sources", Fault.THROTTLED, Fault.REFUSED)
        await sources.create(SOURCE, Notes())
        assert service.clock.monotonic() == 3.0  # 2 s that the 429 asked for, then 1 s of backoff

    service = using(use)
    assert len(service.live("sources")) == 1


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.LOST, Fault.THROTTLED, Fault.REFUSED])
def test_updates_and_deletes_go_through_every_fault(fault: Fault) -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, sinks, _ = kinds_of(peer)
        source, sink = await sources.create(SOURCE, Notes()), await sinks.create(SINK, Notes())
        for request in ("PUT", "PATCH", "DELETE", "GET", "GET"):
            service.faults.order(request, fault)
        moved = SOURCE.model_copy(update={"host": "db2"})
        assert (await sources.update(Update(source, moved, {("host",): "db2"}), Notes())).fields["host"] == "db2"
        csv = SINK.model_copy(update={"format": "csv"})
        assert (await sinks.update(Update(sink, csv, {("format",): "csv"}), Notes())).fields["format"] == "csv"
        await sources.delete(source, Notes())
        assert await sources.list_all() == []
        assert service.faults.ordered == []

    using(use)


def test_an_expired_token_is_renewed_and_a_long_run_renews_ahead() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        await sources.create(SOURCE, Notes())
        service.expire_tokens()
        await sources.create(SOURCE.model_copy(update={"name": "second"}), Notes())
        assert [call.status for call in service.calls if call.path == "/v1/sources"] == [201, 401, 201]
        await service.clock.sleep(service.token_life - 60)
        await sources.list_all()
        assert [call.status for call in service.calls][-2:] == [200, 200]

    service = using(use)
    assert service.count("POST /v1/token") == 3


def test_listings_may_lag_behind_creates_and_deletes() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        service.faults.late_lists = 2
        live = await sources.create(SOURCE, Notes())
        assert [len(await sources.list_all()) for _ in range(3)] == [0, 0, 1]
        await sources.delete(live, Notes())
        assert await sources.read(live.id) is None
        assert [len(await sources.list_all()) for _ in range(3)] == [1, 1, 0]

    using(use)


def test_latency_passes_on_the_clock_and_is_traced() -> None:
    told: list[Exchange] = []

    async def use(peer: Peer, service: PeerService) -> None:
        service.faults.latency = 0.5
        await peer.scope()

    using(use, trace=told.append)
    assert told == [Exchange("POST", "/token", 200, 0.5, 1), Exchange("GET", "/account", 200, 0.5, 1)]


def _storm(seed: int) -> tuple[list[tuple[str, str, int | None]], int]:
    """Fifty creates in bad weather; those that are in doubt are looked up before they are sent again."""
    chances = dict.fromkeys((Fault.THROTTLED, Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.LOST), 0.1)
    service = PeerService(SimulatedClock(), Faults(seed, chances))

    async def use(peer: Peer, service: PeerService) -> None:
        _, sinks, _ = kinds_of(peer)

        async def make(name: str) -> None:
            there = False
            while not there:
                with suppress(Ambiguous, Unreachable):
                    there = any(live.fields["name"] == name for live in await sinks.list_all())
                    if not there:
                        there = bool(await sinks.create(Sink(name=name, bucket="b"), Notes()))

        await asyncio.gather(*(make(f"n{number}") for number in range(50)))

    using(use, service)
    return [(call.method, call.path, call.status) for call in service.calls], len(service.live("sinks"))


def test_bad_weather_is_the_same_again_from_the_same_seed() -> None:
    calls, made = _storm(7)
    assert made == 50
    assert _storm(7) == (calls, made)
    assert _storm(8)[0] != calls
