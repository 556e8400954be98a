"""Laws of addresses, paths and value trees: what is printed is read back, what is put is there."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import SECTIONS, Address
from stackfile.values import Path, Value, drop, get, is_map, leaves, parse_path, print_path, put

KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
INSTANCES = (
    st.none()
    | st.text(max_size=8)
    | st.sampled_from(["eu", "a/b", "a]b", '"', "a.b", "", " ", "\x1b", "\x7f", "\ud800", "\u202e", "[x]"])
)
MODULES = st.lists(st.tuples(KEYS, INSTANCES), max_size=3).map(tuple)
ADDRESSES = st.builds(Address, st.sampled_from(SECTIONS), KEYS, INSTANCES, MODULES)

STEPS = st.text(max_size=6) | st.integers(0, 10**6) | KEYS
PATHS = st.lists(STEPS, max_size=5).map(tuple)

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
TREES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
        max_leaves=6,
    ),
    max_size=3,
)
KEY_PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)
ABSENT = "nothing is here"


@given(ADDRESSES)
def test_an_address_is_read_back_as_it_was_printed(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(ADDRESSES)
def test_an_address_is_printed_as_a_terminal_shows_it(address: Address) -> None:
    assert str(address).isprintable()


@given(ADDRESSES, ADDRESSES)
def test_two_addresses_print_alike_only_when_they_are_one(one: Address, other: Address) -> None:
    assert (str(one) == str(other)) is (one == other)


@given(st.lists(ADDRESSES, max_size=6))
def test_addresses_have_one_order(addresses: list[Address]) -> None:
    assert sorted(addresses) == sorted(reversed(addresses)) == sorted(addresses, key=lambda address: address.rank)


@given(PATHS)
def test_a_path_is_read_back_as_it_was_printed(path: Path) -> None:
    assert parse_path(print_path(path)) == path


@given(TREES, KEY_PATHS, SCALARS)
def test_what_was_put_is_there_and_nothing_else_is_moved(tree: Mapping[str, Value], path: Path, value: Value) -> None:
    after = put(tree, path, value)
    assert get(after, path, ABSENT) == value
    ways = (path[:length] for length in range(1, len(path) + 1))
    taken = next((one for one in ways if not (is_map(there := get(tree, one, ABSENT)) and there)), path)
    assert _beside(after, taken) == _beside(tree, taken)


@given(TREES, KEY_PATHS)
def test_what_was_dropped_is_gone_and_no_leaf_beside_it(tree: Mapping[str, Value], path: Path) -> None:
    after = drop(tree, path)
    assert get(after, path, ABSENT) == ABSENT
    assert _beside(after, path) == _beside(tree, path)


@given(TREES, KEY_PATHS, SCALARS)
def test_dropping_what_was_put_where_nothing_was_gives_the_tree_back(
    tree: Mapping[str, Value], path: Path, value: Value
) -> None:
    if all(get(tree, path[:length], ABSENT) == ABSENT for length in range(1, len(path) + 1)):
        assert drop(put(tree, path, value), path) == tree


@given(TREES, KEY_PATHS)
def test_a_path_that_leads_nowhere_is_dropped_without_a_trace(tree: Mapping[str, Value], path: Path) -> None:
    if get(tree, path, ABSENT) == ABSENT:
        assert drop(tree, path) == tree


@given(TREES)
def test_every_leaf_is_at_its_path(tree: Mapping[str, Value]) -> None:
    assert all(get(tree, path, ABSENT) == leaf for path, leaf in leaves(tree))


def _beside(tree: Mapping[str, Value], path: Path) -> dict[Path, Value]:
    """The leaves that are not at a path or below it."""
    return {one: leaf for one, leaf in leaves(tree) if one and one[: len(path)] != path}
