"""Who waits for events, and what wakes them: the writer at once, other writers of the same store within moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

_LOOK_EVERY = 0.05


@dataclass
class Hub:
    """`version` changes whenever anybody else has changed the store."""

    version: Callable[[], int]
    closed: bool = False
    _waiting: dict[int, set[asyncio.Future[None]]] = field(default_factory=dict, init=False)
    _seen: int = field(default=0, init=False)
    _watch: asyncio.Task[None] | None = field(default=None, init=False)

    def moved(self, streams: Iterable[int]) -> None:
        for stream in streams:
            for waiter in self._waiting.pop(stream, ()):
                if not waiter.done():
                    waiter.set_result(None)

    async def wait(self, stream: int, seconds: float) -> None:
        """Until something may be new in the stream, the time is over, or the hub is closed."""
        if self.closed or seconds <= 0:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(stream, set()).add(waiter)
        if self._watch is None or self._watch.done():
            self._seen = -1  # what happened before this moment may have been missed: look once more
            self._watch = asyncio.get_running_loop().create_task(self._look())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await waiter
        left = self._waiting.get(stream)
        if left is not None:
            left.discard(waiter)
            if not left:
                del self._waiting[stream]

    def close(self) -> None:
        """Wakes everybody, for good."""
        self.closed = True
        self.moved(list(self._waiting))

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(_LOOK_EVERY)
            version = self.version()
            if version != self._seen:
                self._seen = version
                self.moved(list(self._waiting))
