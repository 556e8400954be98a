"""How fast and how many at once a host may be asked: one budget a host, shared by all that ask it.

A token bucket bounds the rate. The number at once starts at its maximum, halves when the service throttles and grows
by one per round of good answers (AIMD). A pause that the service asks for holds for everybody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stackfile.sdk.provider import Clock

_AN_INSTANT = 1e-6
"""Waits below this are none: a clock's rounding must not keep a loop alive."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a service bears: requests a second with a reserve of `burst`, and `concurrency` at once.

    Changes are sent `apart` seconds from each other: those that are sent together are answered together, and then wait
    for each other at both ends.
    """

    per_second: float = 50.0
    burst: int = 50
    concurrency: int = 10
    apart: float = 0.0


class Budget:
    """One host's budget. All methods belong to one event loop."""

    def __init__(self, clock: Clock, rate: Rate) -> None:
        self._clock = clock
        self._rate = rate
        self._tokens = float(rate.burst)
        self._filled_at = clock.monotonic()
        self._paused_until = 0.0
        self._limit = float(rate.concurrency)
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._decreases = 0
        self._next_change = 0.0

    @property
    def concurrency(self) -> int:
        """How many may be under way at once, now."""
        return int(self._limit)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[int]:
        """Holds a place for one request, once its turn has come. Yields what `throttled` wants to know it by."""
        await self._enter()
        try:
            await self._take_token()
            yield self._decreases
        finally:
            self._leave()

    async def spaced(self) -> None:
        """Returns when the next change may be sent."""
        now = self._clock.monotonic()
        at = max(now, self._next_change)
        self._next_change = at + self._rate.apart
        if at - now >= _AN_INSTANT:
            await self._clock.sleep(at - now)

    def answered(self) -> None:
        """The service coped with one more request."""
        self._limit = min(float(self._rate.concurrency), self._limit + 1.0 / self._limit)
        self._wake()

    def pause(self, seconds: float) -> None:
        """Nobody is let through for so long."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def throttled(self, turn: int, pause: float) -> None:
        """The service refused for now. Requests that started before the last decrease bring no further one."""
        self.pause(pause)
        if turn == self._decreases:
            self._limit = max(1.0, self._limit / 2)
            self._decreases += 1

    async def _take_token(self) -> None:
        now = self._clock.monotonic()
        grown = self._tokens + (now - self._filled_at) * self._rate.per_second
        self._tokens = min(float(self._rate.burst), grown) - 1.0
        self._filled_at = now
        if self._tokens < 0:
            await self._clock.sleep(-self._tokens / self._rate.per_second)
        while (pause := self._paused_until - self._clock.monotonic()) > _AN_INSTANT:
            await self._clock.sleep(pause)

    async def _enter(self) -> None:
        if self._running < self.concurrency and not self._waiting:
            self._running += 1
            return
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled():  # the place was given in the same moment
                self._leave()
            raise

    def _leave(self) -> None:
        self._running -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self._running < self.concurrency:
            ticket = self._waiting.popleft()
            if not ticket.done():
                self._running += 1
                ticket.set_result(None)


class Budgets:
    """The budgets of a run, by host."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_host: dict[str, Budget] = {}

    def of(self, host: str, rate: Rate) -> Budget:
        """The budget of a host, made with this rate if it is the first to ask."""
        if host not in self._by_host:
            self._by_host[host] = Budget(self._clock, rate)
        return self._by_host[host]
