"""Which fields of a value operations read, where that is all that they need of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackfile.portable.models import Aggregate, Dedupe, Filter, Operation, Route, Window
from stackfile.portable.syntax import Call, Expression, Field, Root, children


def fields_read(operations: Sequence[Operation]) -> tuple[str, ...] | None:
    """None where an operation needs the value as a whole, or asks whether a field is there at all."""
    found: dict[str, None] = {}
    for operation in operations:
        if not isinstance(operation, Filter | Dedupe | Route | Window | Aggregate):
            return None
        for expression in _expressions(operation):
            if not _collect(expression, found):
                return None
    return tuple(found)


def reads_values_only(operations: Sequence[Operation]) -> bool:
    """Whether operations look at nothing of an event but its value, and pass no event on."""
    if not operations or not isinstance(operations[-1], Aggregate):
        return False
    for operation in operations:
        if isinstance(operation, Dedupe | Route) or (isinstance(operation, Window) and operation.time is None):
            return False
        if any(_roots(expression) - {"value"} for expression in _expressions(operation)):
            return False
    return any(isinstance(each, Window) for each in operations)


def _roots(node: Expression) -> set[str]:
    found = {node.name} if isinstance(node, Root) else set()
    return found.union(*map(_roots, children(node)))


def _expressions(operation: Operation) -> Iterator[Expression]:
    match operation:
        case Filter():
            yield operation.predicate
        case Dedupe():
            yield from operation.by
        case Route():
            yield from (predicate for _, predicate in operation.routes)
        case Window():
            if operation.time is not None:
                yield operation.time
        case Aggregate():
            yield from (expression for _, expression in operation.by)
            yield from (each.of for _, each in operation.set if each.of is not None)


def _collect(node: Expression, found: dict[str, None]) -> bool:
    if isinstance(node, Field) and node.target == Root("value"):
        found[node.name] = None
        return True
    if node == Root("value") or (isinstance(node, Call) and node.function == "exists"):
        return False
    return all(_collect(child, found) for child in children(node))
