"""A clock for tests: time passes only while everybody sleeps, and then at once."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

_ROUNDS = 50
"""Turns of the event loop after which whoever does not sleep is taken to have nothing left to do."""


class VirtualClock:
    """Sleepers wake in the order of their deadlines, each at its own moment."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._seconds = 0.0
        self._deadlines: list[float] = []
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._seconds += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        deadline = self._seconds + max(seconds, 0.0)
        heapq.heappush(self._deadlines, deadline)
        try:
            while self._seconds < deadline:
                for _ in range(_ROUNDS):
                    await asyncio.sleep(0)
                if self._deadlines[0] == deadline:
                    self._seconds = max(self._seconds, deadline)
        finally:
            self._deadlines.remove(deadline)
            heapq.heapify(self._deadlines)
