"""The graph of resources, of what the stackfile needs and of what the state holds."""

from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.graph.build import Edges, ResourceGraph, build
from stackfile.graph.dag import Cycle


def stream(key: str) -> Address:
    return Address("streams", key)


def edges(text: str) -> Edges:
    """`a: b c, d:` as edges between streams."""
    rows = (row.partition(":") for row in text.split(",") if row)
    return {
        Address("streams", key.strip()): tuple(Address("streams", n) for n in needs.split()) for key, _, needs in rows
    }


def keys(addresses: object) -> str:
    return " ".join(sorted(address.key for address in addresses))  # type: ignore[attr-defined]


def made(desired: str, applied: str = "") -> ResourceGraph:
    return build(edges(desired), edges(applied))


ORDERS = {
    "the stackfile says what comes first": ("a: b, b:", "", "b a"),
    "the state does not, of what is declared": ("a:, b:", "a: b, b:", "a b"),
    "the state does, of what is not": ("", "a: b, b:", "b a"),
    "a resource that goes does not wait for one that stays": ("b:", "a: b, b:", "a b"),
    "a dependency that is nowhere": ("a: x", "b: y", "a b"),
}


@pytest.mark.parametrize(("desired", "applied", "order"), ORDERS.values(), ids=ORDERS)
def test_every_address_comes_once_after_what_it_needs(desired: str, applied: str, order: str) -> None:
    assert [address.key for address in made(desired, applied).order] == order.split()


def test_a_cycle_of_the_stackfile_is_an_error_also_beside_one_of_the_state() -> None:
    with pytest.raises(Cycle) as caught:
        made("a: b, b: a", "c: d, d: c")
    assert keys(caught.value.path) == "a a b"


def test_a_cycle_of_the_state_is_none() -> None:
    graph = made("a:", "c: d, d: c")
    assert keys(graph.order) == "a c d"
    assert sum(map(len, graph.applied.values())) == 1


def test_what_is_declared_needs_what_the_stackfile_says_and_all_else_what_the_state_has() -> None:
    graph = made("a: b, b:", "a: c, c: d, d:")
    assert keys(graph.needs(stream("a"))) == "b"
    assert keys(graph.needs(stream("c"))) == "d"
    assert graph.needs(stream("nowhere")) == ()


REACH = {
    # which question, desired, applied, start, answer
    "a target needs what the stackfile says": ("pulled_in", "a: b, b: c, c:, d: a", "", "a", "a b c"),
    "a target that goes takes its holders along": ("pulled_in", "a: b, b:", "a: x, x: y, y:", "x", "a b x"),
    "a target that goes takes holders that go too": ("pulled_in", "", "a: b, b: c, c:", "b", "a b"),
    "an exclusion keeps back who needs it": ("kept_back", "a: b, b: c, c:", "", "b", "a b"),
    "an exclusion keeps back what it holds and would lose": ("kept_back", "a: b, b:", "a: x, x: y, y:", "a", "a x y"),
    "an exclusion keeps back nothing that it holds and keeps": ("kept_back", "a: b, b:", "a: b, b:", "a", "a"),
    "what stays holds what would go": ("held_by", "a: b, b:", "a: x b, x: y, y:, b:", "a", "a x y"),
    "what stays holds back nobody who needs it": ("held_by", "a: b, b:", "", "b", "b"),
}


@pytest.mark.parametrize(("question", "desired", "applied", "start", "answer"), REACH.values(), ids=REACH)
def test_who_is_concerned(question: str, desired: str, applied: str, start: str, answer: str) -> None:
    graph = made(desired, applied)
    assert keys(getattr(graph, question)(map(stream, start.split()))) == answer
