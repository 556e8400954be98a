"""Processors: the engine's pipelines between streams, as the API says them. The engine runs them as all others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stackfile.errors import Conflict, NotFound, Rejected
from stackfile_local.engine import log, progress
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.events import offset_in
from stackfile_local.engine.log import Stream
from stackfile_local.engine.measure import has_windows
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.starts import starts_of
from stackfile_local.engine.store import Store
from stackfile_local.engine.windows.shown import windows_of
from stackfile_local.engine.windows.state_log import told
from stackfile_local.kinds.declared import Declared
from stackfile_local.kinds.pipeline import Pipelines
from stackfile_local.server.definitions import define, definition_of, draft_of, redefine, wrong
from stackfile_local.server.errors import CONFLICT, PROCESSOR_NOT_FOUND, ApiError, invalid
from stackfile_local.server.names import check_name, object_of, time_text
from stackfile_local.server.stream_objects import find as find_stream

_FIELDS = ("name", "source", "operations", "sink", "config")
LAST = 253_402_300_799_000
"""The last second that can be written as a date."""

EFFECTIVE_PARALLELISM = 1
"""Whatever was asked for: one thread of one process computes, and more threads of Python would not make it faster."""


def create_processor(store: Store, raw: Any) -> dict[str, Any]:
    """Raises ApiError, and ProviderError where the name is taken."""
    given = object_of("body", raw, _FIELDS)
    name = check_name("name", given.get("name"))
    source, sink = (check_name(field, given.get(field)) for field in ("source", "sink"))
    definition = define(given.get("operations", []), given.get("config", {}))
    if source == sink:
        raise invalid("sink", "a processor cannot write to what it reads")
    ids = {field: find_stream(store, stream).id for field, stream in (("source", source), ("destination", sink))}
    draft = draft_of(store, {"name": name, **ids}, definition)
    return _answer(store, Catalog(store).add(draft, also=definition.keep_new))


def change_processor(store: Store, id: str, raw: Any) -> dict[str, Any]:
    """Merges: what is not named stays, null goes back to the default. Other operations, where they or those before hold
    state, discard what they hold, and all is computed again. Raises as `create_processor` does."""
    given = object_of("body", raw, _FIELDS)
    before = describe(store, _find(store, id))
    for field in ("name", "source", "sink"):
        if given.get(field, before[field]) != before[field]:
            raise ApiError(CONFLICT, f"the {field} of a processor cannot change: make another one", {"field": field})
    definition = redefine(definition_of(store, _find(store, id)), given)
    try:
        Declared(store, Path()).change(Pipelines, id, definition.fields(store), definition.keep)
    except (Conflict, NotFound):
        raise
    except (ValidationError, Rejected, RecursionError) as error:
        raise wrong(error) from None
    return read_processor(store, id)


def list_processors(store: Store) -> dict[str, Any]:
    return {"processors": [describe(store, entry) for entry in Catalog(store).all("pipeline")]}


def read_processor(store: Store, id: str) -> dict[str, Any]:
    return describe(store, _find(store, id))


def delete_processor(store: Store, id: str) -> dict[str, Any]:
    """Its results stay."""
    entry = _find(store, id)
    Catalog(store).remove("pipeline", entry.id)
    return {"status": "deleted", "processorId": id, "deletedAt": time_text(store.microseconds() // 1000)}


def set_status(store: Store, id: str, status: str) -> dict[str, Any]:
    """A paused processor goes on where it was. When this returns, nothing more of it becomes durable."""
    entry = _find(store, id)
    return describe(store, Declared(store, Path()).set_status(Pipelines, entry.id, status))


def read_metrics(store: Store, id: str) -> dict[str, Any]:
    entry = _find(store, id)
    known = _progress(store, entry)
    return {
        "processorId": entry.id,
        "status": _status(entry, known),
        "metrics": _metrics(store, entry, known),
        "windows": _windows(store, entry),
    }


def describe(store: Store, entry: Entry) -> dict[str, Any]:
    definition = definition_of(store, entry)
    defined = {"operations": definition.operations, "config": definition.config}
    known = _progress(store, entry)
    problem = {"problem": known.problem} if known.problem else {}
    streams = {"source": _name(store, entry, "source"), "sink": _name(store, entry, "destination")}
    effective = {"effectiveParallelism": EFFECTIVE_PARALLELISM}
    return {"name": entry.name, **streams, **defined, **effective, **_answer(store, entry), **problem}


def _answer(store: Store, entry: Entry) -> dict[str, Any]:
    known = _progress(store, entry)
    return {
        "processorId": entry.id,
        "status": _status(entry, known),
        "createdAt": time_text(entry.created_at // 1000),
        "metrics": _metrics(store, entry, known),
    }


def _find(store: Store, id: str) -> Entry:
    entry = Catalog(store).find("pipeline", id)
    if entry is None:
        raise ApiError(PROCESSOR_NOT_FOUND, f"there is no processor {id}", {"processorId": id})
    return entry


def _progress(store: Store, entry: Entry) -> Progress:
    return progress.progress_of(store, [entry.seq]).get(entry.seq, Progress())


def _status(entry: Entry, known: Progress) -> str:
    status = str(entry.body.get("status", "running"))
    if status != "running":
        return "paused"
    return "failed" if known.problem else "running"


def _name(store: Store, entry: Entry, field: str) -> str:
    found = Catalog(store).peek(entry.body[field])
    return entry.body[field] if found is None else found.name


def _metrics(store: Store, entry: Entry, known: Progress) -> dict[str, Any]:
    """`throughput` and `avgLatency`, which is milliseconds from append to commit, are of the last ten seconds;
    `errorRate` is of the events that came last, whenever that was."""
    now = store.microseconds() // 1000
    late, water = _of_windows(store, entry)
    return {
        "eventsProcessed": known.read,
        "throughput": round(known.recent.per_second(now), 1),
        "avgLatency": round(known.recent.latency(now) or 0, 1),
        "lag": _lag(store, entry),
        "errorRate": round(known.recent.error_rate, 6),
        "lateEvents": late,
        "watermark": water,
    }


def _lag(store: Store, entry: Entry) -> int:
    source = Catalog(store).peek(entry.body["source"])
    if source is None or source.kind != "stream":
        return 0
    stream = Stream.of(source.seq, source.body)
    start = {"offsets": starts_of(store).get(entry.seq, {})}
    position = progress.load(store, entry.seq, source.seq).position or start
    ends = (log.end_of(store, stream, p) - offset_in(position, p) for p in range(stream.partitions))
    return max(0, sum(ends))


def _of_windows(store: Store, entry: Entry) -> tuple[int, str | None]:
    """Late events ever, and the watermark; None where there are no windows, or it tells no time yet."""
    state = told(store, entry.seq)
    water = state.get("water", 0) if has_windows(entry) else 0
    return state.get("late", 0), time_text(water) if 0 < water < LAST else None


def _windows(store: Store, entry: Entry) -> list[dict[str, Any]]:
    """The windows that closed last, then those that are open, as of the last commit."""
    return [
        {"windowStart": time_text(start), "windowEnd": time_text(end), "eventsCount": count}
        for start, end, count in windows_of(store, entry)
        if end < LAST
    ]
