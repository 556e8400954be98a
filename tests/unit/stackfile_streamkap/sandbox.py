"""A simulated project, a provider that talks to it, and stacks over both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from stackfile.engine.apply import Applied
from stackfile.sdk.provider import Kind
from stackfile.testing.bench import Bench
from stackfile.testing.simulated import session_with, simulated
from stackfile.testing.simulator import Conditions
from stackfile.values import Tree
from stackfile_streamkap import Streamkap
from stackfile_streamkap.provider import StreamkapSettings
from stackfile_streamkap.simulator import CLIENT_ID, SECRET, Project
from stackfile_streamkap.simulator import simulated as service_of
from tests.conformance.streamkap_cases import QUICK


class Sandbox:
    """One project behind its service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project(Conditions(), QUICK)
        self.service = service_of(self.project)
        self.bench = Bench.over(simulated(folder, Streamkap, self.service))

    def asked(self, request: str) -> int:
        """How many calls began like this (`PUT /sources`)."""
        return self.service.calls.count(request)

    async def connect(self, secret: str = SECRET, client_id: str = CLIENT_ID) -> Streamkap:
        settings = StreamkapSettings(client_id=client_id, secret=secret, host="http://simulator.test")
        return await Streamkap.connect(settings, session_with(self.folder, self.service)("streamkap"))

    async def kind(self, section: str, name: str) -> Kind[Any]:
        return await self.bench.kind_named(section, name)

    async def failures(self, resources: Mapping[str, Tree]) -> list[Exception]:
        applied = await self.bench.attempt(resources)
        return errors_of(applied)


def errors_of(applied: Applied) -> list[Exception]:
    return [report.error for report in applied.reports.values() if report.error is not None]


def in_sandbox(folder: Path, story: Callable[[Sandbox], Awaitable[None]]) -> None:
    async def run() -> None:
        sandbox = Sandbox(folder)
        try:
            await story(sandbox)
        finally:
            await sandbox.bench.close()

    asyncio.run(run())
