"""How the objects of an engine fare, for `status`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Live
from stackfile_local.engine import progress
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.lock import is_running
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.routes import Routes, is_mover
from stackfile_local.engine.store import Store
from stackfile_local.engine.windows.state_log import told

_NOW_MS = 10_000
"""What moved within this time moves now."""


def measure_streams(store: Store, live: Sequence[Live]) -> list[Metrics]:
    """`total` counts events ever appended."""
    store.calls += 1
    sql = "SELECT sum(end_offset) FROM partitions WHERE stream = (SELECT seq FROM objects WHERE id = ?)"
    return [Metrics(one.id, "ready", total=store.rows(sql, one.id)[0][0] or 0) for one in live]


def measure_movers(store: Store, base: Path, live: Sequence[Live], kind: str) -> list[Metrics]:
    """`total` counts events ever read, `errors` those of them that failed."""
    store.calls += 1
    catalog = Catalog(store)
    entries = {one.id: catalog.peek(one.id) for one in live}
    known = progress.progress_of(store, [entry.seq for entry in entries.values() if entry is not None])
    run, now = is_running(store), store.microseconds() // 1000
    measured: list[Metrics] = []
    for one in live:
        entry = entries[one.id]
        if entry is None:
            measured.append(Metrics(one.id, "gone", well=False))
        elif is_mover(entry):
            lag = _lag(store, base, catalog, entry)
            moment = known.get(entry.seq, Progress())
            rate = moment.rate if run and now - moment.moved_at < _NOW_MS else 0.0 if run else None
            measured.append(_metrics(entry, moment, lag, rate, _left_out(store, entry)))
        else:
            measured.append(Metrics(one.id, _at_rest(entry)))
    return measured


def _at_rest(entry: Entry) -> str:
    status = str(entry.body.get("status", "running"))
    return "ready" if status == "running" else status


def _left_out(store: Store, entry: Entry) -> tuple[str, ...]:
    """Events that count in no window."""
    if entry.kind != "pipeline":
        return ()
    state = told(store, entry.seq)
    late, skipped = state.get("late", 0), state.get("skipped", 0)
    return (
        *((f"late: {late:,} events came after their windows had closed",) if late else ()),
        *((f"skipped: {skipped:,} events have null in the `by` of the aggregate",) if skipped else ()),
    )


def _metrics(entry: Entry, known: Progress, lag: str | None, rate: float | None, left_out: tuple[str, ...]) -> Metrics:
    return Metrics(
        entry.id,
        "failed" if known.problem else "idle" if rate is None else "running",
        well=not known.problem,
        lag=lag,
        events_per_s=rate,
        total=known.read,
        errors=known.failed,
        says=(*((known.problem,) if known.problem else ()), *left_out, *known.notes),
    )


def _lag(store: Store, base: Path, catalog: Catalog, entry: Entry) -> str | None:
    input = (
        entry
        if entry.kind == "source"
        else catalog.peek(entry.body["source" if entry.kind == "pipeline" else "stream"])
    )
    if input is None:
        return None
    at = progress.load(store, entry.seq, input.seq)
    return Routes(store, base, {input.id: input}).reader(input).lag(at.position)
