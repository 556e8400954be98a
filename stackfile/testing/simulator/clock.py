"""Simulated time: it passes only while everybody sleeps, and then at once, so latency and backoff cost nothing."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

_ROUNDS = 50
"""Turns of the event loop after which whoever does not sleep is taken to have nothing left to do."""


class SimulatedClock:
    """Sleepers wake in the order of their deadlines, each at its own moment. `slept` has what was asked for."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = itertools.count()
        self._turning: asyncio.Task[None] | None = None
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._seconds += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wakes = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + max(seconds, 0.0), next(self._number), wakes))
        if self._turning is None or self._turning.done():
            self._turning = asyncio.create_task(self._turn())
        await wakes

    async def _turn(self) -> None:
        """One task turns the clock for all, however many sleep."""
        while self._sleepers:
            for _ in range(_ROUNDS):
                await asyncio.sleep(0)
            deadline, _, wakes = heapq.heappop(self._sleepers)
            if not wakes.done():  # a sleeper that was cancelled makes no time pass
                self._seconds = max(self._seconds, deadline)
                wakes.set_result(None)
