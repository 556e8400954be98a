"""When values are the same, and how much comparing that takes."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.plan import equal
from stackfile.plan.equal import MISSING, agree, covers, same
from stackfile.sdk.schema import FieldSchema, Shape
from stackfile.sdk.traits import Keyed, Trait
from stackfile.values import Ref, Sealed, Sensitive, Unknown
from tests.unit.plan.world import seal_of

SEAL, OTHER = seal_of(), seal_of(b"o" * 32)
REF = Ref(Address("streams", "s"), "s-1")

SAME: dict[str, tuple[Any, Any, bool]] = {
    "numbers by value": (1, 1.0, True),
    "a boolean is no number": (True, 1, False),
    "a number is no text": (1, "1", False),
    "null is null": (None, None, True),
    "null is not what is missing": (None, MISSING, False),
    "missing is missing": (MISSING, MISSING, True),
    "maps by key": ({"a": 1, "b": [2]}, {"b": [2], "a": 1.0}, True),
    "maps with another key": ({"a": 1}, {"a": 1, "b": None}, False),
    "lists by place": ([1, 2], [2, 1], False),
    "a list is no longer one": ([1], [1, 1], False),
    "tuples are lists": ((1, 2), [1, 2], True),
    "a secret by what is in it": (Sensitive("x"), "x", True),
    "a secret within a secret": (Sensitive(Sensitive("x")), "x", True),
    "a reference by its id": (REF, "s-1", True),
    "a reference to what is to come": (Ref(REF.address, Unknown()), Ref(REF.address, Unknown()), False),
    "an unknown equals nothing": (Unknown(("a.b",)), Unknown(("a.b",)), False),
    "a digest of the value": (SEAL.seal("x"), "x", True),
    "a digest of the secret value": (Sensitive("x"), SEAL.seal("x"), True),
    "a digest of another value": (SEAL.seal("x"), "y", False),
    "a digest of an unknown key": (OTHER.seal("x"), "y", True),
    "a digest and nothing": (SEAL.seal("x"), MISSING, False),
    "a digest of an unknown key and nothing": (OTHER.seal("x"), MISSING, False),
    "a digest and what is not known": (SEAL.seal("x"), Sensitive({"a": Unknown()}), False),
    "a digest is itself": (Sealed("k", "s", "m"), Sealed("k", "s", "m"), True),
    "digests with different salts tell nothing": (SEAL.seal("x"), SEAL.seal("x"), False),
}


@pytest.mark.parametrize(("left", "right", "expected"), SAME.values(), ids=SAME)
def test_two_values_are_the_same(left: Any, right: Any, expected: bool) -> None:
    assert same(left, right, SEAL) is expected
    assert same(right, left, SEAL) is expected


def listed(traits: Trait) -> FieldSchema:
    return FieldSchema("items", list[Any], Shape.LIST, None, traits, False, None, "")


def test_keyed_elements_are_matched_by_their_key_alone() -> None:
    field = FieldSchema("items", list[Any], Shape.LIST, None, Trait.NONE, False, None, "", keyed=Keyed("name"))
    live = [{"a": "z", "name": "1"}, {"a": "a", "name": "2"}]
    assert covers(live, [{"name": "2", "a": "a"}, {"name": "1"}], field, SEAL)
    assert not covers(live, [{"name": "2", "a": "z"}, {"name": "1"}], field, SEAL)


def test_agreeing_takes_both_sides() -> None:
    assert covers([{"a": 1, "b": 2}], [{"a": 1}], None, SEAL)
    assert not agree([{"a": 1, "b": 2}], [{"a": 1}], None, SEAL)
    assert agree(["a", "b"], ["b", "a"], listed(Trait.UNORDERED), SEAL)


@pytest.mark.parametrize("size", [100, 200])
def test_a_long_list_in_another_order_takes_no_comparison_of_each_with_each(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items that are plain are counted; only maps are tried one by one."""
    calls = 0
    original = equal.element_covers

    def counted(*sides: Any) -> bool:
        nonlocal calls
        calls += 1
        return original(*sides)

    monkeypatch.setattr(equal, "element_covers", counted)
    items = [f"table_{number}" for number in range(size)]
    assert covers(items, list(reversed(items)), listed(Trait.UNORDERED), SEAL)
    assert calls == 0


def test_each_wanted_item_finds_a_live_one_of_its_own_also_by_way_of_others() -> None:
    # Taken greedily, {a: 1} would take the item that only {a: 1, b: 2} fits; and so on along the whole chain.
    wanted = [{"a": 1}] + [{"a": 1, "n": number} for number in range(20)]
    live = [{"a": 1, "n": number} for number in range(20)] + [{"a": 1}]
    assert covers(live, wanted, listed(Trait.UNORDERED), SEAL)
    assert not covers([*live[:-1], {"a": 2}], wanted, listed(Trait.UNORDERED), SEAL)
