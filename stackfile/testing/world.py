"""Processes of a machine that is not there: a clock that tests turn, and a death that costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from stackfile.state.machine import Machine

START = datetime(2026, 11, 21, 3, 12, 4, tzinfo=UTC)


class World:
    """Time, and who is alive. Sleeping takes no time but makes it pass; `meanwhile` is what others do in each sleep."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        self.seconds = 0.0
        self.meanwhile = meanwhile
        self._alive: dict[int, str] = {}
        self._born = 0

    def process(self, host: str = "here") -> Process:
        """A new process. Others see whether it is alive only from the same host."""
        self._born += 1
        pid = 4000 + self._born
        self._alive[pid] = f"start {self._born}"
        return Process(self, pid, host)

    def kill(self, process: Process) -> None:
        self._alive.pop(process.pid, None)

    def kill_all(self) -> None:
        self._alive.clear()

    def reuse(self, pid: int) -> None:
        """Another process gets the number of one that died."""
        self._born += 1
        self._alive[pid] = f"start {self._born}"

    def identity(self, pid: int) -> str | None:
        return self._alive.get(pid)

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds


class Process(Machine):
    """The machine as one process of a world sees it. `skew` is how many seconds its wall clock is ahead."""

    def __init__(self, world: World, pid: int, host: str) -> None:
        self._world, self._pid, self._host = world, pid, host
        self._drawn = 0
        self.skew = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._world.seconds + self.skew)

    def monotonic(self) -> float:
        return self._world.seconds

    async def sleep(self, seconds: float) -> None:
        self._world.pass_time(seconds)
        await asyncio.sleep(0)
        if self._world.meanwhile is not None:
            await self._world.meanwhile()

    def random(self, count: int) -> bytes:
        self._drawn += 1
        return bytes((self._pid + self._drawn * 31 + index * 7) % 256 for index in range(count))

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def host(self) -> str:
        return self._host

    @property
    def place(self) -> str:
        return self._host

    def process(self, pid: int) -> str | None:
        return self._world.identity(pid)
