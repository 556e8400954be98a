"""Processors: the engine's pipelines between streams, as the API says them. The engine runs them as all others."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import ValidationError

from stackfile_local.engine import log, progress
from stackfile_local.engine.catalog import Catalog, Draft, Entry
from stackfile_local.engine.log import Stream
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.store import Store
from stackfile_local.kinds.pipeline import Pipeline
from stackfile_local.server.errors import INVALID_REQUEST, PROCESSOR_NOT_FOUND, UNSUPPORTED, ApiError, invalid
from stackfile_local.server.names import check_name, object_of, time_text, whole
from stackfile_local.server.stream_objects import find as find_stream

_FIELDS = ("name", "source", "operations", "sink", "config")
_DEFAULTS: Mapping[str, int] = {"parallelism": 1, "checkpointInterval": 60_000}
_OF_WINDOWS = ("allowedLateness", "timestampField")
_NOT_BUILT = ("idleTimeout", "lateSink", "startFrom")
_CONFIG = (*_DEFAULTS, *_OF_WINDOWS, "errorSink", *_NOT_BUILT)
_NOW_MS = 10_000


def create_processor(store: Store, raw: Any) -> dict[str, Any]:
    """Raises ApiError, and ProviderError where the name is taken."""
    given = object_of("body", raw, _FIELDS)
    name = check_name("name", given.get("name"))
    source, sink = (check_name(field, given.get(field)) for field in ("source", "sink"))
    config = _config(given.get("config", {}))
    streams = {"source": source, "destination": sink}
    if "errorSink" in config:
        streams["dead_letter"] = check_name("config.errorSink", config["errorSink"])
    links = {field: find_stream(store, stream).id for field, stream in streams.items()}
    if source == sink:
        raise invalid("sink", "a processor cannot write to what it reads")
    body = _body(name, links, _operations(given.get("operations", []), config))
    definition = {"operations": given.get("operations", []), "config": config}
    text = msgspec.json.encode(definition).decode()

    def keep(transaction: sqlite3.Connection, seq: int) -> None:
        transaction.execute("INSERT OR REPLACE INTO api_settings VALUES (?, ?)", (seq, text))

    draft = Draft("pipeline", f"proc_{uuid.uuid4().hex[:12]}", body, links)
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
    fields: tuple[str, ...] = ("source", "destination", "dead_letter")
    links = {field: entry.body[field] for field in fields if field in entry.body}

    def redraft(entry: Entry) -> Draft:
        return Draft("pipeline", entry.id, {**entry.body, "status": status}, links)

    return describe(store, Catalog(store).change("pipeline", entry.id, redraft))


def read_metrics(store: Store, id: str) -> dict[str, Any]:
    entry = _find(store, id)
    known = _progress(store, entry)
    return {
        "processorId": entry.id,
        "status": _status(entry, known),
        "metrics": _metrics(store, entry, known),
        "windows": [],
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
    """`avgLatency` is that of the last batch: from its youngest event's append to the commit of what came of it."""
    lag, latency = _lag_and_latency(store, entry, known)
    moves = store.microseconds() // 1000 - known.moved_at < _NOW_MS
    return {
        "eventsProcessed": known.read,
        "throughput": round(known.rate, 1) if moves else 0,
        "avgLatency": latency,
        "lag": lag,
        "errorRate": round(known.failed / known.read, 6) if known.read else 0,
    }


def _lag_and_latency(store: Store, entry: Entry, known: Progress) -> tuple[int, int]:
    source = Catalog(store).peek(entry.body["source"])
    if source is None or source.kind != "stream":
        return 0, 0
    stream = Stream.of(source.seq, source.body)
    position = progress.load(store, entry.seq, source.seq).position
    offsets = {} if position is None else {int(p): int(at) for p, at in position["offsets"].items()}
    lag = sum(log.end_of(store, stream, p) - offsets.get(p, 0) for p in range(stream.partitions))
    appended = [_appended(store, stream, p, at - 1) for p, at in offsets.items() if at]
    return max(0, lag), max(0, known.moved_at - max(appended, default=known.moved_at))


def _appended(store: Store, stream: Stream, partition: int, offset: int) -> int:
    rows = store.rows(
        "SELECT appended FROM batches WHERE stream = ? AND partition = ? AND base <= ? ORDER BY base DESC LIMIT 1",
        *(stream.seq, partition, offset),
    )
    return int(rows[0][0]) if rows else 0


def _config(raw: Any) -> dict[str, Any]:
    config = {**_DEFAULTS, **object_of("config", raw, _CONFIG)}
    for name in _NOT_BUILT:
        if name in config:
            raise ApiError(UNSUPPORTED, f"config.{name} is not built yet", {"field": f"config.{name}"})
    whole("config.parallelism", config["parallelism"], 1, 1024)
    for name in ("checkpointInterval", "allowedLateness"):
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


def _body(name: str, links: Mapping[str, str], operations: Any) -> dict[str, Any]:
    try:
        wish = Pipeline.model_validate({"name": name, **links, "operations": operations})
    except (ValidationError, RecursionError) as error:
        raise _refused(error) from None
    return wish.model_dump(mode="json", exclude_none=True)


def _refused(error: ValidationError | RecursionError) -> ApiError:
    if isinstance(error, RecursionError):
        return ApiError(INVALID_REQUEST, "operations: nested too deeply", {"field": "operations"})
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    return ApiError(INVALID_REQUEST, first["msg"].removeprefix("Value error, "), {"field": field})
