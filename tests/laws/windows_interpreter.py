"""Windows once more, slow and plain: every event is kept, and looked at one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from stackfile.portable.operations import Window

Event = tuple[Any, Any, Any, int, int, int]
Batch = Sequence[Sequence[Event]]
"""Stretches of events, each of another partition."""

LONG_AGO = -(10**15)


@dataclass
class Plain:
    """Counts and sums `x` by `k`, at the time `t`; events that are late, by their offset."""

    window: Window
    water: int = LONG_AGO
    marks: dict[int, int] = field(default_factory=dict)
    windows: dict[tuple[int, int, str], list[Any]] = field(default_factory=dict)
    sessions: list[tuple[str, list[tuple[int, Any]]]] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    skipped: int = 0

    def run(self, batches: Sequence[Batch]) -> list[tuple[int, int, str, int, Any]]:
        """Start, end, group, count and sum of every window, in order."""
        for batch in batches:
            for place, run in enumerate(batch):
                later = {events[0][4] for events in batch[place + 1 :]}
                for event in run:
                    self.add(event)
                    self.advance(event, later)
        found = [(start, end, k, xs) for (start, end, k), xs in self.windows.items()]
        for k, events in self.sessions:
            times = [time for time, _ in events]
            found.append((min(times), max(times) + self.window.size, k, [x for _, x in events]))
        ordered = sorted(found, key=lambda each: (each[1], each[2], each[0]))
        return [(start, end, k, len(xs), total(xs)) for start, end, k, xs in ordered]

    def add(self, event: Event) -> None:
        k, time, x = (event[1].get(name) for name in ("k", "t", "x"))
        if k is None:
            self.skipped += 1
        elif not (self.join(k, time, x) if self.window.kind == "session" else self.hop(k, time, x)):
            self.late.append(event[5])

    def hop(self, k: str, time: int, x: Any) -> bool:
        size, advance = self.window.size, self.window.advance
        starts = [
            start for start in range(-2 * size, time + 1) if start % advance == 0 and start <= time < start + size
        ]
        taken = [start for start in starts if self.water < start + size]
        for start in taken:
            self.windows.setdefault((start, start + size, k), []).append(x)
        return bool(taken)

    def join(self, k: str, time: int, x: Any) -> bool:
        gap = self.window.size
        near = []
        for session in self.sessions:
            times = [each for each, _ in session[1]]
            is_open = self.water <= max(times) + gap
            if session[0] == k and is_open and min(times) - gap <= time <= max(times) + gap:
                near.append(session)
        if not near and self.water > time + gap:
            return False
        self.sessions = [session for session in self.sessions if session not in near]
        self.sessions.append((k, [*(each for _, events in near for each in events), (time, x)]))
        return True

    def advance(self, event: Event, later: set[int]) -> None:
        partition = event[4]
        self.marks[partition] = max(self.marks.get(partition, LONG_AGO), event[1]["t"])
        everybody = {*self.marks, *later}
        least = min(self.marks.get(each, LONG_AGO) for each in everybody)
        self.water = max(self.water, least - self.window.lateness)


def total(xs: Sequence[Any]) -> Any:
    numbers = [x for x in xs if x is not None]
    if not numbers:
        return None
    exact = sum(map(Fraction, numbers))
    return int(exact) if all(isinstance(x, int) for x in numbers) else float(exact)
