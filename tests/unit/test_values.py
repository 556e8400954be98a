"""The value tree: paths as text, and reading, setting and dropping what is at one."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.values import (
    Path,
    Ref,
    Sealed,
    Sensitive,
    Unknown,
    Value,
    contains,
    drop,
    get,
    is_list,
    is_map,
    leaves,
    parse_path,
    print_path,
    put,
    reveal,
    rewrite,
)

REF = Ref(Address("streams", "s"), "s-1")

PRINTED: dict[str, Path] = {
    "": (),
    "a": ("a",),
    "a.b-c": ("a", "b-c"),
    "a[0].b": ("a", 0, "b"),
    "[0][1]": (0, 1),
    'config["heartbeat.enabled"]': ("config", "heartbeat.enabled"),
    '["0"]': ("0",),
    '[""].a': ("", "a"),
    'a["b\\"]"]': ("a", 'b"]'),
    'a["line\\nbreak"]': ("a", "line\nbreak"),
    'a["ü"]': ("a", "ü"),
    '["-a"]': ("-a",),
}


@pytest.mark.parametrize(("text", "path"), PRINTED.items())
def test_a_path_is_printed_and_read_back(text: str, path: Path) -> None:
    assert print_path(path) == text
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", [".a", "a.", "a..b", "a b", "[a]", '["a', '["a\\q"]', "a[", '["a"]b', 'a.["b"]', "a[-1]"]
)
def test_what_no_path_prints_as_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a path: .+"):
        parse_path(text)


TREE: dict[str, Value] = {"a": {"b": [1, {"c": 2}]}, "s": Sensitive({"p": "x", "q": {"r": Sensitive(1)}}), "n": None}

READ: dict[Path, Value] = {
    (): TREE,
    ("a", "b", 0): 1,
    ("a", "b", 1, "c"): 2,
    ("a", "b", 2): "none",
    ("a", "b", -1): "none",
    ("a", "b", "0"): "none",
    ("a", 0): "none",
    ("a", "b", 0, "c"): "none",
    ("n",): None,
    ("n", "x"): "none",
    ("s", "p"): Sensitive("x"),
    ("s", "q"): Sensitive({"r": Sensitive(1)}),
    ("s", "q", "r"): Sensitive(1),
    ("s", "x"): "none",
}


@pytest.mark.parametrize(("path", "value"), READ.items(), ids=map(print_path, READ))
def test_what_is_at_a_path_and_sensitive_when_anything_above_it_is(path: Path, value: Value) -> None:
    assert get(TREE, path, "none") == value


def test_put_makes_maps_on_the_way_and_leaves_the_tree_alone() -> None:
    tree: dict[str, Value] = {"a": {"b": 1}, "c": 2}
    assert put(tree, ("a", "d", "e"), 3) == {"a": {"b": 1, "d": {"e": 3}}, "c": 2}
    assert put(tree, ("c", "e"), 3) == {"a": {"b": 1}, "c": {"e": 3}}
    assert tree == {"a": {"b": 1}, "c": 2}


def test_put_takes_map_keys_only() -> None:
    with pytest.raises(TypeError):
        put({"a": [1]}, ("a", 0), 2)


DROPPED: dict[str, tuple[dict[str, Any], Path, dict[str, Any]]] = {
    "a key": ({"a": 1, "b": 2}, ("a",), {"b": 2}),
    "a key in a map": ({"a": {"b": 1, "c": 2}}, ("a", "b"), {"a": {"c": 2}}),
    "the last key of a map, and the map": ({"a": {"b": {"c": 1}}, "d": 1}, ("a", "b", "c"), {"d": 1}),
    "nothing that is not there": ({"a": {"b": 1}}, ("a", "c"), {"a": {"b": 1}}),
    "nothing below what is no map": ({"a": 1}, ("a", "b"), {"a": 1}),
    "no empty map that was there before": ({"a": {}}, ("a", "b"), {"a": {}}),
    "nothing at an index": ({"a": [1]}, ("a", 0), {"a": [1]}),
}


@pytest.mark.parametrize(("tree", "path", "left"), DROPPED.values(), ids=DROPPED)
def test_drop_takes_out(tree: dict[str, Any], path: Path, left: dict[str, Any]) -> None:
    before = repr(tree)
    assert drop(tree, path) == left
    assert repr(tree) == before


def test_leaves_come_in_the_order_of_the_tree_with_empty_maps_and_lists_among_them() -> None:
    tree: dict[str, Value] = {"b": [1, []], "a": {"x": {}, "y": None}, "s": Sensitive([1])}
    assert list(leaves(tree)) == [
        (("b", 0), 1),
        (("b", 1), []),
        (("a", "x"), {}),
        (("a", "y"), None),
        (("s",), Sensitive([1])),
    ]


def test_reveal_takes_wrappers_off_at_any_depth() -> None:
    assert reveal({"a": [Sensitive({"b": Sensitive(REF)})], "c": REF}) == {"a": [{"b": "s-1"}], "c": "s-1"}


def test_rewrite_makes_lists_of_tuples_and_keeps_keys() -> None:
    assert rewrite({"a": (1, "x")}, lambda leaf: [leaf]) == {"a": [[1], ["x"]]}


CONTAINED: dict[str, tuple[Value, type[object] | tuple[type[object], ...], bool]] = {
    "the value itself": (Unknown(), Unknown, True),
    "in a map in a list": ([{"a": Unknown()}], Unknown, True),
    "in a secret": (Sensitive([Unknown()]), Unknown, True),
    "in a reference": (Ref(REF.address, Unknown()), Unknown, True),
    "a reference with an id": (REF, Unknown, False),
    "text": ("Unknown", Unknown, False),
    "one of two": ({"a": Sealed("k", "s", "m")}, (Sensitive, Sealed), True),
    "neither of two": ({"a": [1, "x", None]}, (Sensitive, Sealed), False),
}


@pytest.mark.parametrize(("value", "types", "found"), CONTAINED.values(), ids=CONTAINED)
def test_a_tree_contains(value: Value, types: type[object], found: bool) -> None:
    assert contains(value, types) is found


def test_a_secret_is_in_no_text_that_is_made_of_it() -> None:
    secret = Sensitive({"password": "hunter2"})
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {Ref(REF.address, 'x')} {secret!s:>20}"
    assert secret == Sensitive({"password": "hunter2"})
    assert secret != Sensitive({"password": "other"})


def test_text_is_neither_a_map_nor_a_list() -> None:
    assert [is_map({}), is_map([]), is_map("")] == [True, False, False]
    assert [is_list([]), is_list(()), is_list(""), is_list(b""), is_list({})] == [True, True, False, False, False]
