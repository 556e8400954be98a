"""The wire form of operations, `{"type": "filter", ...}` with durations in milliseconds, as a stackfile's.

What comes out is read like anything that a stackfile says, so that both forms mean the same and have the same mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from stackfile.portable.fields import parse_field
from stackfile.portable.printing import print_expression
from stackfile.portable.quantities import print_duration
from stackfile.portable.reading import Reader, describe_raw, shown
from stackfile.portable.stateful import as_expression
from stackfile.values import Path

_Body: TypeAlias = Mapping[str, Any]


def from_wire(reader: Reader, raw: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """The same operation as a stackfile writes it; None, and a problem, where it cannot be told."""
    kind = raw["type"]
    if kind not in _READ:
        reader.problem((number, "type"), f"there is no operation {shown(kind)}", f"there are {', '.join(_READ)}")
        return None
    known, read = _READ[kind]
    body = {name: each for name, each in raw.items() if name != "type"}
    unknown = [name for name in body if name not in known]
    for name in unknown:
        reader.problem((number, name), f"`{kind}` has no {shown(name)}", f"there are {', '.join(known)}")
    return None if unknown else read(reader, body, (number,))


def _filter(reader: Reader, body: _Body, path: Path) -> _Body | None:
    return _needed(reader, body, path, "filter", "predicate")


def _map(reader: Reader, body: _Body, path: Path) -> _Body | None:
    if len(body) != 1:
        reader.problem(path, "`map` has a `function`, or a `set` of fields with expressions")
        return None
    if "function" in body and not isinstance(body["function"], str):
        reader.problem((*path, "function"), f"the name of a function is text, not {describe_raw(body['function'])}")
        return None
    return {"map": next(iter(body.values()))}


def _fields(name: str) -> Callable[[Reader, _Body, Path], _Body | None]:
    def read(reader: Reader, body: _Body, path: Path) -> _Body | None:
        return _needed(reader, body, path, name, "fields")

    return read


def _needed(reader: Reader, body: _Body, path: Path, name: str, key: str) -> _Body | None:
    if key not in body:
        reader.problem(path, f"`{key}` is missing")
        return None
    return {name: body[key]}


def _route(reader: Reader, body: _Body, path: Path) -> _Body | None:
    return _needed(reader, body, path, "route", "routes")


def _dedupe(reader: Reader, body: _Body, path: Path) -> _Body | None:
    found: dict[str, Any] = {}
    if "within" in body:
        found["within"] = _duration(reader, body["within"], (*path, "within"))
    if "by" in body:
        found["by"] = [_bare(name) for name in _listed(body["by"])]
    return {"dedupe": found}


def _window(reader: Reader, body: _Body, path: Path) -> _Body | None:
    kind = body.get("windowType")
    if not isinstance(kind, str) or kind not in _SIZE:
        says = "`windowType` is missing" if kind is None else f"there is no window {shown(kind)}"
        reader.problem((*path, "windowType"), says, f"there are {', '.join(_SIZE)}")
        return None
    size = _SIZE[kind]
    if size not in body:
        reader.problem(path, f"`{size}` is missing")
        return None
    found: dict[str, Any] = {kind: _duration(reader, body[size], (*path, size))}
    for name, ours in (("advance", "advance"), ("slide", "slide"), ("allowedLateness", "lateness")):
        if name in body:
            found[ours] = _duration(reader, body[name], (*path, name))
    if "timestampField" in body:
        found["time"] = _path(body["timestampField"])
    return {"window": found}


def _aggregate(reader: Reader, body: _Body, path: Path) -> _Body | None:
    found: dict[str, Any] = {}
    if body.get("groupBy") is not None:
        found["by"] = [_bare(name) for name in _listed(body["groupBy"])]
    if "aggregations" in body:
        return {"aggregate": {**found, "set": body["aggregations"]}}
    if "aggregation" not in body:
        reader.problem(path, "`aggregation` is missing", "write count, sum, avg, min or max")
        return None
    field = _path(body["field"]) if body.get("field") is not None else ""
    name = body["aggregation"]
    if not isinstance(name, str):
        reader.problem((*path, "aggregation"), f"an aggregation is text, not {describe_raw(name)}")
        return None
    return {"aggregate": {**found, "set": {name: f"{name}({field})"}}}


def _duration(reader: Reader, raw: Any, path: Path) -> Any:
    """Milliseconds as a stackfile writes them; anything else as it is, for whoever reads it next to refuse."""
    if type(raw) is int and raw >= 0:
        return print_duration(raw)
    reader.problem(path, f"a duration is a whole number of milliseconds, not {raw if type(raw) is int else _kind(raw)}")
    return "1m"


def _kind(raw: Any) -> str:
    return "a fraction" if type(raw) is float else describe_raw(raw)


def _listed(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


def _bare(name: Any) -> Any:
    """On the wire a field may have its root, `value.userId`."""
    return name.removeprefix("value.") if isinstance(name, str) else name


def _path(name: Any) -> Any:
    try:
        return print_expression(as_expression(parse_field(_bare(name))))
    except (ValueError, TypeError):
        return name


_SIZE: Mapping[str, str] = MappingProxyType(
    {"tumbling": "duration", "hopping": "duration", "sliding": "duration", "session": "gap"}
)
_READ: Mapping[str, tuple[tuple[str, ...], Callable[[Reader, _Body, Path], _Body | None]]] = MappingProxyType(
    {
        "filter": (("predicate",), _filter),
        "map": (("function", "set"), _map),
        "select": (("fields",), _fields("select")),
        "drop": (("fields",), _fields("drop")),
        "rename": (("fields",), _fields("rename")),
        "route": (("routes",), _route),
        "dedupe": (("by", "within"), _dedupe),
        "window": (
            ("windowType", "duration", "gap", "advance", "slide", "timestampField", "allowedLateness"),
            _window,
        ),
        "aggregate": (("aggregation", "field", "aggregations", "groupBy"), _aggregate),
    }
)
