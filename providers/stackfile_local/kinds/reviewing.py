"""What an engine would refuse of a body, told of the stackfile before any engine is asked. What only apply can tell is
left to the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stackfile.sdk.normal import Problem
from stackfile.values import Ref, Tree, Value

_OF_LINES = (".ndjson", ".jsonl")


def review_dead_letter(tree: Tree, other: str) -> Iterator[Problem]:
    """`other` is who has one in the place of an object that moves nothing by itself."""
    if tree.get("dead_letter") is not None and tree.get("stream") is None:
        yield _wrong("dead_letter", f"without `stream`, {other} has one")


def review_csv(tree: Tree, field: str, what: str) -> Iterator[Problem]:
    """A field that only CSV has."""
    path, told = tree.get("path"), tree.get("format")
    if told is None and isinstance(path, str):
        told = "ndjson" if path.lower().endswith(_OF_LINES) else None
    if told == "ndjson" and tree.get(field) is not None:
        yield _wrong(field, f"only CSV has {what}, and this is ndjson")


def review_routes(tree: Tree) -> Iterator[Problem]:
    """Streams that `route` names by their place in the stackfile, and those that `routes` lacks altogether."""
    operations, routes = tree.get("operations"), tree.get("routes")
    listed = routes if isinstance(routes, Sequence) and not isinstance(routes, str) else []
    addresses = {str(one.address) for one in listed if isinstance(one, Ref)}
    for number, name in _routed(operations):
        path = ("operations", number, "route", name)
        if name in addresses:
            yield Problem(
                "type-wrong", path, "a stream is called by its name here", help=(f"Write {_bare(name)}: ...",)
            )
        elif routes is None:
            says = "the stream is not among the pipeline's `routes`"
            yield Problem("type-wrong", path, says, help=(f"Write routes: [streams.{_bare(name)}]",))


def _routed(operations: Value) -> Iterator[tuple[int, str]]:
    for number, one in enumerate(operations if isinstance(operations, list | tuple) else ()):
        route = one.get("route") if isinstance(one, Mapping) else None
        yield from ((number, str(name)) for name in (route if isinstance(route, Mapping) else ()))


def _bare(name: str) -> str:
    return name.removeprefix("streams.")


def _wrong(field: str, says: str) -> Problem:
    return Problem("type-wrong", (field,), says)
