"""How the objects of an engine fare, for `status`: read from what is durable, by whatever process asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackfile.sdk.measures import Measured, Unit, known, lag, rate
from stackfile.sdk.operations import Consumer, Metrics
from stackfile.sdk.provider import Live
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.lock import is_running
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.recent import Recent
from stackfile_local.engine.routes import Routes, is_mover
from stackfile_local.engine.standing import Standing, standing
from stackfile_local.engine.store import Store

_NEVER, _ALWAYS = 0, 253_402_300_799_000
"""Milliseconds that a watermark shows as a time; the last second that can be written as a date."""

_ENDS = "SELECT o.id, sum(p.end_offset) FROM partitions p JOIN objects o ON o.seq = p.stream GROUP BY o.id"
_CONSUMERS = """
SELECT g.consumer_group, o.id, sum(max(0, p.end_offset - coalesce(c."offset", p.start_offset))), sum(c."offset")
FROM (SELECT DISTINCT consumer_group, stream FROM commits) g
JOIN objects o ON o.seq = g.stream
JOIN partitions p ON p.stream = g.stream
LEFT JOIN commits c ON c.consumer_group = g.consumer_group AND c.stream = p.stream AND c.partition = p.partition
GROUP BY g.consumer_group, o.id ORDER BY o.id, g.consumer_group"""


def measure_streams(store: Store, live: Sequence[Live]) -> list[Metrics]:
    """What each holds; the total of its rate is all that was ever appended."""
    store.calls += 1
    ends: dict[str, int] = dict(store.rows(_ENDS))
    return [Metrics(one.id, "ready", values=_of_stream(one, ends.get(one.id, 0))) for one in live]


def _of_stream(live: Live, end: int) -> tuple[Measured, ...]:
    fields = live.fields
    return known(
        Measured("events", fields.get("events", 0)),
        Measured("bytes", fields.get("bytes", 0), Unit.BYTES),
        Measured("partitions", fields["partitions"]),
        Measured("retention", fields["retention"], Unit.TEXT),
        rate(None, end),
    )


def measure_consumers(store: Store) -> list[Consumer]:
    """Every group and the streams of which it committed anything; the total of its rate is what it committed."""
    store.calls += 1
    return [
        Consumer(group, id, known(lag(behind, Unit.EVENTS), rate(None, at)))
        for group, id, behind, at in store.rows(_CONSUMERS)
    ]


def measure_movers(store: Store, base: Path, live: Sequence[Live], kind: str) -> list[Metrics]:
    """Of those that move events by themselves, and of those that pipelines use what these did."""
    store.calls += 1
    entries = {entry.id: entry for entry in Catalog(store).declared(kind)}
    movers = _Movers(standing(store), Routes(store, base, {}, functions={}), is_running(store), _now(store))
    return [
        movers.measure(entries[one.id], one) if one.id in entries else Metrics(one.id, "gone", well=False)
        for one in live
    ]


def _now(store: Store) -> int:
    return store.microseconds() // 1000


@dataclass(frozen=True, slots=True)
class _Movers:
    """`run` is whether some process runs the engine, `now` milliseconds."""

    standing: Standing
    routes: Routes
    run: bool
    now: int

    def measure(self, entry: Entry, live: Live) -> Metrics:
        if entry.kind != "pipeline" and not is_mover(entry):
            return Metrics(entry.id, "ready", values=self._used(entry))
        moved = self.standing.counts.get(entry.seq, Progress())
        state = self.standing.states.get(entry.seq, {})
        skipped = state.get("skipped", 0)
        left_out = (f"skipped: {skipped:,} events have null in the `by` of the aggregate",) if skipped else ()
        return Metrics(
            entry.id,
            self._state(entry, moved),
            well=not moved.problem,
            values=known(*self._values(entry, moved), _kept(live, moved), *_of_windows(entry, state)),
            says=(*((moved.problem,) if moved.problem else ()), *left_out, *moved.notes),
        )

    def _state(self, entry: Entry, moved: Progress) -> str:
        status = str(entry.body.get("status", "running"))
        if status != "running":
            return status
        return "failed" if moved.problem else "running" if self.run else "idle"

    def _used(self, entry: Entry) -> tuple[Measured, ...]:
        """What pipelines read of a source, or wrote to a destination."""
        if entry.seq not in self.standing.used:
            return ()
        read, written = self.standing.used[entry.seq]
        name, count = ("read", read) if entry.kind == "source" else ("written", written)
        return (Measured(name, count), rate(None, count))

    def _values(self, entry: Entry, moved: Progress) -> Iterator[Measured | None]:
        recent = moved.recent if self.run else Recent()
        latency = recent.latency(self.now)
        yield Measured("read", moved.read)
        yield Measured("written", moved.written)
        yield self._lag(entry)
        yield rate(recent.per_second(self.now) if self.run else None, moved.read)
        yield Measured("latency", None if latency is None else latency / 1000, Unit.SECONDS)
        yield Measured("errors", moved.failed)

    def _lag(self, entry: Entry) -> Measured | None:
        input = self.standing.input_of(entry)
        if input is None:
            return None
        if input.kind == "stream":
            return lag(self.standing.behind(entry, input), Unit.EVENTS)
        return self.routes.reader(input, entry).lag(self.standing.positions.get((entry.seq, input.seq)))


def _kept(live: Live, moved: Progress) -> Measured | None:
    """Failed events that the engine keeps, where that says more than how many failed."""
    count = live.fields.get("dead_letters", 0)
    return Measured("dead_letters", count) if count and count != moved.failed else None


def has_windows(pipeline: Entry) -> bool:
    return any("window" in operation for operation in pipeline.body.get("operations", ()))


def _of_windows(entry: Entry, state: Mapping[str, Any]) -> Iterator[Measured]:
    if has_windows(entry):
        yield Measured("late", state.get("late", 0))
        if _NEVER < state.get("water", _NEVER) < _ALWAYS:
            yield Measured("watermark", state["water"] / 1000, Unit.MOMENT)
