"""The status tables: how every resource fares, in the words of its service, who reads the streams, and a count of those
that are not well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stackfile.address import Address
from stackfile.report.measures import COMMON, cells, columns_of, counted, heading, stands_right
from stackfile.report.moments import clock
from stackfile.report.text import safe, table
from stackfile.sdk.measures import Measured
from stackfile.sdk.operations import Metrics, Summary

_STEADY = frozenset({"active", "connected", "finished", "idle", "ok", "ready", "running"})
_NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One resource, by its address, or an object of an engine by its name. `kind` is the provider and the kind as
    printed: "streamkap source".

    `metrics` is None where the service says nothing; `there` is False for an object that is gone.
    """

    address: Address | str
    kind: str
    metrics: Metrics | None = None
    held: bool = False
    there: bool = True

    @property
    def well(self) -> bool:
        return self.there and (self.metrics is None or self.metrics.well)

    @property
    def state(self) -> str:
        """In the service's words, in capitals where it is not as it should be."""
        if not self.there:
            return _NOT_THERE.upper()
        state = safe(self.metrics.state) if self.metrics is not None else "-"
        return f"{state if self.well else state.upper()}{' (held)' if self.held else ''}"

    @property
    def values(self) -> tuple[Measured, ...]:
        return self.metrics.values if self.metrics is not None else ()


@dataclass(frozen=True, slots=True)
class ConsumerRow:
    """A group of consumers and one stream that it reads."""

    group: str
    stream: Address | str
    values: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, as it was read at one time."""

    rows: Sequence[StatusRow]
    at: datetime
    consumers: Sequence[ConsumerRow] = ()
    notes: Sequence[str] = ()
    """What is missing that has no row."""
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    """By provider instance: all that it holds, whoever manages it."""

    @property
    def well(self) -> bool:
        """Whether nothing is other than it should be: what the exit code says."""
        return all(row.well for row in self.rows)


def status_text(status: Status, none: str = "The state holds no resource.") -> str:
    """The tables, what services say of the rows that need it, and the count. Where there is no row, `none` is said, or
    why nothing could be read.

    Kinds that tell no more than what any object may have share one table; each other kind has its own.
    """
    if not status.rows:
        return "".join(f"{line}\n" for line in map(safe, status.notes or (none,)))
    tables = [_table(kind, rows, status.at) for kind, rows in _tables(status.rows)]
    if status.consumers:
        tables.append(_consumers(status.consumers, status.at))
    if status.summaries:
        tables.append([_summed(instance, summary) for instance, summary in status.summaries.items()])
    lines = [line for one in (*tables, *([safe(note)] for note in status.notes)) for line in (*one, "")]
    return "\n".join([*lines, f"{_counted(status.rows)} Read at {clock(status.at)} UTC."]) + "\n"


def _tables(rows: Iterable[StatusRow]) -> list[tuple[str, list[StatusRow]]]:
    """Rows by kind; those that share a table stand first, under no kind."""
    by_kind: dict[str, list[StatusRow]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    own = {kind for kind, some in by_kind.items() if not set(_columns(some)) <= set(COMMON)}
    shared = [row for row in rows if row.kind not in own]
    return [*([("", shared)] if shared else []), *((kind, some) for kind, some in by_kind.items() if kind in own)]


def _columns(rows: Iterable[StatusRow]) -> tuple[str, ...]:
    return columns_of(row.values for row in rows)


def _table(kind: str, rows: Sequence[StatusRow], at: datetime) -> list[str]:
    names = _columns(rows)
    first = (safe(kind).upper(), "STATE") if kind else ("ADDRESS", "KIND", "STATE")
    lines = [(*first, *map(heading, names))]
    for row in rows:
        begin = (safe(str(row.address)), *(() if kind else (safe(row.kind),)), row.state)
        lines.append((*begin, *cells(row.values, names, at)))
    right = {len(first) + n for n, name in enumerate(names) if stands_right((row.values for row in rows), name)}
    header, *printed = table(lines, right=frozenset(right))
    out = [header]
    for row, line in zip(rows, printed, strict=True):
        out += [line, *_below(row, header.index(first[1]), header.index("STATE"))]
    return out


def _below(row: StatusRow, indent: int, state: int) -> Iterable[str]:
    if row.metrics is None:
        return
    for part in row.metrics.parts:
        line = f"{'  ' + safe(part.name):<{state}}{safe(part.state)}"
        yield f"{line}    {safe(part.says)}" if part.says else line
    for says in row.metrics.says:
        if says:
            yield f"{' ' * indent}{safe(says)}"


def _consumers(rows: Sequence[ConsumerRow], at: datetime) -> list[str]:
    names = columns_of(row.values for row in rows)
    lines = [("CONSUMER GROUP", "STREAM", *map(heading, names))]
    lines += [(safe(row.group), safe(str(row.stream)), *cells(row.values, names, at)) for row in rows]
    right = {2 + n for n, name in enumerate(names) if stands_right((row.values for row in rows), name)}
    return table(lines, right=frozenset(right))


def _summed(instance: str, summary: Summary) -> str:
    """`planasonix workspace: 14 streams, 11 running`, without what there is none of but the first."""
    told = [counted(one) for n, one in enumerate(summary.values) if n == 0 or one.value]
    return f"{safe(instance)} {safe(summary.of)}: {', '.join(told)}"


def _counted(rows: Iterable[StatusRow]) -> str:
    """`8 shown: 1 error, 1 not connected, 1 paused, 1 starting, 4 well.`: what is not well comes first."""
    rows = list(rows)
    bad = Counter(_word(row) for row in rows if not row.well)
    other = Counter(_word(row) for row in rows if row.well and not _steady(row))
    well = sum(_steady(row) for row in rows)
    groups = [f"{number:,} {word}" for counts in (bad, other) for word, number in sorted(counts.items())]
    return f"{len(rows):,} shown: {', '.join([*groups, *([f'{well:,} well'] if well else [])])}."


def _word(row: StatusRow) -> str:
    return safe(row.metrics.state).lower() if row.there and row.metrics is not None else _NOT_THERE


def _steady(row: StatusRow) -> bool:
    return row.well and (row.metrics is None or row.metrics.state.lower() in _STEADY)
