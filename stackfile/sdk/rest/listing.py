"""One list for all who look: for a service whose objects can be read only by listing, or are cheaper to.

Who asks while a list is on its way gets that one, where it was begun late enough. So many objects that are waited for
at once cost one list a tick, not a call each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stackfile.sdk.provider import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Taken(Generic[T]):
    """A list, when it was begun on the monotonic clock, and the last event before that."""

    items: Mapping[str, T]
    began: float
    event: int


@dataclass
class Listing(Generic[T]):
    """Objects by id. `take` reads the whole list; for `lasts` seconds one counts for whoever glances.

    What this process changes must be told by `changed`: from then on only a list begun later shows that object.
    """

    take: Callable[[], Awaitable[Mapping[str, T]]]
    clock: Clock
    lasts: float = 2.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last: _Taken[T] | None = None
    _events: int = 0
    """Changes and demands so far; numbers, as a clock may stand still between two of them."""
    _changed: dict[str, int] = field(default_factory=dict)

    def changed(self, id: str) -> None:
        self._events += 1
        self._changed[id] = self._events

    async def all(self) -> Mapping[str, T]:
        """Everything, by a list that is begun after this was asked. Raises as `take`."""
        self._events += 1
        return await self._taken(self._events, self.clock.monotonic())

    async def glance(self, id: str) -> T | None:
        """The object as it was at most `lasts` seconds ago, and after it was last changed here. Raises as `take`."""
        found = await self._taken(self._changed.get(id, 0), self.clock.monotonic() - self.lasts)
        return found.get(id)

    def lacks(self, id: str) -> bool:
        """Whether a list that still counts for whoever glances is without this object. Asks nobody."""
        last = self._last
        if last is None or last.event < self._changed.get(id, 0) or last.began < self.clock.monotonic() - self.lasts:
            return False
        return id not in last.items

    async def _taken(self, event: int, moment: float) -> Mapping[str, T]:
        async with self._lock:
            last = self._last
            if last is None or last.event < event or last.began < moment:
                began, event = self.clock.monotonic(), self._events
                last = self._last = _Taken(await self.take(), began, event)
            return last.items
