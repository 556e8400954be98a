"""A chain of operations with state: what a batch gives, what it leaves behind, and what closes when nothing comes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.portable.models import Aggregate, Dedupe, Operation, Window
from stackfile_local.engine.compiled import Chain, Loop, compile_chain, compile_loop
from stackfile_local.engine.events import Event
from stackfile_local.engine.stored import Shape, Stored
from stackfile_local.engine.windows.accumulators import Layout
from stackfile_local.engine.windows.held import Held, Running, Seen, TimeWindows
from stackfile_local.engine.windows.results import Results, running_id
from stackfile_local.engine.windows.sessions import Sessions
from stackfile_local.engine.windows.state_log import Changes
from stackfile_local.engine.windows.times import carried
from stackfile_local.engine.windows.watermark import FOREVER, NEVER, Watermark

_CLOSED = 100
"""Closed windows that are remembered, to be shown."""


@dataclass(slots=True)
class Taken:
    """What came of a batch. `failed` and `late` name events of the batch by number; `broken` are results that failed.

    `results` says that `events` are results of an aggregate, and not events of the batch.
    """

    events: list[Event] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    mismatches: Mapping[str, int] = field(default_factory=dict)
    routed: dict[str, list[Event]] = field(default_factory=dict)
    late: list[int] = field(default_factory=list)
    broken: list[tuple[Event, str]] = field(default_factory=list)
    results: bool = False
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A moment at which all is read. `now` is milliseconds; `at_once` waits for no partition that is merely quiet;
    `ended`: nothing will ever come; what comes has a time of `ceiling` or later."""

    now: int
    at_once: bool = False
    ended: bool = False
    ceiling: int = FOREVER


@dataclass(frozen=True, slots=True)
class Settings:
    """`id` is the pipeline's. `own_time`: events carry a time that is not that of their append."""

    id: str
    own_time: bool = False
    idle_after: int = 30_000
    functions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    to_streams: bool = False
    """Whether values may be passed on as JSON text."""


