"""Order and reach in a graph of edges `node -> what it needs`. Blind to what a node is or does."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


class Cycle(Exception, Generic[N]):
    """The nodes of a cycle in order of need; the first is named again at the end."""

    def __init__(self, path: tuple[N, ...]) -> None:
        self.path = path
        super().__init__(" -> ".join(str(node) for node in path))


def topological(needs: Mapping[N, Iterable[N]]) -> list[N]:
    """All nodes, each after what it needs; stable for a stable input. Needs that are no nodes are left out.

    Raises Cycle.
    """
    done: dict[N, None] = {}
    for start in needs:
        if start not in done:
            _visit(start, needs, done)
    return list(done)


def _visit(start: N, needs: Mapping[N, Iterable[N]], done: dict[N, None]) -> None:
    """Adds a node behind all that it needs; without recursion, so that a chain may have any length."""
    path: dict[N, Iterator[N]] = {start: iter(needs[start])}
    while path:
        node, waiting = next(reversed(path.items()))
        for need in waiting:
            if need in path:
                nodes = list(path)
                raise Cycle((*nodes[nodes.index(need) :], need))
            if need in needs and need not in done:
                path[need] = iter(needs[need])
                break
        else:
            del path[node]
            done[node] = None


def without_cycles(needs: Mapping[N, Iterable[N]]) -> dict[N, list[N]]:
    """The edges but for those that would close a cycle."""
    kept = {node: list(wanted) for node, wanted in needs.items()}
    while True:
        try:
            topological(kept)
            return kept
        except Cycle as cycle:
            *_, last, first = cycle.path
            kept[last] = [need for need in kept[last] if need != first]


def reverse(needs: Mapping[N, Iterable[N]]) -> dict[N, list[N]]:
    """For each node the nodes that need it."""
    needed_by: dict[N, list[N]] = {node: [] for node in needs}
    for node, wanted in needs.items():
        for need in wanted:
            if need in needed_by:
                needed_by[need].append(node)
    return needed_by


def closure(start: Iterable[N], edges: Mapping[N, Collection[N]]) -> set[N]:
    """The start and everything that its edges lead to."""
    seen: set[N] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting.extend(edges.get(node, ()))
    return seen
