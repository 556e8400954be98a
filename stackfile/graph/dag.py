"""Order and reach in a graph of edges `node -> what it needs`. Blind to what a node is or does."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
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
    known = {node: [need for need in wanted if need in needs] for node, wanted in needs.items()}
    try:
        return list(TopologicalSorter(known).static_order())
    except CycleError as error:
        raise Cycle(tuple(reversed(error.args[1]))) from None


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