class Processor:
    """One pipeline's operations with what they hold in memory. A failure between `take` and the save of what it changed
    leaves the two apart: make a new one then, and restore it."""

    def __init__(self, operations: Sequence[Operation], settings: Settings) -> None:
        self._settings = settings
        at = next((n for n, each in enumerate(operations) if isinstance(each, Aggregate)), None)
        before = operations if at is None else operations[: at + 1]
        aggregate = None if at is None else operations[at]
        window = operations[at - 1] if at else None
        self.window = window if isinstance(window, Window) else None
        self._at = at or 0
        self._loop: Loop = compile_loop(before, settings.functions, to_streams=settings.to_streams)
        behind = () if at is None else operations[at + 1 :]
        self._behind: Chain | None = compile_chain(behind, settings.functions, self._at + 1) if behind else None
        self.held: Held | None = None
        self._results: Results | None = None
        if isinstance(aggregate, Aggregate):
            self.held = _held(aggregate, self.window, settings.id)
            layout = Layout.of([each for _, each in aggregate.set])
            self._results = Results(settings.id, self._at, aggregate, layout)
        self.seen = {n: Seen(each.within) for n, each in enumerate(operations) if isinstance(each, Dedupe)}
        own_time = settings.own_time or (self.window is not None and self.window.time is not None)
        self.watermark = Watermark(self.window.lateness if self.window else 0, own_time, settings.idle_after)
        self.late = self.skipped = 0
        self._arrived: dict[int, int] = {}
        self._closed: list[list[int]] = []

    @property
    def shape(self) -> Shape | None:
        """The fields of values that are read, where that is all."""
        return self._loop.shape

    def take(self, events: Sequence[Event], pending: Collection[int], now: int) -> Taken:
        """Adds a batch. `pending` are partitions of which more is there to be read; `now` is milliseconds."""
        taken = Taken(results=self.held is not None)
        target = None if self.held is None else self.held.target()
        odd: list[int] = []
        runs = _runs(events)
        start = 0
        for place, (partition, run) in enumerate(runs):
            still = {*pending, *(each for each, _ in runs[place + 1 :])} - {partition}
            self._run(run, start, target, self.watermark.hold(partition, still, now), (partition, now, odd, taken))
            start += len(run)
        taken.mismatches = self._loop.counted(odd)
        self.late += len(taken.late)
        if self.held is not None:
            self.held.absorb(target)
        if isinstance(self.held, Running) and self._results is not None:
            taken.broken.extend(self._results.unmade(self.held.broken))
            self._finish(self.held.results, taken)
        self._forget(pending, taken)
        self._close(self.watermark.water, taken)
        if self.held is not None:
            self._note(taken, self._at, self.held.changed())
        return taken

    def settle(self, quiet: Quiet) -> Taken | None:
        """What closes because nothing is there to be read; None where nothing does."""
        if self.held is None or self.window is None or (last := self.held.last_end()) is None:
            return None
        taken = Taken(results=True)
        water = max(last, self.watermark.water) if quiet.ended else self.reach(quiet)
        if not self._close(water, taken):
            return None
        self._note(taken, self._at, self.held.changed())
        self.watermark.water = water
        return taken

    def reach(self, quiet: Quiet) -> int:
        """How far the watermark may go while nothing comes."""
        idle = self.watermark.when_idle(quiet.now, quiet.at_once)
        return max(self.watermark.water, min(idle, quiet.ceiling))

    @property
    def is_open(self) -> bool:
        return self.window is not None and self.held is not None and self.held.last_end() is not None

    def _run(
        self, events: Sequence[Event], start: int, target: Any, hold: int, rest: tuple[int, int, list[int], Taken]
    ) -> None:
        """One stretch of events of one partition."""
        partition, now, odd, taken = rest
        loop, watermark = self._loop, self.watermark
        high, water = watermark.marks.get(partition, NEVER), watermark.water
        for run, numbered in loop.passes(events):
            high, water = run(
                numbered,
                taken.events.append,
                lambda number, place, failure: taken.failed.append((start + number, loop.says(place, failure))),
                odd,
                lambda stream, event: taken.routed.setdefault(stream, []).append(event),
                lambda number: taken.late.append(start + number),
                self._skip,
                target,
                self.seen,
                high,
                hold,
                water,
            )
        watermark.read(partition, high, water, now)
        if self.seen:
            last = events[-1]
            self._arrived[partition] = max(self._arrived.get(partition, NEVER), carried(last[2], last[3]))

    def _skip(self, number: int) -> None:
        self.skipped += 1

    def _forget(self, pending: Collection[int], taken: Taken) -> None:
        waiting = [self._arrived.get(each, NEVER) for each in pending]
        floor = min(waiting) if waiting else max(self._arrived.values(), default=NEVER)
        for number, seen in self.seen.items():
            self._note(taken, number, seen.absorb())
            seen.forget(floor)

    def _note(self, taken: Taken, number: int, entries: list[Any]) -> None:
        if entries:
            taken.changes.setdefault(str(number), []).extend(entries)

    def _close(self, water: int, taken: Taken) -> bool:
        """Whether anything closed."""
        if self.held is None or self.window is None:
            return False
        closed = self.held.close(water)
        if not closed:
            return False
        counts: dict[tuple[int, int], int] = {}
        for start, end, _, held in closed[-_CLOSED:] if self.window.kind == "session" else closed:
            counts[start, end] = counts.get((start, end), 0) + held[0]
        self._closed = [*self._closed, *([start, end, count] for (start, end), count in counts.items())][-_CLOSED:]
        if self._results is not None:
            good: list[Event] = []
            for event, broken in self._results.of_windows(closed):
                if broken:
                    taken.broken.append((event, broken))
                else:
                    good.append(event)
            self._finish(good, taken)
        return True

    def _finish(self, results: list[Event], taken: Taken) -> None:
        """Runs what stands behind the aggregate."""
        if self._behind is None:
            taken.events.extend(results)
            return
        output = self._behind.run(results)
        taken.events.extend(output.events)
        taken.broken.extend((results[number], says) for number, says in output.failed)
        for stream, events in output.routed.items():
            taken.routed.setdefault(stream, []).extend(events)
        taken.mismatches = Counter(taken.mismatches) + Counter(output.mismatches)

    def meta(self) -> dict[str, Any]:
        """What is saved beside the entries."""
        return {
            **self.watermark.to_json(),
            "late": self.late,
            "skipped": self.skipped,
            "arrived": list(self._arrived.items()),
            "closed": self._closed,
        }

    def everything(self) -> Changes:
        """All entries, to be saved instead of those that were saved one by one."""
        found = {str(number): list(seen.entries()) for number, seen in self.seen.items()}
        return found if self.held is None else {**found, str(self._at): list(self.held.entries())}

    def restore(self, meta: dict[str, Any], saved: Iterable[Changes]) -> None:
        """Must come before the first batch."""
        self.watermark.restore(meta)
        self.late, self.skipped = meta["late"], meta["skipped"]
        self._arrived, self._closed = dict(meta["arrived"]), meta["closed"]
        for changes in saved:
            for number, entries in changes.items():
                place = self.seen.get(int(number), self.held)
                if place is None:
                    continue
                for entry in entries:
                    place.restore(entry)

    def windows(self) -> list[tuple[int, int, int]]:
        """Start, end and number of events: of the windows that closed last, then of those that are open."""
        opened = {} if self.held is None else self.held.counts()
        return [
            *((start, end, count) for start, end, count in self._closed),
            *((start, end, count) for (start, end), count in sorted(opened.items())),
        ]


def _held(aggregate: Aggregate, window: Window | None, pipeline: str) -> Held:
    layout = Layout.of([each for _, each in aggregate.set])
    if window is None:
        return Running(layout, running_id(pipeline))
    return Sessions(window.size, layout) if window.kind == "session" else TimeWindows(window.size, layout)


def _runs(events: Sequence[Event]) -> list[tuple[int, Sequence[Event]]]:
    """The events of each partition; those of one stand together."""
    if isinstance(events, Stored):
        return [(each.chunks[0].partition, each) for each in events.partitions()]
    runs: list[tuple[int, Sequence[Event]]] = []
    start = 0
    while start < len(events):
        partition = events[start][4]
        end = bisect_left(events, True, start, key=lambda event: event[4] != partition)
        runs.append((partition, events[start:end]))
        start = end
    return runs
