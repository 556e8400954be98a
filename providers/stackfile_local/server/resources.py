"""Streams, sources, destinations and pipelines as a stackfile writes them: what an infrastructure tool declares.

The kinds know the fields; here a body is a map that is handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from pydantic import ValidationError

from stackfile.sdk.provider import Live
from stackfile_local.engine import progress
from stackfile_local.engine.measure import measure_consumers
from stackfile_local.kinds.declared import Declared, not_valid
from stackfile_local.kinds.every import BY_SECTION
from stackfile_local.kinds.stored import StoredKind
from stackfile_local.server.errors import NO_SUCH_PATH, RESOURCE_NOT_FOUND, UNSUPPORTED, ApiError, invalid
from stackfile_local.server.names import object_of, time_text

CONSUMERS = "consumers"
"""What has figures and is no resource."""

_LONGEST_MARK = 200
_POSITIONS = """
SELECT i.id, c.position FROM checkpoints c JOIN objects o ON o.seq = c.owner JOIN objects i ON i.seq = c.input
WHERE o.id = ? ORDER BY i.id"""

Kind: TypeAlias = type[StoredKind[Any]]


def kind_of(section: str) -> Kind:
    """Raises ApiError for a section that is none."""
    kind = BY_SECTION.get(section)
    if kind is None:
        raise ApiError(NO_SUCH_PATH, f"there are no {section}; there are {', '.join(sorted(BY_SECTION))}")
    return kind


def list_resources(declared: Declared, kind: Kind) -> dict[str, Any]:
    return {"resources": [_body(live) for live in declared.all(kind)]}


def measure_all(declared: Declared, section: str) -> dict[str, Any]:
    """How every object of a section fares, or every consumer. Raises ApiError for what is neither."""
    if section == CONSUMERS:
        return {"metrics": msgspec.to_builtins(measure_consumers(declared.store))}
    kind = kind_of(section)
    return {"metrics": msgspec.to_builtins(declared.measure(kind, declared.all(kind)))}


def create_resource(declared: Declared, kind: Kind, raw: Any) -> dict[str, Any]:
    """Raises ApiError, and ProviderError."""
    given = object_of("body", raw, ("fields", "mark"))
    fields, mark = _fields(given), given.get("mark")
    if mark is not None and (not isinstance(mark, str) or not mark.isprintable() or len(mark) > _LONGEST_MARK):
        raise invalid("mark", f"up to {_LONGEST_MARK} printable letters")
    try:
        return _body(declared.add(kind, fields, mark or ""))
    except ValidationError as error:
        raise not_valid(kind, str(fields.get("name", "")), error) from None
    except RecursionError:
        raise invalid("fields", "nested too deeply") from None


def read_resource(declared: Declared, kind: Kind, id: str) -> dict[str, Any]:
    return _body(_find(declared, kind, id))


def change_resource(declared: Declared, kind: Kind, id: str, raw: Any) -> dict[str, Any]:
    """Merges: what is not named stays, null unsets. Raises as `create_resource` does."""
    fields = _fields(object_of("body", raw, ("fields",)))
    _find(declared, kind, id)
    try:
        return _body(declared.change(kind, id, fields))
    except RecursionError:
        raise invalid("fields", "nested too deeply") from None


def set_resource_status(declared: Declared, kind: Kind, id: str, status: str) -> dict[str, Any]:
    if "status" not in kind.model.model_fields:
        raise ApiError(UNSUPPORTED, f"{kind.section} are neither paused nor stopped")
    _find(declared, kind, id)
    declared.set_status(kind, id, status)
    return read_resource(declared, kind, id)


def delete_resource(declared: Declared, kind: Kind, id: str) -> dict[str, Any]:
    _find(declared, kind, id)
    declared.remove(kind, id)
    return {"status": "deleted", "id": id, "deletedAt": time_text(declared.store.microseconds() // 1000)}


def measure_resource(declared: Declared, kind: Kind, id: str) -> dict[str, Any]:
    """How it fares, and how far it has read each of its inputs."""
    live = _find(declared, kind, id)
    (said,) = declared.measure(kind, [live])
    rows = declared.store.rows(_POSITIONS, id)
    positions = [{"input": input, "position": progress.parse(position)} for input, position in rows]
    return {"id": id, "metrics": msgspec.to_builtins(said), "positions": positions}


def health_of(declared: Declared, kind: Kind, id: str, tried: int | None) -> dict[str, Any]:
    """Whether it does its work, as far as everything was asked to move since the catalog's version `tried`; None where
    nothing is run."""
    live = _find(declared, kind, id)
    (said,) = declared.measure(kind, [live])
    failed, moves = said.state == "failed", said.state in ("failed", "running", "idle")
    if moves and tried is not None and tried < int(declared.store.meta("catalog")):
        return {"id": id, "health": "pending", "says": "it is about to start"}
    return {"id": id, "health": "failed" if failed else "ready", "says": "; ".join(said.says) if failed else ""}


def _find(declared: Declared, kind: Kind, id: str) -> Live:
    live = declared.find(kind, id)
    if live is None:
        raise ApiError(RESOURCE_NOT_FOUND, f"there is no {kind.name} {id}", {"id": id})
    return live


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = given.get("fields")
    if not isinstance(fields, dict):
        raise invalid("fields", "an object is wanted")
    return fields


def _body(live: Live) -> dict[str, Any]:
    created_at = live.created_at.isoformat() if live.created_at is not None else None
    return {"id": live.id, "createdAt": created_at, "mark": live.mark, "fields": dict(live.fields)}
