"""The watermark of one pipeline: a time before which no more events are to come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

NEVER, FOREVER = -(2**62), 2**62


@dataclass
class Watermark:
    """The least of the largest times of all partitions that may still bring events, less the lateness.

    A partition of which all is read holds nothing back where events have their append time, for what is appended later
    is later. Where events have times of their own it does, until it was idle for `idle_after`. Milliseconds.
    """

    lateness: int
    own_time: bool
    idle_after: int
    water: int = NEVER
    marks: dict[int, int] = field(default_factory=dict)
    """The largest time of each partition that ever had an event."""
    seen: dict[int, int] = field(default_factory=dict)
    """When each of them was read last."""

    def hold(self, partition: int, pending: Collection[int], now: int) -> int:
        """The time that the others hold the watermark at, while one partition is read; `pending` are those of which
        something is still to be read."""
        others = {*pending, *self._recent(now)} - {partition}
        return min((self.marks.get(other, NEVER) for other in others), default=FOREVER)

    def read(self, partition: int, high: int, water: int, now: int) -> None:
        if high > NEVER:
            self.marks[partition] = high
        self.seen[partition] = now
        self.water = max(self.water, water)

    def when_idle(self, now: int, at_once: bool) -> int:
        """Where the watermark may go when all is read; `at_once` waits for no partition."""
        if not self.own_time:
            return max(self.water, now - self.lateness)
        if not self.marks:
            return self.water
        recent = () if at_once else self._recent(now)
        if recent:
            reached = min(self.marks[each] for each in recent)
        else:
            latest = max(self.marks, key=lambda each: (self.marks[each], -self.seen[each]))
            reached = self.marks[latest] + max(0, now - self.seen[latest])
        return max(self.water, reached - self.lateness)

    def _recent(self, now: int) -> Iterable[int]:
        if not self.own_time:
            return ()
        return [each for each in self.marks if now - self.seen[each] <= self.idle_after]

    def to_json(self) -> dict[str, Any]:
        return {"water": self.water, "marks": _pairs(self.marks), "seen": _pairs(self.seen)}

    def restore(self, saved: dict[str, Any]) -> None:
        self.water, self.marks, self.seen = saved["water"], dict(saved["marks"]), dict(saved["seen"])


def _pairs(numbers: dict[int, int]) -> list[tuple[int, int]]:
    return list(numbers.items())
