"""Processors: the engine's pipelines between streams, as the API says them. The engine runs them as all others."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from stackfile.errors import Rejected
from stackfile.portable.models import Route
from stackfile.portable.operations import OperationError, parse_operations
from stackfile.portable.quantities import print_duration
from stackfile_local.engine import log, progress
from stackfile_local.engine.catalog import Catalog, Draft, Entry
from stackfile_local.engine.events import offset_in
from stackfile_local.engine.log import Stream
from stackfile_local.engine.measure import has_windows
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.store import Store
from stackfile_local.engine.windows.shown import windows_of
from stackfile_local.engine.windows.state_log import told
from stackfile_local.kinds.declared import Declared
from stackfile_local.kinds.pipeline import Pipelines
from stackfile_local.server.errors import INVALID_REQUEST, PROCESSOR_NOT_FOUND, UNSUPPORTED, ApiError, invalid
from stackfile_local.server.names import check_name, object_of, time_text, whole
from stackfile_local.server.stream_objects import find as find_stream

_FIELDS = ("name", "source", "operations", "sink", "config")
_DEFAULTS: Mapping[str, int] = {"parallelism": 1, "checkpointInterval": 60_000}
_OF_WINDOWS = ("allowedLateness", "timestampField")
_SINKS = {"errorSink": "dead_letter", "lateSink": "late"}
_CONFIG = (*_DEFAULTS, *_OF_WINDOWS, *_SINKS, "idleTimeout", "startFrom")
LAST = 253_402_300_799_000
"""The last second that can be written as a date."""


def create_processor(store: Store, raw: Any) -> dict[str, Any]:
    """Raises ApiError, and ProviderError where the name is taken."""
    given = object_of("body", raw, _FIELDS)
    name = check_name("name", given.get("name"))
    source, sink = (check_name(field, given.get(field)) for field in ("source", "sink"))
    config = _config(given.get("config", {}))
    if source == sink:
        raise invalid("sink", "a processor cannot write to what it reads")
    streams = {"source": source, "destination": sink, **_side_sinks(config)}
    ids = {field: find_stream(store, stream).id for field, stream in streams.items()}
    draft = _draft(store, {"name": name, **ids}, _operations(given.get("operations", []), config), config)
    definition = {"operations": given.get("operations", []), "config": config}
    text = msgspec.json.encode(definition).decode()

    def keep(transaction: sqlite3.Connection, seq: int) -> None:
        transaction.execute("INSERT OR REPLACE INTO api_settings VALUES (?, ?)", (seq, text))

    entry = Catalog(store).add(draft, also=keep)
    return _answer(store, entry)


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
    rows = store.rows("SELECT body FROM api_settings WHERE owner = ?", entry.seq)
    defined = {"operations": entry.body.get("operations", []), "config": dict(_DEFAULTS)}
    if rows:
        defined = msgspec.json.decode(rows[0][0])
    known = _progress(store, entry)
    problem = {"problem": known.problem} if known.problem else {}
    streams = {"source": _name(store, entry, "source"), "sink": _name(store, entry, "destination")}
    return {"name": entry.name, **streams, **defined, **_answer(store, entry), **problem}


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
    position = progress.load(store, entry.seq, source.seq).position
    ends = (log.end_of(store, stream, p) - offset_in(position, p) for p in range(stream.partitions))
    return max(0, sum(ends))


def _of_windows(store: Store, entry: Entry) -> tuple[int, str | None]:
    """Late events ever, and the watermark; None where there are no windows, or it tells no time yet."""
    state = told(store, entry.seq)
    water = state.get("water", 0) if has_windows(entry) else 0
    return state.get("late", 0), time_text(water) if 0 < water < LAST else None


def _config(raw: Any) -> dict[str, Any]:
    config = {**_DEFAULTS, **object_of("config", raw, _CONFIG)}
    if config.get("startFrom", "earliest") != "earliest":
        says = "config.startFrom: a processor begins with the oldest event"
        raise ApiError(UNSUPPORTED, says, {"field": "config.startFrom"})
    whole("config.parallelism", config["parallelism"], 1, 256)
    for name in ("checkpointInterval", "allowedLateness", "idleTimeout"):
        whole(f"config.{name}", config.get(name, 0), 0, 2**53)
    if not isinstance(config.get("timestampField", ""), str):
        raise invalid("config.timestampField", "the path of a field")
    return config


def _operations(raw: Any, config: Mapping[str, Any]) -> Any:
    """The operations, with what the configuration says of windows in the windows."""
    if not isinstance(raw, list):
        raise invalid("operations", "a list")
    more = {name: config[name] for name in _OF_WINDOWS if name in config}
    return [{**more, **one} if isinstance(one, dict) and one.get("type") == "window" else one for one in raw]


def _side_sinks(config: Mapping[str, Any]) -> dict[str, str]:
    return {ours: check_name(f"config.{name}", config[name]) for name, ours in _SINKS.items() if name in config}


def _draft(store: Store, ids: Mapping[str, str], operations: Any, config: Mapping[str, Any]) -> Draft:
    """Raises ApiError for operations and settings that cannot be, with the place."""
    wish: dict[str, Any] = {**ids, "operations": operations, "parallelism": config["parallelism"]}
    wish["checkpoint_interval"] = print_duration(config["checkpointInterval"])
    if "idleTimeout" in config:
        wish["idle_timeout"] = print_duration(config["idleTimeout"])
    try:
        routed = _routed(operations)
        if routed:
            wish["routes"] = [find_stream(store, name).id for name in routed]
        return Declared(store, Path()).draft(Pipelines, wish)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise _wrong(field, first["msg"].removeprefix("Value error, ")) from None
    except Rejected as error:
        raise _wrong(error.fields[0].path, error.fields[0].message) if error.fields else error from None
    except RecursionError:
        raise _wrong("operations", "nested too deeply") from None


def _routed(operations: Any) -> list[str]:
    """The streams that are named in `route`; none where the operations are wrong, which is told elsewhere."""
    try:
        parsed = parse_operations(operations)
    except OperationError:
        return []
    return [name for each in parsed if isinstance(each, Route) for name, _ in each.routes]


def _wrong(field: str, says: str) -> ApiError:
    return ApiError(INVALID_REQUEST, says, {"field": field})


def _windows(store: Store, entry: Entry) -> list[dict[str, Any]]:
    """The windows that closed last, then those that are open, as of the last commit."""
    return [
        {"windowStart": time_text(start), "windowEnd": time_text(end), "eventsCount": count}
        for start, end, count in windows_of(store, entry)
        if end < LAST
    ]
