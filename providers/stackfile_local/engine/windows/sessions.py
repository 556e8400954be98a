"""Sessions: events of a group that are no further apart than a gap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from stackfile_local.engine.windows.accumulators import Accumulator, Layout
from stackfile_local.engine.windows.groups import Group, from_json, order_of
from stackfile_local.engine.windows.held import Closed, Entry

Session: TypeAlias = tuple[list[int], Accumulator]
"""The times of the first and last event, which move, and what is held."""


@dataclass
class Sessions:
    """By group its sessions, in the order of their times. The gap between two is larger than `gap`, or the first of
    them is over: so what is later than the start of the last one cannot touch another."""

    gap: int
    layout: Layout
    sessions: dict[Group, list[Session]] = field(default_factory=dict)
    touched: dict[Group, None] = field(default_factory=dict)
    _saved: set[Group] = field(default_factory=set)
    """Groups of which something was told to be saved."""

    def target(self) -> Sessions:
        return self

    def join(self, group: Group, time: int, water: int, accumulator: Accumulator) -> bool:
        """Adds an event, which may bring two sessions together. False where it comes too late for any."""
        known = self.sessions.get(group)
        if known is None or time > known[-1][0][1] + self.gap:
            if water > time + self.gap:
                return False
            if known is None:
                self.sessions[group] = [([time, time], accumulator)]
            else:
                known.append(([time, time], accumulator))
            self.touched[group] = None
            return True
        return self._bridge(known, group, (time, water), accumulator)

    def _bridge(self, known: list[Session], group: Group, times: tuple[int, int], accumulator: Accumulator) -> bool:
        time, water = times
        apart: list[Session] = []
        first = last = time
        joined = False
        for session in known:
            (start, end), held = session
            if end + self.gap < water or time > end + self.gap or time < start - self.gap:
                apart.append(session)
                continue
            first, last, joined = min(first, start), max(last, end), True
            self.layout.merge(held, accumulator)
            accumulator = held
        if not joined and water > time + self.gap:
            return False
        apart.append(([first, last], accumulator))
        apart.sort(key=_start)
        self.sessions[group] = apart
        self.touched[group] = None
        return True

    def absorb(self, target: Sessions) -> None:
        if self.layout.has_sums:
            for group in self.touched:
                for _, held in self.sessions[group]:
                    self.layout.settle(held)

    def close(self, water: int) -> list[Closed]:
        gap = self.gap
        closed: list[Closed] = []
        over = [group for group, sessions in self.sessions.items() if sessions[0][0][1] + gap < water]
        for group in over:
            sessions = self.sessions[group]
            ended = sum(last + gap < water for (_, last), _ in sessions)
            closed.extend((start, last + gap, group, held) for (start, last), held in sessions[:ended])
            if ended < len(sessions):
                self.sessions[group] = sessions[ended:]
            else:
                del self.sessions[group]
            self.touched[group] = None
        closed.sort(key=lambda each: (each[1], order_of(each[2]), each[0]))
        return closed

    def changed(self) -> list[Entry]:
        touched, self.touched = self.touched, {}
        open = [group for group in touched if group in self.sessions]
        gone = [group for group in touched if group not in self.sessions and group in self._saved]
        self._saved.update(open)
        self._saved.difference_update(gone)
        return [self._entry(group) for group in (*open, *gone)]

    def last_end(self) -> int | None:
        ends = [last for sessions in self.sessions.values() for (_, last), _ in sessions]
        return max(ends) + self.gap + 1 if ends else None

    def entries(self) -> Iterable[Entry]:
        return map(self._entry, self.sessions)

    def restore(self, entry: Entry) -> None:
        group, sessions = from_json(entry[0]), entry[1]
        if sessions:
            self.sessions[group] = [([start, last], self.layout.from_json(raw)) for start, last, raw in sessions]
            self._saved.add(group)
        else:
            self.sessions.pop(group, None)
            self._saved.discard(group)

    def counts(self) -> dict[tuple[int, int], int]:
        found: dict[tuple[int, int], int] = {}
        for sessions in self.sessions.values():
            for (start, last), held in sessions:
                found[start, last + self.gap] = found.get((start, last + self.gap), 0) + held[0]
        return found

    def _entry(self, group: Group) -> Entry:
        to_json = self.layout.to_json
        return [group, [[start, last, to_json(held)] for (start, last), held in self.sessions.get(group, ())]]


def _start(session: Session) -> int:
    return session[0][0]
