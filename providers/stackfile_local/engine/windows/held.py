"""The state of an aggregate: windows of fixed length, sessions, running groups. Each tells what changed, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from stackfile_local.engine.events import Event
from stackfile_local.engine.windows.accumulators import Accumulator, Layout
from stackfile_local.engine.windows.groups import Group, from_json, order_of

Closed: TypeAlias = tuple[int, int, Group, Accumulator]
"""Start and end of a window, and one group in it."""
Entry: TypeAlias = list[Any]
"""A part of the state as JSON; a later one for the same place takes the place of an earlier one."""


Unmade: TypeAlias = tuple[int, tuple[int, int], Group, Accumulator]


class Held(Protocol):
    """What a pipeline holds between batches. Generated code writes to `target`."""

    def target(self) -> Any: ...

    def absorb(self, target: Any) -> None:
        """Takes over what was written to a target."""

    def close(self, water: int) -> list[Closed]:
        """Takes out what ends at a watermark, in order."""

    def changed(self) -> list[Entry]:
        """What is to be saved of all that happened since this was asked last."""

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
    _touched: dict[int, dict[Group, Accumulator]] = field(default_factory=dict)
    _saved: set[int] = field(default_factory=set)
    """Windows of which something was told to be saved."""
    _gone: list[int] = field(default_factory=list)

    def target(self) -> dict[int, dict[Group, Accumulator]]:
        return {}

    def absorb(self, target: dict[int, dict[Group, Accumulator]]) -> None:
        self._touched = target
        merge, settle = self.layout.merge, self.layout.settle
        for start, groups in target.items():
            kept = self.windows.setdefault(start, {})
            for group, accumulator in groups.items():
                known = kept.get(group)
                if known is None:
                    settle(accumulator)
                    kept[group] = accumulator
                else:
                    merge(known, accumulator)

    def close(self, water: int) -> list[Closed]:
        closed: list[Closed] = []
        for start in sorted(self.windows):
            if start + self.size > water:
                break
            groups = self.windows.pop(start)
            for group in sorted(groups, key=order_of):
                closed.append((start, start + self.size, group, groups[group]))
            if start in self._saved:
                self._gone.append(start)
        return closed

    def changed(self) -> list[Entry]:
        to_json, touched, gone = self.layout.to_json, self._touched, self._gone
        self._touched, self._gone = {}, []
        open = [start for start in touched if start in self.windows]
        self._saved.update(open)
        self._saved.difference_update(gone)
        found: list[Entry] = [
            [start, group, to_json(self.windows[start][group])] for start in open for group in touched[start]
        ]
        found.extend([start, None, []] for start in gone)
        return found

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
            self._saved.add(start)
        else:
            self.windows.pop(start, None)
            self._saved.discard(start)

    def counts(self) -> dict[tuple[int, int], int]:
        return {
            (start, start + self.size): sum(a[0] for a in groups.values()) for start, groups in self.windows.items()
        }


@dataclass
class Running:
    """One accumulator a group, for ever. `results` are the events of a batch; of one that could not be made there is
    in `broken`: when it was, which event it was of, the group, and what that held then. `id` and an
    event's partition and offset make the id of its result."""

    layout: Layout
    id: str = ""
    groups: dict[Group, Accumulator] = field(default_factory=dict)
    touched: dict[Group, Accumulator] = field(default_factory=dict)
    results: list[Event] = field(default_factory=list)
    broken: list[Unmade] = field(default_factory=list)

    def target(self) -> Running:
        self.results, self.broken = [], []
        return self

    def unmade(self, time: int, place: tuple[int, int], group: Group, accumulator: Accumulator) -> None:
        self.broken.append((time, place, group, accumulator.copy()))

    def absorb(self, target: Running) -> None:
        pass

    def close(self, water: int) -> list[Closed]:
        return []

    def changed(self) -> list[Entry]:
        touched, self.touched = self.touched, {}
        to_json = self.layout.to_json
        return [[group, to_json(held)] for group, held in touched.items()]

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
