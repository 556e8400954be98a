"""The operations once more, slow and plain, on one event."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from stackfile.portable.operations import Drop, Filter, Map, Operation, Rename, Select
from tests.laws.expression_interpreter import evaluate, logical
from tests.laws.time_interpreter import Fails

Event = tuple[Any, Any, Any, int, int, int]


def run(operations: Sequence[Operation], event: Event) -> Event | None:
    """What becomes of an event: None when a filter lets it go. Raises Fails."""
    key, value, *rest = copy.deepcopy(event)
    for operation in operations:
        now = (key, value, *rest)
        if isinstance(operation, Filter):
            if not logical(evaluate(operation.predicate, now)):
                return None
        elif value is not None:
            if not isinstance(value, dict):
                raise Fails
            value = changed(operation, copy.deepcopy(value), now)
    return (key, value, rest[0], rest[1], rest[2], rest[3])


def changed(operation: Operation, value: dict[str, Any], event: tuple[Any, ...]) -> dict[str, Any]:
    match operation:
        case Map(assignments=assignments):
            results = [(path, copy.deepcopy(evaluate(tree, event))) for path, tree in assignments]
            return with_each(value, results)
        case Select(fields=fields):
            found = [(path, one) for path in fields for one in take(copy.deepcopy(value), path)]
            return with_each({}, found)
        case Drop(fields=fields):
            for path in fields:
                take(value, path)
        case Rename(moves=moves):
            moved = [(new, found) for old, new in moves for found in take(value, old)]
            return with_each(value, moved)
    return value


def with_each(value: dict[str, Any], fields: Iterable[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    for path, result in fields:
        put(value, path, result)
    return value


def put(value: dict[str, Any], path: Sequence[str], result: Any) -> None:
    for step in path[:-1]:
        if value.get(step) is None:
            value[step] = {}
        value = value[step]
        if not isinstance(value, dict):
            raise Fails
    value[path[-1]] = result


def take(value: Any, path: Sequence[str]) -> list[Any]:
    """What is at a path, taken out; nothing where nothing is."""
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    return [value.pop(path[-1])] if isinstance(value, dict) and path[-1] in value else []
