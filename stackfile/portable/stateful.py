"""What stands under `window`, `aggregate`, `dedupe` and `route`, read into typed parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard, cast, get_args

from stackfile.portable.fields import FieldPath, overlaps, print_field
from stackfile.portable.functions import Kind, describe
from stackfile.portable.kinds import check, may_be
from stackfile.portable.models import Aggregate, Aggregation, AggregationName, Dedupe, Route, Window, WindowKind
from stackfile.portable.quantities import parse_duration
from stackfile.portable.reading import Reader, describe_raw, shown
from stackfile.portable.syntax import Expression, Field, Root
from stackfile.values import Path

LONGEST_WINDOW = 366 * 86_400_000
MAX_HOPS = 1000
"""Windows that one event may be in."""
WINDOW_FIELDS: tuple[FieldPath, ...] = (("windowStart",), ("windowEnd",))
"""Fields of the result of a window, beside those of `by` and `set`."""
AGGREGATIONS: tuple[AggregationName, ...] = get_args(AggregationName)

_KINDS: tuple[WindowKind, ...] = get_args(WindowKind)
_SIZES = (*_KINDS, "sliding")
_STEPS = {"hopping": "advance", "sliding": "slide"}
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\(")
_STREAM = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,249}\Z")
_COUNTS = "write count(), sum(x), avg(x), min(x) or max(x); compute with their results in a `map` behind"


def read_window(reader: Reader, raw: object, path: Path) -> Window | None:
    if not _is_map(raw, reader, path, "write  - window: {tumbling: 1m}"):
        return None
    found = [name for name in _SIZES if name in raw]
    if len(found) != 1:
        reader.problem(path, f"a window is one of {', '.join(_KINDS)}", "write tumbling: 1m")
        return None
    kind = found[0]
    step = _STEPS.get(kind, "")
    _only(reader, raw, path, {kind, "time", "lateness", step} - {""})
    size = _duration(reader, raw[kind], (*path, kind), 1)
    advance = _advance(reader, raw, path, kind, size) if step else size
    time = _time(reader, raw["time"], (*path, "time")) if "time" in raw else None
    lateness = _duration(reader, raw.get("lateness", "0s"), (*path, "lateness"), 0)
    if size is None or advance is None or lateness is None:
        return None
    if kind == "session":
        return Window("session", size, 0, time, lateness)
    return Window("tumbling" if kind == "tumbling" else "hopping", size, advance, time, lateness)


def _advance(reader: Reader, raw: Mapping[str, object], path: Path, kind: str, size: int | None) -> int | None:
    step = _STEPS[kind]
    if step not in raw:
        says = f"a {kind} window says how far apart windows start"
        also = "; windows that slide with every event are not built" if kind == "sliding" else ""
        reader.problem((*path, kind), f"{says}{also}", f"write {step}: 10s")
        return None
    advance = _duration(reader, raw[step], (*path, step), 1)
    if advance is None or size is None:
        return advance
    if advance > size:
        reader.problem((*path, step), f"`{step}` is longer than the window: events between windows would be left out")
    elif size > MAX_HOPS * advance:
        reader.problem((*path, step), f"each event would be in more than {MAX_HOPS:,} windows")
    else:
        return advance
    return None


def read_aggregate(reader: Reader, raw: object, path: Path) -> Aggregate | None:
    if not _is_map(raw, reader, path, "write  - aggregate: {by: [page], set: {views: count()}}"):
        return None
    _only(reader, raw, path, {"by", "set"})
    by = _groups(reader, raw["by"], (*path, "by")) if "by" in raw else ()
    if "set" not in raw:
        reader.problem(path, "an aggregate says what it sets", "write set: {views: count()}")
        return None
    found: list[tuple[FieldPath, Aggregation]] = []
    for name, text in reader.entries(raw["set"], (*path, "set"), "aggregation", _COUNTS):
        place = (*path, "set", name)
        target, aggregation = reader.field(name, place), _aggregation(reader, text, place)
        if target is not None and aggregation is not None:
            found.append((target, aggregation))
    _apart(reader, [target for target, _ in (*by, *found)], path)
    return Aggregate(by, tuple(found))


def _groups(reader: Reader, raw: object, path: Path) -> tuple[tuple[FieldPath, Expression], ...]:
    """Fields of the value by their names, or names with expressions."""
    if isinstance(raw, Mapping):
        return reader.assignments(raw, path)
    return tuple((field, as_expression(field)) for field in reader.fields(raw, path)) if raw else ()


def as_expression(field: FieldPath) -> Expression:
    """The expression that yields a field of the value."""
    tree: Expression = Root("value")
    for step in field:
        tree = Field(tree, step)
    return tree


def field_of(tree: Expression) -> FieldPath | None:
    """The inverse of `as_expression`; None for any other expression."""
    steps: list[str] = []
    while isinstance(tree, Field):
        steps.append(tree.name)
        tree = tree.target
    return tuple(reversed(steps)) if steps and tree == Root("value") else None


def _aggregation(reader: Reader, raw: object, path: Path) -> Aggregation | None:
    if not isinstance(raw, str):
        reader.problem(path, f"an aggregation is text, not {describe_raw(raw)}", _COUNTS)
        return None
    call, text = _CALL.match(raw), raw.rstrip()
    if call is None or call[1] not in AGGREGATIONS or not text.endswith(")"):
        reader.problem(path, f"{shown(raw.strip())} is no aggregation", _COUNTS)
        return None
    name, inner = cast(AggregationName, call[1]), text[call.end() : -1]
    if not inner.strip():
        if name == "count":
            return Aggregation("count")
        reader.problem(path, f"`{name}` takes what to look at", f"write {name}(value.amount)")
        return None
    tree = reader.expression(inner, path, call.end(), _COUNTS)
    if tree is None:
        return None
    wanted = {"count": Kind.VALUE, "sum": Kind.NUMBER, "avg": Kind.NUMBER}.get(name, Kind.NUMBER | Kind.TEXT)
    if not may_be(kind := check(tree), wanted):
        reader.problem(path, f"`{name}` takes {describe(wanted)}, not {describe(kind)}")
        return None
    return Aggregation(name, tree)


def _apart(reader: Reader, targets: list[FieldPath], path: Path) -> None:
    for first, second in overlaps([*targets, *WINDOW_FIELDS]):
        if second in WINDOW_FIELDS or first in WINDOW_FIELDS:
            reader.problem(path, f"`{print_field(first)}` is set by the window: take another name")
        elif first == second:
            reader.problem(path, f"`{print_field(first)}` is named twice")
        else:
            reader.problem(path, f"`{print_field(second)}` lies within `{print_field(first)}`: name one of them")


def read_dedupe(reader: Reader, raw: object, path: Path) -> Dedupe | None:
    example = "write  - dedupe: {by: [id], within: 10m}"
    if not _is_map(raw, reader, path, example):
        return None
    _only(reader, raw, path, {"by", "within"})
    missing = [name for name in ("by", "within") if name not in raw]
    if missing:
        reader.problem(path, f"`{missing[0]}` is missing", example)
        return None
    within = _duration(reader, raw["within"], (*path, "within"), 1)
    by: tuple[Expression, ...]
    if isinstance(raw["by"], str):
        one = reader.expression(raw["by"], (*path, "by"))
        by = () if one is None else (one,)
    else:
        by = tuple(as_expression(field) for field in reader.fields(raw["by"], (*path, "by")))
    return Dedupe(by, within) if within is not None and by else None


def read_route(reader: Reader, raw: object, path: Path) -> Route:
    found: list[tuple[str, Expression]] = []
    for name, text in reader.entries(raw, path, "condition"):
        predicate = reader.predicate(text, (*path, name))
        if not _STREAM.match(name):
            reader.problem((*path, name), f"{shown(name)} is no name of a stream: letters, digits, `.`, `_` and `-`")
        elif predicate is not None:
            found.append((name, predicate))
    return Route(tuple(found))


def _time(reader: Reader, raw: object, path: Path) -> Expression | None:
    tree = reader.expression(raw, path)
    if tree is not None and not may_be(kind := check(tree), Kind.INT | Kind.TEXT):
        reader.problem(path, f"a time is milliseconds since 1970, or text that says it, not {describe(kind)}")
        return None
    return tree


def _duration(reader: Reader, raw: object, path: Path, least: int) -> int | None:
    if not isinstance(raw, str):
        reader.problem(path, f"a duration is text, not {describe_raw(raw)}", "write a number with its unit, as in 1m")
        return None
    try:
        found = parse_duration(raw)
    except ValueError as error:
        reader.problem(path, str(error))
        return None
    if not least <= found <= LONGEST_WINDOW:
        reader.problem(path, f"from {least}ms to 366d, not {shown(raw)}")
        return None
    return found


def _is_map(raw: object, reader: Reader, path: Path, example: str) -> TypeGuard[Mapping[str, object]]:
    if isinstance(raw, Mapping) and raw and all(isinstance(name, str) for name in raw):
        return True
    reader.problem(path, f"a map is wanted, not {describe_raw(raw)}", example)
    return False


def _only(reader: Reader, raw: Mapping[str, object], path: Path, known: set[str]) -> None:
    for name in raw:
        if name not in known:
            reader.problem((*path, name), f"there is no {shown(name)} here", f"there are {', '.join(sorted(known))}")
