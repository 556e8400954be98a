"""The three-way comparison, line by line, for every kind of leaf; then what is special about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from stackfile.address import Address
from stackfile.plan.diff import diff
from stackfile.plan.equal import MISSING
from stackfile.plan.plan import UNSET, FieldChange, Origin
from stackfile.values import Path, Ref, Sealed, Sensitive, Tree, Unknown, Value, put
from tests.unit.plan.everything import SCHEMA, compare, in_words
from tests.unit.plan.tables import table
from tests.unit.plan.world import seal_of


@dataclass(frozen=True)
class Leaf:
    """A kind of leaf: where it is, and three different values. `live` values are as the service writes them."""

    path: Path
    x: Any
    y: Any
    z: Any
    live: Mapping[str, Any] = field(default_factory=dict)
    secret: bool = False
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What all three sides have beside the leaf."""

    def value(self, letter: str) -> Any:
        return {"x": self.x, "y": self.y, "z": self.z, "-": MISSING}[letter]

    def written_live(self, letter: str) -> Any:
        return self.live.get(letter, self.value(letter))


LEAVES = {
    "a scalar": Leaf(("text",), "x", "y", "z"),
    "a number that the service writes as text": Leaf(("number",), 1, 2, 3, {"x": "1", "y": "2", "z": "3"}),
    "a leaf of a nested model": Leaf(("inner", "size"), 1, 2, 3),
    "a leaf of opaque JSON": Leaf(("opaque", "a", "b.c"), "x", True, 1.5),
    "a leaf of an entry": Leaf(("entries", "one", "size"), 1, 2, 3, beside={"entries": {"one": {"mode": "m"}}}),
    "a list": Leaf(("items",), ["a", "b"], ["b", "a"], ["a"]),
    "a list in opaque JSON": Leaf(("opaque", "list"), [1, {"a": 2}], [1], []),
    "a list that the service keeps in no order": Leaf(
        ("unordered",), ["a", "b"], ["a", "c"], ["c"], {"x": ["b", "a"], "y": ["c", "a"]}
    ),
    "a list of maps told apart by a key": Leaf(
        ("keyed",),
        [{"name": "a", "type": "int"}, {"name": "b"}],
        [{"name": "b"}, {"name": "a", "type": "text"}],
        [{"name": "c"}],
        {"x": [{"name": "b"}, {"name": "a", "type": "int"}]},
    ),
    "a subtree that is owned exactly": Leaf(("whole",), {"a": {"b": 1}}, {"a": {"b": 2}}, {"c": 1}),
    "a list as text": Leaf(("list_text",), ["a", "b"], ["b", "a"], ["c"], {"x": "a, b", "y": "b,a", "z": "c"}),
    "a secret that can be read": Leaf(("token",), "x", "y", "z", secret=True),
    "a map of secrets": Leaf(("headers",), {"a": "x"}, {"a": "y"}, {"b": "x"}, secret=True),
}

ROWS = {
    "D = L, A unset": ("x", "-", "x", None),
    "D = L = A": ("x", "x", "x", None),
    "D = L, A another": ("x", "y", "x", None),
    "D ≠ L, A = L": ("x", "y", "y", Origin.CONFIG),
    "D ≠ L, A = D": ("x", "x", "y", Origin.DRIFT),
    "D ≠ L, A = D, L unset": ("x", "x", "-", Origin.DRIFT),
    "D ≠ L, A unset": ("x", "-", "y", Origin.CONFIG),
    "D ≠ L, A and L unset": ("x", "-", "-", Origin.CONFIG),
    "all differ": ("x", "y", "z", Origin.BOTH),
    "D and A differ, L unset": ("x", "y", "-", Origin.BOTH),
    "D and A unset": ("-", "-", "x", None),
    "D unset, A set, L unset": ("-", "x", "-", None),
    "D unset, A set, L set": ("-", "x", "x", Origin.CONFIG),
    "D unset, A set, L another": ("-", "x", "y", Origin.CONFIG),
}


def _tree(leaf: Leaf, value: Any) -> Tree:
    return leaf.beside if value is MISSING else put(leaf.beside, leaf.path, value)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_the_three_way_table(leaf: Leaf, row: tuple[str, str, str, Origin | None]) -> None:
    desired, applied, live, origin = row

    def shown(letter: str) -> Any:
        value = leaf.value(letter)
        return UNSET if value is MISSING else Sensitive(value) if leaf.secret else value

    found = compare(
        _tree(leaf, leaf.value(desired)),
        _tree(leaf, leaf.value(applied)),
        _tree(leaf, leaf.written_live(live)),
    )
    got = [(change.path, change.before, change.after, change.origin) for change in found.fields]
    before = shown(live)
    if leaf.path[-1] in ("unordered", "keyed"):
        before = leaf.live.get(live, before)
    assert got == ([] if origin is None else [(leaf.path, before, shown(desired), origin)])


