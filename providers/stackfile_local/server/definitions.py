"""What a processor is defined as: as it was sent, and as the engine's pipelines have it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from stackfile.errors import Rejected
from stackfile.portable.models import Route
from stackfile.portable.operations import OperationError, parse_operations
from stackfile.portable.quantities import parse_duration, print_duration
from stackfile_local.engine.catalog import Catalog, Draft, Entry
from stackfile_local.engine.starts import start_at_end, starts_of
from stackfile_local.engine.store import Store
from stackfile_local.kinds.declared import Declared
from stackfile_local.kinds.pipeline import Pipelines
from stackfile_local.server.errors import CONFLICT, INVALID_REQUEST, ApiError, invalid
from stackfile_local.server.names import check_name, object_of, whole
from stackfile_local.server.stream_objects import find as find_stream

_DEFAULTS: Mapping[str, int] = {"parallelism": 1, "checkpointInterval": 60_000}
_OF_WINDOWS = ("allowedLateness", "timestampField")
_SINKS = {"errorSink": "dead_letter", "lateSink": "late"}
_CONFIG = (*_DEFAULTS, *_OF_WINDOWS, *_SINKS, "idleTimeout", "startFrom")
_STARTS = ("earliest", "latest")
_DEFINING = ("operations", "parallelism", "checkpoint_interval", "idle_timeout", *_SINKS.values())
"""The fields of a pipeline that a definition makes."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`operations` and `config` as they were sent, the latter with what is always said."""

    operations: list[Any]
    config: Mapping[str, Any]

    @property
    def starts_at_end(self) -> bool:
        return self.config.get("startFrom") == "latest"

    def fields(self, store: Store) -> dict[str, Any]:
        """Of the pipeline; None for what it is without. Raises ApiError."""
        config = self.config
        more = {name: config[name] for name in _OF_WINDOWS if name in config}
        operations = [
            {**more, **one} if isinstance(one, dict) and one.get("type") == "window" else one for one in self.operations
        ]
        idle = config.get("idleTimeout")
        sinks = {ours: _stream_id(store, f"config.{name}", config.get(name)) for name, ours in _SINKS.items()}
        routed = _routed(operations)
        return {
            "operations": operations,
            "parallelism": config["parallelism"],
            "checkpoint_interval": print_duration(config["checkpointInterval"]),
            "idle_timeout": None if idle is None else print_duration(idle),
            "routes": [find_stream(store, name).id for name in routed] or None,
            **sinks,
        }

    def keep(self, transaction: sqlite3.Connection, seq: int) -> None:
        """Remembers what was sent, and what the pipeline was then: so long as that is so, this is its definition."""
        (body,) = transaction.execute("SELECT body FROM objects WHERE seq = ?", (seq,)).fetchone()
        kept = {"operations": self.operations, "config": self.config, "made": _made(msgspec.json.decode(body))}
        row = (seq, msgspec.json.encode(kept).decode())
        transaction.execute("INSERT OR REPLACE INTO api_settings VALUES (?, ?)", row)

    def keep_new(self, transaction: sqlite3.Connection, seq: int) -> None:
        self.keep(transaction, seq)
        if self.starts_at_end:
            start_at_end(transaction, seq)


def define(operations: Any, config: Any) -> Definition:
    """A new one. Raises ApiError."""
    return Definition(_list(operations), _config(_DEFAULTS, config))


def redefine(before: Definition, given: Mapping[str, Any]) -> Definition:
    """What is not named stays, null goes back to the default. Raises ApiError."""
    operations = given.get("operations", before.operations)
    config = _config(before.config, given.get("config", {}))
    if config.get("startFrom", "earliest") != before.config.get("startFrom", "earliest"):
        raise ApiError(CONFLICT, "where a processor began cannot change", {"field": "config.startFrom"})
    return Definition([] if operations is None else _list(operations), config)


def definition_of(store: Store, entry: Entry) -> Definition:
    """As it was sent; of a pipeline that was made or changed by other means, as the API would say it."""
    rows = store.rows("SELECT body FROM api_settings WHERE owner = ?", entry.seq)
    if rows:
        kept = msgspec.json.decode(rows[0][0])
        if kept.get("made", _made(entry.body)) == _made(entry.body):
            return Definition(kept["operations"], kept["config"])
    body = entry.body
    config = {
        "parallelism": body.get("parallelism", 1),
        "checkpointInterval": parse_duration(body.get("checkpoint_interval", "1m")),
        **({"idleTimeout": parse_duration(body["idle_timeout"])} if body.get("idle_timeout", "30s") != "30s" else {}),
        **{name: _name_of(store, body[ours]) for name, ours in _SINKS.items() if ours in body},
        **({"startFrom": "latest"} if entry.seq in starts_of(store) else {}),
    }
    return Definition(body.get("operations", []), config)


def draft_of(store: Store, ids: Mapping[str, str], definition: Definition) -> Draft:
    """Raises ApiError for operations and settings that cannot be, with the place."""
    fields = {name: value for name, value in definition.fields(store).items() if value is not None}
    try:
        return Declared(store, Path()).draft(Pipelines, {**ids, **fields})
    except (ValidationError, Rejected, RecursionError) as error:
        raise wrong(error) from None


def wrong(error: ValidationError | Rejected | RecursionError) -> Exception:
    """What is wrong with a definition, by the place in it."""
    match error:
        case RecursionError():
            return _invalid("operations", "nested too deeply")
        case ValidationError():
            first = error.errors()[0]
            return _invalid(".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, "))
        case Rejected(fields=(first_refused, *_)):
            return _invalid(first_refused.path, first_refused.message.removeprefix("Value error, "))
    return error


def _invalid(field: str, says: str) -> ApiError:
    return ApiError(INVALID_REQUEST, says, {"field": field})


def _made(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _DEFINING if name in body}


def _list(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise invalid("operations", "a list")
    return raw


def _config(before: Mapping[str, Any], raw: Any) -> dict[str, Any]:
    given = {**before, **object_of("config", raw if raw is not None else {}, _CONFIG)}
    config = {**_DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    if config.get("startFrom", "earliest") not in _STARTS:
        raise invalid("config.startFrom", f"one of {', '.join(_STARTS)}")
    whole("config.parallelism", config["parallelism"], 1, 256)
    for name in ("checkpointInterval", "allowedLateness", "idleTimeout"):
        whole(f"config.{name}", config.get(name, 0), 0, 2**53)
    if not isinstance(config.get("timestampField", ""), str):
        raise invalid("config.timestampField", "the path of a field")
    return config


def _stream_id(store: Store, field: str, name: Any) -> str | None:
    return None if name is None else find_stream(store, check_name(field, name)).id


def _name_of(store: Store, id: str) -> str:
    found = Catalog(store).peek(id)
    return id if found is None else found.name


def _routed(operations: Any) -> list[str]:
    """The streams that are named in `route`; none where the operations are wrong, which is told elsewhere."""
    try:
        parsed = parse_operations(operations)
    except OperationError:
        return []
    return [name for each in parsed if isinstance(each, Route) for name, _ in each.routes]
