"""The status table: how every resource fares, in the words of its service, and a count of those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackfile.address import Address
from stackfile.report.json_values import encodable
from stackfile.report.moments import clock, rfc3339, whole_duration
from stackfile.report.text import safe, table
from stackfile.sdk.operations import Metrics

_HEADER = ("ADDRESS", "KIND", "STATE", "LAG", "EVENTS/S", "ERRORS", "SINCE")
_RIGHT = frozenset({4, 5})
_STEADY = frozenset({"active", "connected", "finished", "idle", "ok", "ready", "running"})
_NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One resource. `kind` is the provider and the kind as printed: "streamkap source".

    `metrics` is None where the service says nothing; `there` is False for an object that is gone. `since` counts the
    seconds it has been in its state, where that is known.
    """

    address: Address
    kind: str
    metrics: Metrics | None = None
    since: float | None = None
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


def status_text(rows: Sequence[StatusRow], at: datetime) -> str:
    """The table, what services say of the ones that need it, and the count; `at` is when it was read."""
    if not rows:
        return "The state holds no resource.\n"
    cells = [_HEADER, *(_cells(row) for row in rows)]
    header, *lines = table(cells, right=_RIGHT)
    indent = " " * header.index("KIND")
    out = [header]
    for row, line in zip(rows, lines, strict=True):
        out.append(line)
        out += [f"{indent}{safe(says)}" for says in _says(row)]
    return "\n".join([*out, "", f"{_counted(rows)} Read at {clock(at)} UTC."]) + "\n"


def _says(row: StatusRow) -> Iterable[str]:
    return filter(None, row.metrics.says) if row.metrics is not None else ()


def _cells(row: StatusRow) -> tuple[str, ...]:
    metrics = row.metrics
    since = whole_duration(row.since) if row.since is not None else "-"
    start = (safe(str(row.address)), safe(row.kind), row.state)
    if metrics is None:
        return (*start, "-", "-", "-", since)
    lag = safe(metrics.lag) if metrics.lag is not None else "-"
    rate = _rate(metrics.events_per_s)
    errors = f"{metrics.errors:,}" if metrics.errors is not None else "-"
    return (*start, lag, rate, errors, since)


def _rate(events: float | None) -> str:
    if events is None:
        return "-"
    return f"{events:,.1f}" if events else "0"


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


def as_declared(rows: Iterable[StatusRow]) -> bool:
    """Whether nothing is other than it should be: what the exit code says."""
    return all(row.well for row in rows)


def status_json(rows: Iterable[StatusRow], at: datetime) -> dict[str, Any]:
    """The table for any JSON encoder."""
    rows = list(rows)
    document = {"read_at": rfc3339(at), "well": as_declared(rows), "resources": [_row_json(row) for row in rows]}
    return encodable(document)


def _row_json(row: StatusRow) -> dict[str, Any]:
    metrics = row.metrics or Metrics(id="", state="", well=row.well)
    return {
        "address": str(row.address),
        "kind": row.kind,
        "id": metrics.id,
        "there": row.there,
        "held": row.held,
        "state": metrics.state,
        "well": row.well,
        "lag": metrics.lag,
        "events_per_s": metrics.events_per_s,
        "total": metrics.total,
        "errors": metrics.errors,
        "since_seconds": row.since,
        "says": [says for says in metrics.says],
    }
