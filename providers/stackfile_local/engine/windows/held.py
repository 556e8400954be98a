"""The state of an aggregate: windows of fixed length, sessions, running groups. Each tells what changed, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from stackfile_local.engine.windows.accumulators import Accumulator, Layout
from stackfile_local.engine.windows.groups import Group, from_json, order_of

Closed: TypeAlias = tuple[int, int, Group, Accumulator]
"""Start and end of a window, and one group in it."""
Entry: TypeAlias = list[Any]
"""A part of the state as JSON; a later one for the same place takes the place of an earlier one."""


class Held(Protocol):
    """What a pipeline holds between batches. Generated code writes to `target`."""

    def target(self) -> Any: ...

    def absorb(self, target: Any) -> list[Entry]:
        """Takes over what was written to a target, and tells what is to be saved for it."""

    def close(self, water: int) -> tuple[list[Closed], list[Entry]]:
        """Takes out what ends at a watermark, in order, and tells what is to be saved for that."""

    def last_end(self) -> int | None:
        """The watermark at which all that is open closes; None where nothing is."""

    def entries(self) -> Iterable[Entry]:
        """All of the state."""

    def restore(self, entry: Entry) -> None: ...

    def counts(self) -> dict[tuple[int, int], int]:
        """Events in each open window, over all groups."""


@dataclass
class TimeWindows:
    """Groups by the start of their window. What is written to a target is added when the batch is done."""

    size: int
    layout: Layout
    windows: dict[int, dict[Group, Accumulator]] = field(default_factory=dict)

    def target(self) -> dict[int, dict[Group, Accumulator]]:
        return {}

    def absorb(self, target: dict[int, dict[Group, Accumulator]]) -> list[Entry]:
        changed: list[Entry] = []
        to_json, merge, settle = self.layout.to_json, self.layout.merge, self.layout.settle
        for start, groups in target.items():
            kept = self.windows.setdefault(start, {})
            for group, accumulator in groups.items():
                known = kept.get(group)
                if known is None:
                    settle(accumulator)
                    known = kept[group] = accumulator
                else:
                    merge(known, accumulator)
                changed.append([start, group, to_json(known)])
        return changed

    def close(self, water: int) -> tuple[list[Closed], list[Entry]]:
        closed: list[Closed] = []
        for start in sorted(self.windows):
            if start + self.size > water:
                break
            groups = self.windows.pop(start)
            for group in sorted(groups, key=order_of):
                closed.append((start, start + self.size, group, groups[group]))
        return closed, [[start, None, []] for start in {each[0] for each in closed}]

    def last_end(self) -> int | None:
        return max(self.windows) + self.size if self.windows else None

    def entries(self) -> Iterable[Entry]:
        for start, groups in self.windows.items():
            for group, accumulator in groups.items():
                yield [start, group, self.layout.to_json(accumulator)]

    def restore(self, entry: Entry) -> None:
        start, group, raw = entry
        if raw:
            self.windows.setdefault(start, {})[from_json(group)] = self.layout.from_json(raw)
        else:
            self.windows.pop(start, None)

    def counts(self) -> dict[tuple[int, int], int]:
        return {
            (start, start + self.size): sum(a[0] for a in groups.values()) for start, groups in self.windows.items()
        }


@dataclass
class Sessions:
    """By group its sessions: first and last event, and what they hold. The gap between two sessions is larger than
    `gap`, or the first of them is over."""

    gap: int
    layout: Layout
    sessions: dict[Group, list[tuple[int, int, Accumulator]]] = field(default_factory=dict)
    _touched: dict[Group, None] = field(default_factory=dict)

    def target(self) -> Sessions:
        return self

    def join(self, group: Group, time: int, water: int, accumulator: Accumulator) -> bool:
        """Adds an event, which may bring two sessions together. False where it comes too late for any."""
        apart: list[tuple[int, int, Accumulator]] = []
        first = last = time
        joined = False
        for session in self.sessions.get(group, ()):
            start, end, held = session
            if end + self.gap < water or time > end + self.gap or time < start - self.gap:
                apart.append(session)
                continue
            first, last, joined = min(first, start), max(last, end), True
            self.layout.merge(held, accumulator)
            accumulator = held
        if not joined and water > time + self.gap:
            return False
        self.layout.settle(accumulator)
        apart.append((first, last, accumulator))
        self.sessions[group] = apart
        self._touched[group] = None
        return True

    def absorb(self, target: Sessions) -> list[Entry]:
        touched, self._touched = self._touched, {}
        return [self._entry(group) for group in touched]

    def close(self, water: int) -> tuple[list[Closed], list[Entry]]:
        closed: list[Closed] = []
        changed: list[Group] = []
        for group, sessions in list(self.sessions.items()):
            over = [each for each in sessions if each[1] + self.gap < water]
            if not over:
                continue
            closed.extend((start, last + self.gap, group, held) for start, last, held in over)
            changed.append(group)
            left = [each for each in sessions if each[1] + self.gap >= water]
            if left:
                self.sessions[group] = left
            else:
                del self.sessions[group]
        closed.sort(key=lambda each: (each[1], order_of(each[2]), each[0]))
        return closed, [self._entry(group) for group in changed]

    def last_end(self) -> int | None:
        ends = [last for sessions in self.sessions.values() for _, last, _ in sessions]
        return max(ends) + self.gap + 1 if ends else None

    def entries(self) -> Iterable[Entry]:
        return map(self._entry, self.sessions)

    def restore(self, entry: Entry) -> None:
        group, sessions = from_json(entry[0]), entry[1]
        if sessions:
            self.sessions[group] = [(start, last, self.layout.from_json(raw)) for start, last, raw in sessions]
        else:
            self.sessions.pop(group, None)

    def counts(self) -> dict[tuple[int, int], int]:
        found: dict[tuple[int, int], int] = {}
        for sessions in self.sessions.values():
            for start, last, held in sessions:
                found[start, last + self.gap] = found.get((start, last + self.gap), 0) + held[0]
        return found

    def _entry(self, group: Group) -> Entry:
        to_json = self.layout.to_json
        return [group, [[start, last, to_json(held)] for start, last, held in self.sessions.get(group, ())]]


@dataclass
class Running:
    """One accumulator a group, for ever. `results` are those of a batch: the number of the event, the group, and a copy
    of what it held then."""

    layout: Layout
    groups: dict[Group, Accumulator] = field(default_factory=dict)
    results: list[tuple[int, Group, Accumulator]] = field(default_factory=list)
    _current: Group = None

    def target(self) -> Running:
        self.results = []
        return self

    def of(self, group: Group) -> Accumulator:
        self._current = group
        found = self.groups.get(group)
        if found is None:
            found = self.groups[group] = self.layout.empty
        return found

    def changed(self, number: int, accumulator: Accumulator) -> None:
        self.layout.settle(accumulator)
        self.results.append((number, self._current, accumulator.copy()))

    def absorb(self, target: Running) -> list[Entry]:
        touched = {group: None for _, group, _ in self.results}
        return [[group, self.layout.to_json(self.groups[group])] for group in touched]

    def close(self, water: int) -> tuple[list[Closed], list[Entry]]:
        return [], []

    def last_end(self) -> int | None:
        return None

    def entries(self) -> Iterable[Entry]:
        return ([group, self.layout.to_json(held)] for group, held in self.groups.items())

    def restore(self, entry: Entry) -> None:
        self.groups[from_json(entry[0])] = self.layout.from_json(entry[1])

    def counts(self) -> dict[tuple[int, int], int]:
        return {}


@dataclass
class Seen:
    """Ids and the time of the event that brought each first. A repeat does not count as a first one anew."""

    within: int
    ids: dict[Group, int] = field(default_factory=dict)
    _new: list[Entry] = field(default_factory=list)

    def __call__(self, id: Group, time: int) -> bool:
        """Whether the id was seen so shortly before, or after, that the event is a repeat."""
        known = self.ids.get(id)
        if known is not None and -self.within < time - known < self.within:
            return True
        if known is not None:
            del self.ids[id]  # the order of the ids is that of their times
        self.ids[id] = time
        self._new.append([id, time])
        return False

    def absorb(self) -> list[Entry]:
        new, self._new = self._new, []
        return new

    def forget(self, floor: int) -> None:
        """Ids that cannot be repeated by an event of this time or later."""
        for id in list(self._over(floor)):
            del self.ids[id]

    def _over(self, floor: int) -> Iterable[Group]:
        for id, time in self.ids.items():
            if time + self.within > floor:
                return
            yield id

    def entries(self) -> Iterable[Entry]:
        return ([id, time] for id, time in self.ids.items())

    def restore(self, entry: Entry) -> None:
        id = from_json(entry[0])
        self.ids.pop(id, None)
        self.ids[id] = entry[1]
