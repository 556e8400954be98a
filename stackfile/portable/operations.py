"""The operations of a pipeline: typed values, read from what a stackfile says, and printed in one normal form."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from stackfile.errors import StackError
from stackfile.portable.fields import FieldPath, print_field
from stackfile.portable.printing import print_expression
from stackfile.portable.reading import Problem, Reader, cut_by_comma
from stackfile.portable.syntax import Expression
from stackfile.values import Path, print_path

MAX_OPERATIONS = 100


class OperationError(StackError, ValueError):
    """A list of operations that cannot be used, with everything that is wrong with it. Its text is one line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(_line, self.problems)))


def _line(problem: Problem) -> str:
    place = print_path(("operations", *problem.path))
    column = "" if problem.offset is None else f" (character {problem.offset + 1})"
    return f"{place}: {problem.message}{column}{''.join(f'; {help}' for help in problem.help)}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps the events for which the predicate is true; false and null let an event go."""

    predicate: Expression


@dataclass(frozen=True, slots=True)
class Map:
    """Sets fields of the value and keeps the rest. Every expression sees the value as it was before."""

    assignments: tuple[tuple[FieldPath, Expression], ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Keeps these fields of the value only; one that is missing stays missing."""

    fields: tuple[FieldPath, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Takes these fields out of the value."""

    fields: tuple[FieldPath, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """Moves fields within the value, all at once; a missing one moves nothing."""

    moves: tuple[tuple[FieldPath, FieldPath], ...]


Operation: TypeAlias = Filter | Map | Select | Drop | Rename

NOT_YET = ("window", "aggregate", "route", "dedupe")
"""Kinds of operations that are known and not built."""


def parse_operations(raw: object) -> tuple[Operation, ...]:
    """The operations of a list as YAML gives it. Raises OperationError with all that is wrong."""
    reader = Reader()
    if not isinstance(raw, list | tuple):
        reader.problem((), "operations are a list", "start each with a dash:  - filter: value.amount > 1000")
    elif len(raw) > MAX_OPERATIONS:
        reader.problem((), f"more than {MAX_OPERATIONS} operations")
    else:
        found = [_operation(reader, each, number) for number, each in enumerate(raw)]
        if not reader.problems:
            return tuple(operation for operation in found if operation is not None)
    raise OperationError(reader.problems)


def print_operations(operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """The normal form as JSON values, which `parse_operations` reads back: equal operations print the same."""
    return [_print(operation) for operation in operations]


def normalise_operations(raw: object) -> list[dict[str, Any]]:
    """The normal form of what a stackfile says; a validator for a field of a model. OperationError is a ValueError."""
    return print_operations(parse_operations(raw))


def _print(operation: Operation) -> dict[str, Any]:
    match operation:
        case Filter(predicate):
            return {"filter": print_expression(predicate)}
        case Map(assignments):
            return {"map": {print_field(target): print_expression(tree) for target, tree in assignments}}
        case Select(fields):
            return {"select": [print_field(field) for field in fields]}
        case Drop(fields):
            return {"drop": [print_field(field) for field in fields]}
        case Rename(moves):
            return {"rename": {print_field(old): print_field(new) for old, new in moves}}


def _filter(reader: Reader, raw: object, path: Path) -> Operation | None:
    predicate = reader.predicate(raw, path)
    return None if predicate is None else Filter(predicate)


def _map(reader: Reader, raw: object, path: Path) -> Operation:
    return Map(reader.assignments(raw, path))


def _select(reader: Reader, raw: object, path: Path) -> Operation:
    return Select(reader.fields(raw, path))


def _drop(reader: Reader, raw: object, path: Path) -> Operation:
    return Drop(reader.fields(raw, path))


def _rename(reader: Reader, raw: object, path: Path) -> Operation:
    return Rename(reader.moves(raw, path))


_KINDS: Mapping[str, Callable[[Reader, object, Path], Operation | None]] = MappingProxyType(
    {"filter": _filter, "map": _map, "select": _select, "drop": _drop, "rename": _rename}
)


def _operation(reader: Reader, raw: object, number: int) -> Operation | None:
    """None where a problem was found (there may be one, too, where an operation is returned)."""
    if not isinstance(raw, Mapping) or not raw:
        reader.problem((number,), "an operation is a map with one key", "write  - filter: value.amount > 1000")
        return None
    if "type" in raw and "type" not in _KINDS:
        reader.problem((number,), "an operation is named by its key", f"write  - {raw['type']}: ...")
        return None
    name, body = next(iter(raw.items()))
    if len(raw) > 1:
        _too_many(reader, raw, number)
    elif name in _KINDS:
        return _KINDS[name](reader, body, (number, name))
    elif name in NOT_YET:
        reader.problem((number, name), f"`{name}` is not built yet")
    else:
        close = difflib.get_close_matches(str(name), (*_KINDS, *NOT_YET), 1)
        help = f"did you mean {close[0]}?" if close else f"there are {', '.join(_KINDS)}"
        reader.problem((number, str(name)), f"there is no operation `{name}`", help)
    return None


def _too_many(reader: Reader, raw: Mapping[Any, object], number: int) -> None:
    cut = cut_by_comma(raw)
    for name, pieces in cut.items():
        reader.mend((number, name), name, pieces)
    if cut:
        return
    keys = ", ".join(map(str, raw))
    reader.problem((number,), f"an operation has one key, this one has {keys}", "start each operation with a dash")
