"""A simulated engine and a stack of streams over it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from stackfile.engine.account import account
from stackfile.engine.apply import Applied
from stackfile.errors import ProviderError
from stackfile.plan.plan import Plan
from stackfile.report.ledger import ledger_text
from stackfile.report.plan_text import plan_text
from stackfile.sdk.provider import Live, Session
from stackfile.testing.bench import Bench, FakeClock
from stackfile.testing.cases import NoJournal
from stackfile.testing.simulated import session_with, simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree, Value
from stackfile_redpanda_connect import RedpandaConnect
from stackfile_redpanda_connect.kinds.joined import Pipelines
from stackfile_redpanda_connect.kinds.stream import Stream, Streams
from stackfile_redpanda_connect.provider import RedpandaConnectSettings
from stackfile_redpanda_connect.simulator import Engine
from stackfile_redpanda_connect.simulator import simulated as service_of

T = TypeVar("T")

TICKS: Tree = {"generate": {"mapping": "root.n = 1", "interval": "1s"}}
SLOWER: Tree = {"generate": {"mapping": "root.n = 1", "interval": "5s"}}
NEVER: Tree = {"generate": {"mapping": "root.n = 1", "interval": "never"}}
"""It lints, and cannot be started."""
DROP: Tree = {"drop": {}}


def config(input: Tree = TICKS, **more: Value) -> dict[str, Value]:
    return {"input": input, "output": DROP, **more}


def streams(**configs: Tree) -> Mapping[str, Tree]:
    return {f"streams.{name}": {"config": one} for name, one in configs.items()}


class Room:
    """One engine behind its service, and a stack over it."""

    def __init__(self, folder: Path, **engine: Any) -> None:
        self.folder = folder
        self.engine = Engine(Conditions(), **engine)
        self.service = service_of(self.engine)
        self.bench = Bench.over(simulated(folder, RedpandaConnect, self.service))

    def plan(self, resources: Mapping[str, Tree]) -> Plan:
        return asyncio.run(self.bench.plan(resources))

    def apply(self, resources: Mapping[str, Tree]) -> Applied:
        return asyncio.run(self.bench.apply(resources))

    def attempt(self, resources: Mapping[str, Tree]) -> str:
        """The ledger of an apply, which may fail, with its line breaks taken out."""
        applied = asyncio.run(self.bench.attempt(resources))
        text = ledger_text(account(applied, self.bench.configuration(resources), "run-1"))
        return " ".join(text.split())

    def told(self, resources: Mapping[str, Tree]) -> str:
        return plan_text(self.plan(resources))

    def connected(self, do: Callable[[RedpandaConnect], Awaitable[T]], **settings: Value) -> T:
        """With settings over those that reach the service."""

        async def run() -> T:
            given = RedpandaConnectSettings.model_validate({**self.service.settings(), **settings})
            provider = await RedpandaConnect.connect(given, session_with(self.folder, self.service)("rp"))
            try:
                return await do(provider)
            finally:
                await provider.close()

        return asyncio.run(run())

    def refused(self, do: Callable[[RedpandaConnect], Awaitable[object]], **settings: Value) -> ProviderError:
        async def caught(provider: RedpandaConnect) -> ProviderError:
            try:
                await do(provider)
            except ProviderError as error:
                return error
            raise AssertionError("it was not refused")

        return self.connected(caught, **settings)

    @property
    def calls(self) -> list[str]:
        """`GET /streams/a`, in order."""
        return [f"{call.method} {call.path}" for call in self.service.calls.made]


def streams_of(provider: RedpandaConnect) -> Streams:
    return next(kind for kind in provider.kinds if isinstance(kind, Streams))


def pipelines_of(provider: RedpandaConnect) -> Pipelines:
    return next(kind for kind in provider.kinds if isinstance(kind, Pipelines))


def stream(name: str, of: Tree | None = None, **more: Any) -> Stream:
    return Stream(name=name, config=dict(of if of is not None else config()), **more)


def asking(
    answer: Callable[[httpx.Request], httpx.Response],
    do: Callable[[RedpandaConnect], Awaitable[T]],
    clock: FakeClock | None = None,
    **settings: Any,
) -> T:
    """What a provider makes of an engine that answers so."""

    async def run() -> T:
        options = {"transport": httpx.MockTransport(answer), "random": lambda: 0.0}
        session = Session(Path(), Path(), clock or FakeClock(), "rp", options)
        provider = await RedpandaConnect.connect(RedpandaConnectSettings.model_validate(settings), session)
        try:
            return await do(provider)
        finally:
            await provider.close()

    return asyncio.run(run())


async def made(kind: Streams, name: str, of: Tree | None = None) -> Live:
    return await kind.create(stream(name, of), NoJournal())
