"""A simulated workspace, and stacks of streams over it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from stackfile.address import Address
from stackfile.cli.faring import Faring
from stackfile.engine.account import account
from stackfile.engine.run_state import Order, change_run_state
from stackfile.events import StageWaiting
from stackfile.plan.holding import Outcome
from stackfile.plan.question import Question
from stackfile.report.ledger import ledger_text
from stackfile.report.status import status_text
from stackfile.state.format import Hold
from stackfile.state.store import Holder
from stackfile.testing.bench import Bench
from stackfile.testing.simulated import session_with, simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree, Value
from stackfile_planasonix import Planasonix
from stackfile_planasonix.provider import PlanasonixSettings
from stackfile_planasonix.simulator import Workspace
from stackfile_planasonix.simulator import simulated as service_of
from stackfile_planasonix.simulator.workspace import Stored

ANA = Holder("ana", "stack pause", "20261121T031204Z-7k2")


def stream(name: str, **more: Value) -> Tree:
    return {"name": name, "source_type": "postgres_cdc", "pipeline": {"id": "pl_1"}, "connection": {"id": "c"}, **more}


class Operated:
    """One workspace behind its service, and a stack of streams of it."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self.workspace = Workspace(Conditions())
        self.service = service_of(self.workspace, prefix)
        self._session = session_with(folder, self.service)
        self._open: list[Planasonix] = []
        self.bench = Bench.over(simulated(folder, Planasonix, self.service))

    async def connect(self, **settings: str) -> Planasonix:
        """With settings of its own over those that reach the service."""
        given = {**self.service.settings(), **settings}
        connection = await Planasonix.connect(PlanasonixSettings.model_validate(given), self._session("planasonix"))
        self._open.append(connection)
        return connection

    async def close(self) -> None:
        await self.bench.close()
        for connection in self._open:
            await connection.close()

    def stored(self, name: str) -> Stored:
        (found,) = [one for one in self.workspace.shelf("streams") if one.name == name]
        return found

    @property
    def asked(self) -> Mapping[tuple[str, str], int]:
        """Calls by method and route, since `forget`."""
        return self.service.calls.by_route()

    def forget(self) -> None:
        self.service.calls.made.clear()

    async def status(self, stack: Mapping[str, Tree], *patterns: str, window: str | None = None) -> str:
        faring = Faring(self.bench.stack(stack), patterns, window=window)
        try:
            return status_text(await faring.look())
        finally:
            await faring.close()

    async def order(self, stack: Mapping[str, Tree], verb: str, address: str, hold: Hold | None = None) -> Outcome:
        at = Address.parse(address)
        (outcome,) = await change_run_state(self.bench.stack(stack), Order(verb, lambda state: [at], hold), ANA)
        return outcome

    async def told(self, stack: Mapping[str, Tree], question: Question | None = None) -> str:
        """The ledger of an apply, without what differs from run to run."""
        applied = await self.bench.attempt(stack, question=question)
        text = ledger_text(account(applied, self.bench.configuration(stack), "run-1"))
        text = re.sub(r"\breq-\d+", "req-N", text)
        text = re.sub(r"\b\d\d:\d\d:\d\d UTC", "AT UTC", text)
        return re.sub(r"\b(?:\d+ m )?\d+(?:\.\d)? s\b|\b\d+ ms\b", "TIME", text)

    @property
    def waits(self) -> list[str]:
        return [event.says for event in self.bench.events if isinstance(event, StageWaiting)]


def operated(folder: Path, story: Callable[[Operated], Awaitable[None]], prefix: str = "") -> None:
    async def run() -> None:
        operated = Operated(folder, prefix)
        try:
            await story(operated)
        finally:
            await operated.close()

    asyncio.run(run())
