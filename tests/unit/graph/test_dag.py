"""Order, reach and cycles of a graph of letters."""

from __future__ import annotations

import pytest

from stackfile.graph.dag import Cycle, closure, reverse, topological, without_cycles


def graph(text: str) -> dict[str, list[str]]:
    """`a: b c, d:` as edges from a to b and c, and a node d without any."""
    rows = (row.partition(":") for row in text.split(","))
    return {node.strip(): needs.split() for node, _, needs in rows}


ORDERS = {
    "nothing": ("", ""),
    "nodes as they come": ("b:, a:", "b a"),
    "what is needed comes first": ("a: b, b: c, c:", "c b a"),
    "needs in the order in which they are written": ("a: c b, b:, c:", "c b a"),
    "a diamond": ("a: b c, b: d, c: d, d:", "d b c a"),
    "needs that are no nodes are left out": ("a: x b, b: y", "b a"),
    "a need that is written twice": ("a: b b, b:", "b a"),
}


@pytest.mark.parametrize(("text", "order"), ORDERS.values(), ids=ORDERS)
def test_each_node_comes_after_what_it_needs(text: str, order: str) -> None:
    assert topological(graph(text) if text else {}) == order.split()


CYCLES = {
    "a node that needs itself": ("a: a", "a a"),
    "two nodes": ("a: b, b: a", "a b a"),
    "three nodes, in order of need": ("a: b, b: c, c: a", "a b c a"),
    "only the cycle is named, not what leads to it": ("x: y, y: a, a: b, b: a", "a b a"),
}


@pytest.mark.parametrize(("text", "path"), CYCLES.values(), ids=CYCLES)
def test_a_cycle_is_named_in_full(text: str, path: str) -> None:
    with pytest.raises(Cycle) as caught:
        topological(graph(text))
    assert caught.value.path == tuple(path.split())
    assert str(caught.value) == path.replace(" ", " -> ")


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = {number: [number + 1] for number in range(20_000)}
    assert topological(chain)[:2] == [19_999, 19_998]


def test_edges_that_close_a_cycle_are_left_out_and_no_others() -> None:
    assert without_cycles(graph("a: b c, b: c, c: a")) == graph("a: b c, b: c, c:")
    assert without_cycles(graph("a: b, b:")) == graph("a: b, b:")


def test_reverse_tells_who_needs_a_node() -> None:
    assert reverse(graph("a: b c, b: c, c: x")) == {"a": [], "b": ["a"], "c": ["a", "b"]}


def test_a_closure_has_its_start_and_all_that_the_edges_lead_to() -> None:
    edges = graph("a: b, b: c x, c:, d: a")
    assert closure(["b"], edges) == {"b", "c", "x"}
    assert closure([], edges) == set()
    assert closure(["c", "d"], edges) == {"a", "b", "c", "d", "x"}