SPECIAL = table("leaves.txt")


@pytest.mark.parametrize("cells", SPECIAL.values(), ids=SPECIAL)
def test_what_is_special_about_a_leaf(cells: list[str]) -> None:
    *trees, found = cells
    desired, applied, live = (yaml.safe_load("{" + tree + "}") if tree != "-" else {} for tree in trees)
    assert in_words(compare(desired, applied, live)) == found


def test_leaves_that_are_as_they_should_be_are_counted() -> None:
    tree: Tree = {"text": "x", "number": 1, "opaque": {"a": 1, "b": {}}, "items": [1, 2], "uptime": 3}
    assert compare(tree, tree, {**tree, "number": 2, "flag": True}).unchanged == 4


TARGET = Address("streams", "clicks")
_REFERENCES: dict[str, tuple[Value, Value, Value, str]] = {
    "a reference to the live id": (Ref(TARGET, "s-1"), "s-1", "s-1", "nothing"),
    "a reference to another id": (Ref(TARGET, "s-2"), "s-1", "s-1", "s-1 -> target"),
    "a reference that somebody moved": (Ref(TARGET, "s-1"), "s-1", "s-9", "s-9 -> target, drift"),
    "a reference to what is to come": (Ref(TARGET, Unknown(("streams.clicks.id",))), "s-1", "s-1", "s-1 -> target"),
    "a value that only apply can tell": (Unknown(("sources.a.id",)), "s-1", "s-1", "s-1 -> unknown"),
    "a secret that only apply can tell": (Sensitive(Unknown(("a.id",))), "s-1", "s-1", "(sensitive) -> unknown"),
    "a secret that is what is live": (Sensitive("s-1"), "s-1", "s-1", "nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("wish", "applied", "live", "found"), _REFERENCES.values(), ids=_REFERENCES)
def test_references_count_by_id_and_the_unknown_always_changes(
    wish: Value, applied: Value, live: Value, found: str
) -> None:
    changes = diff(SCHEMA, {"target": wish}, {"target": applied}, {"target": live}, seal_of()).fields
    assert _said(changes) == found


def _said(changes: tuple[FieldChange, ...]) -> str:
    if not changes:
        return "nothing"
    (change,) = changes
    inside = change.after.value if isinstance(change.after, Sensitive) else change.after
    after = "target" if isinstance(inside, Ref) else "unknown" if isinstance(inside, Unknown) else inside
    return f"{change.before} -> {after}" + (", drift" if change.origin is Origin.DRIFT else "")


OTHER_KEY = seal_of(b"o" * 32)


def test_a_digest_of_an_unknown_key_is_no_change_of_what_is_never_read() -> None:
    sealed = OTHER_KEY.seal("whatever it was")
    found = diff(SCHEMA, {"password": Sensitive("now")}, {"password": sealed}, {}, seal_of())
    assert in_words(found) == "nothing"


def test_a_digest_of_an_unknown_key_does_not_hide_what_can_be_read() -> None:
    sealed = OTHER_KEY.seal("whatever it was")
    live = {"token": Sensitive("old")}
    found = diff(SCHEMA, {"token": Sensitive("now")}, {"token": sealed}, live, seal_of())
    assert in_words(found) == "token: (sensitive) -> (sensitive)"


SEAL = seal_of()
HIDDEN: dict[str, tuple[Any, Any, Any]] = {
    # what opaque JSON has under one key: desired, applied, live
    "a sensitive value is set over one that shows": (Sensitive("new"), MISSING, "hunter2"),
    "a sensitive value goes": (MISSING, SEAL.seal("hunter2"), "hunter2"),
    "a value is sensitive no longer": ("shown", SEAL.seal("hunter2"), "hunter2"),
    "a list with a secret in it changes": ([Sensitive("new")], [SEAL.seal("hunter2")], ["hunter2"]),
    "a list with a secret in it goes": (MISSING, [{"a": SEAL.seal("hunter2")}], [{"a": "hunter2"}]),
    "a map with a secret in it becomes text": ("text", {"a": SEAL.seal("hunter2")}, {"a": "hunter2"}),
}  # fmt: skip


@pytest.mark.parametrize("sides", HIDDEN.values(), ids=HIDDEN)
def test_what_is_secret_on_one_side_is_shown_on_none(sides: tuple[Any, Any, Any]) -> None:
    trees = [{"opaque": {} if side is MISSING else {"k": side}} for side in sides]
    found = diff(SCHEMA, trees[0], trees[1], trees[2], SEAL)
    assert len(found.fields) == 1
    assert "hunter2" not in repr(found)
    assert not isinstance(found.fields[0].before, Sealed)
