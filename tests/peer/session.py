"""What a test needs to talk to the peer service through its provider, and to scripted answers through a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from stackfile.sdk.provider import Session
from stackfile.testing.simulator import SimulatedClock
from tests.peer.service import CLIENT_ID, CLIENT_SECRET, PeerService
from tests.peer.stackfile_peer import Peer, PeerSettings, Pipes, Sink, Sinks, Source, Sources

SOURCE = Source(name="orders", connector="postgres", host="db", password="hunter2", tables=["b", "a"])
SINK = Sink.model_validate({"name": "lake", "bucket": "s3://lake", "options": {"a": "1", "b": "2"}})


def session_of(clock: SimulatedClock, transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> Session:
    """A session whose waits are as long as they may be: the jitter is always 1."""
    return Session(Path(), Path(), clock, "peer", {"transport": transport, "random": lambda: 1.0, **options})


def settings() -> PeerSettings:
    return PeerSettings(client_id=CLIENT_ID, secret=CLIENT_SECRET)


async def connect(service: PeerService, **options: Any) -> Peer:
    assert isinstance(service.clock, SimulatedClock)
    transport = service.app.transport()
    return await Peer.connect(settings(), session_of(service.clock, transport, **options))


def using(
    use: Callable[[Peer, PeerService], Awaitable[None]], service: PeerService | None = None, **options: Any
) -> PeerService:
    """Uses a provider that is connected to a service, a fresh one if none is given, and closes it."""
    service = service or PeerService(SimulatedClock())

    async def run() -> None:
        peer = await connect(service, **options)
        try:
            await use(peer, service)
        finally:
            await peer.close()

    asyncio.run(run())
    return service


def kinds_of(peer: Peer) -> tuple[Sources, Sinks, Pipes]:
    sources, sinks, pipes = peer.kinds
    assert isinstance(sources, Sources)
    assert isinstance(sinks, Sinks)
    assert isinstance(pipes, Pipes)
    return sources, sinks, pipes


class Script:
    """A transport that gives these answers in turn, or raises them, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)


class Notes:
    """A journal that only remembers, with what the service had seen by then."""

    def __init__(self, service: PeerService | None = None) -> None:
        self._service = service
        self.lines: list[str] = []
        self.mark = ""

    async def created(self, id: str) -> None:
        self.lines.append(f"created {id}{self._calls()}")

    async def phase(self, name: str) -> None:
        self.lines.append(f"phase {name}{self._calls()}")

    def _calls(self) -> str:
        return f" after {self._service.count('P')} writes" if self._service is not None else ""
