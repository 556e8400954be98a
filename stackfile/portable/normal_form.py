"""Operations to JSON values: the one spelling that each has, as a stackfile would write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stackfile.portable.fields import FieldPath, print_field
from stackfile.portable.models import (
    Aggregate,
    Aggregation,
    Apply,
    Dedupe,
    Drop,
    Filter,
    Map,
    Operation,
    Rename,
    Route,
    Select,
    Window,
)
from stackfile.portable.printing import print_expression
from stackfile.portable.quantities import print_duration
from stackfile.portable.stateful import as_expression, field_of
from stackfile.portable.syntax import Expression


def print_operation(operation: Operation) -> dict[str, Any]:
    name, body = _PRINTERS[type(operation)]
    return {name: body(operation)}


def _assignments(operation: Map) -> dict[str, str]:
    return {print_field(target): print_expression(tree) for target, tree in operation.assignments}


def _window(window: Window) -> dict[str, str]:
    printed: dict[str, str] = {window.kind: print_duration(window.size)}
    if window.kind == "hopping":
        printed["advance"] = print_duration(window.advance)
    if window.time is not None:
        printed["time"] = print_expression(window.time)
    if window.lateness:
        printed["lateness"] = print_duration(window.lateness)
    return printed


def _aggregate(operation: Aggregate) -> dict[str, Any]:
    groups = {"by": _groups(operation.by)} if operation.by else {}
    return {**groups, "set": {print_field(name): print_aggregation(each) for name, each in operation.set}}


def _groups(by: Sequence[tuple[FieldPath, Expression]]) -> Any:
    if all(tree == as_expression(name) for name, tree in by):
        return [print_field(name) for name, _ in by]
    return {print_field(name): print_expression(tree) for name, tree in by}


def print_aggregation(aggregation: Aggregation) -> str:
    return f"{aggregation.name}({'' if aggregation.of is None else print_expression(aggregation.of)})"


def _dedupe(operation: Dedupe) -> dict[str, Any]:
    fields = [field for tree in operation.by if (field := field_of(tree)) is not None]
    whole = len(fields) == len(operation.by)
    by: Any = [print_field(field) for field in fields] if whole else print_expression(operation.by[0])
    return {"by": by, "within": print_duration(operation.within)}


_PRINTERS: Mapping[type, tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        Filter: ("filter", lambda operation: print_expression(operation.predicate)),
        Map: ("map", _assignments),
        Apply: ("map", lambda operation: operation.function),
        Select: ("select", lambda operation: [print_field(field) for field in operation.fields]),
        Drop: ("drop", lambda operation: [print_field(field) for field in operation.fields]),
        Rename: ("rename", lambda operation: {print_field(old): print_field(new) for old, new in operation.moves}),
        Route: ("route", lambda operation: {stream: print_expression(tree) for stream, tree in operation.routes}),
        Dedupe: ("dedupe", _dedupe),
        Window: ("window", _window),
        Aggregate: ("aggregate", _aggregate),
    }
)
