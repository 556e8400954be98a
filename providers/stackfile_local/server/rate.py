"""How many events a second may come in: a bucket that fills steadily."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from stackfile_local.server.errors import QUOTA_EXCEEDED, ApiError


@dataclass
class Rate:
    """`per_second` None: no bound. A second's worth may come at once; what is larger than that is let through when the
    bucket is full, and has to be filled up for afterwards."""

    per_second: int | None
    monotonic: Callable[[], float]
    _level: float = field(default=0.0, init=False)
    _at: float = field(default=0.0, init=False)

    def take(self, events: int) -> None:
        """Raises ApiError, which says when to come again."""
        if self.per_second is None:
            return
        now = self.monotonic()
        self._level = min(float(self.per_second), self._level + (now - self._at) * self.per_second)
        self._at = now
        wanted = min(events, self.per_second)
        if self._level < wanted:
            seconds = ceil((wanted - self._level) / self.per_second)
            says = f"{self.per_second} events a second are allowed"
            raise ApiError(
                QUOTA_EXCEEDED, says, {"eventsPerSecond": self.per_second}, headers={"Retry-After": str(seconds)}
            )
        self._level -= events
