"""The operations of a pipeline: read from what a stackfile or the wire says, and printed in one normal form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stackfile.errors import StackError
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
from stackfile.portable.normal_form import print_operation
from stackfile.portable.order import check_order
from stackfile.portable.reading import Problem, Reader, cut_by_comma, shown
from stackfile.portable.stateful import read_aggregate, read_dedupe, read_route, read_window
from stackfile.portable.wire import from_wire
from stackfile.spelling import guess
from stackfile.values import Path, print_path

__all__ = [
    "MAX_OPERATIONS",
    "Aggregate",
    "Aggregation",
    "Apply",
    "Dedupe",
    "Drop",
    "Filter",
    "Map",
    "Operation",
    "OperationError",
    "Rename",
    "Route",
    "Select",
    "Window",
    "is_stateful",
    "normalise_operations",
    "parse_operations",
    "print_operations",
]

MAX_OPERATIONS = 100

_FUNCTION = re.compile(r"[A-Za-z_][\w.-]{0,199}\Z")


class OperationError(StackError, ValueError):
    """A list of operations that cannot be used, with everything that is wrong with it. Its text is one line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(_line, self.problems)))


def _line(problem: Problem) -> str:
    place = print_path(("operations", *problem.path))
    column = "" if problem.offset is None else f" (character {problem.offset + 1})"
    return f"{place}: {problem.message}{column}{''.join(f'; {help}' for help in problem.help)}"


def parse_operations(raw: object) -> tuple[Operation, ...]:
    """The operations of a list as YAML or the wire gives it. Raises OperationError with all that is wrong."""
    reader = Reader()
    if not isinstance(raw, list | tuple):
        reader.problem((), "operations are a list", "start each with a dash:  - filter: value.amount > 1000")
    elif len(raw) > MAX_OPERATIONS:
        reader.problem((), f"more than {MAX_OPERATIONS} operations")
    else:
        found = [_operation(reader, each, number) for number, each in enumerate(raw)]
        check_order(reader, [_name(each) for each in raw])
        if not reader.problems:
            return tuple(operation for operation in found if operation is not None)
    raise OperationError(reader.problems)


def is_stateful(operations: Sequence[Operation]) -> bool:
    """Whether what an event gives depends on those before it."""
    return any(isinstance(operation, Dedupe | Aggregate) for operation in operations)


def print_operations(operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """The normal form as JSON values, which `parse_operations` reads back: equal operations print the same."""
    return [print_operation(operation) for operation in operations]


def normalise_operations(raw: object) -> list[dict[str, Any]]:
    """The normal form of what a stackfile says; a validator for a field of a model. OperationError is a ValueError."""
    return print_operations(parse_operations(raw))


def _filter(reader: Reader, raw: object, path: Path) -> Operation | None:
    predicate = reader.predicate(raw, path)
    return None if predicate is None else Filter(predicate)


def _map(reader: Reader, raw: object, path: Path) -> Operation | None:
    if not isinstance(raw, str):
        return Map(reader.assignments(raw, path))
    if _FUNCTION.match(raw):
        return Apply(raw)
    reader.problem(
        path, f"{shown(raw)} is no name of a function", "fields are set by a map:  - map: {page: lower(value.page)}"
    )
    return None


def _select(reader: Reader, raw: object, path: Path) -> Operation:
    return Select(reader.fields(raw, path))


def _drop(reader: Reader, raw: object, path: Path) -> Operation:
    return Drop(reader.fields(raw, path))


def _rename(reader: Reader, raw: object, path: Path) -> Operation:
    return Rename(reader.moves(raw, path))


_KINDS: Mapping[str, Callable[[Reader, object, Path], Operation | None]] = MappingProxyType(
    {
        "filter": _filter,
        "map": _map,
        "select": _select,
        "drop": _drop,
        "rename": _rename,
        "route": read_route,
        "dedupe": read_dedupe,
        "window": read_window,
        "aggregate": read_aggregate,
    }
)


def _operation(reader: Reader, raw: object, number: int) -> Operation | None:
    """None where a problem was found (there may be one, too, where an operation is returned)."""
    if not isinstance(raw, Mapping) or not raw:
        reader.problem((number,), "an operation is a map with one key", "write  - filter: value.amount > 1000")
        return None
    if isinstance(raw.get("type"), str):
        translated = from_wire(reader, raw, number)
        return None if translated is None else _operation(reader, translated, number)
    name, body = next(iter(raw.items()))
    if len(raw) > 1:
        _too_many(reader, raw, number)
    elif name in _KINDS:
        return _KINDS[name](reader, body, (number, name))
    else:
        help = guess(str(name), _KINDS, f"there are {', '.join(_KINDS)}")
        reader.problem((number, str(name)), f"there is no operation {shown(name)}", help)
    return None


def _name(raw: object) -> str:
    """The kind of an operation in either form; empty where it has none."""
    if not isinstance(raw, Mapping) or not raw:
        return ""
    kind = raw.get("type")
    return kind if isinstance(kind, str) else str(next(iter(raw)))


def _too_many(reader: Reader, raw: Mapping[Any, object], number: int) -> None:
    cut = cut_by_comma(raw)
    for name, pieces in cut.items():
        reader.mend((number, name), name, pieces)
    if cut:
        return
    keys = ", ".join(map(str, raw))
    reader.problem((number,), f"an operation has one key, this one has {keys}", "start each operation with a dash")
