"""Fields that a service may leave out of what it returns: then the state's values stand for the live ones."""

from __future__ import annotations

import pytest

from stackfile.values import Sealed
from tests.unit.plan.world import World, address

FILE = "sources: {pg: {shape: {a: 1, b: two}, root: /x}}"


def hidden(text: str = FILE) -> World:
    """Applied, and then nothing of the two is told."""
    world = World.applied(text)
    world.drift("sources.pg", shape=None, root=None)
    return world


CHANGES = {
    "the same": (FILE, "nothing"),
    "a leaf that changes": (
        "sources: {pg: {shape: {a: 2, b: two}, root: /x}}",
        "~ sources.pg\n    shape.a: 1 -> 2",
    ),
    "a leaf that comes": (
        "sources: {pg: {shape: {a: 1, b: two, c: 3}, root: /x}}",
        "~ sources.pg\n    shape.c: unset -> 3",
    ),
    "a leaf that goes": ("sources: {pg: {shape: {a: 1}, root: /x}}", "~ sources.pg\n    shape.b: two -> unset"),
    "one that cannot be changed": (
        "sources: {pg: {shape: {a: 1, b: two}, root: /y}}",
        "-/+ sources.pg (replace_because_cannot_update)\n    root: /x -> /y forces replacement: no update in the API",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_is_not_read_is_compared_with_the_state(text: str, expected: str) -> None:
    assert hidden().plan(text) == expected


def test_a_change_names_what_was_not_read_and_does_not_count_it_as_unchanged() -> None:
    [change] = hidden().make_plan("sources: {pg: {host: db, shape: {a: 1, b: two}, root: /x}}").changes
    assert (change.unread, change.unchanged) == (("shape", "root"), 1)


def test_what_is_read_after_all_is_compared_with_what_is_there() -> None:
    world = hidden()
    world.drift("sources.pg", shape={"a": 1, "b": "three"})
    [change] = world.make_plan(FILE).changes
    assert [(one.path, one.before, one.after) for one in change.fields] == [(("shape", "b"), "three", "two")]
    assert change.unread == ("root",)


def test_a_secret_in_what_is_not_read_is_told_from_another_by_its_digest() -> None:
    text = "variables: {key: {sensitive: true}}\nsources: {pg: {shape: {key: '{{ var.key }}', a: 1}}}"
    world = World.applied(text, key="one")
    world.drift("sources.pg", shape=None)
    assert world.plan(text, key="one") == "nothing"
    assert world.plan(text, key="two") == "~ sources.pg\n    shape.key: (sealed) -> (sensitive)"


def test_a_secret_that_is_held_back_of_what_is_read_counts_as_it_was_set() -> None:
    text = "variables: {key: {sensitive: true}}\nsources: {pg: {shape: {key: '{{ var.key }}', a: 1}}}"
    world = World.applied(text, key="one")
    for told in ({"a": 1}, {"a": 1, "key": None}):
        world.drift("sources.pg", shape=told)
        assert world.plan(text, key="one") == "nothing"
        assert world.plan(text, key="two") == "~ sources.pg\n    shape.key: (sealed) -> (sensitive)"
    world.drift("sources.pg", shape={"key": None})
    assert world.plan(text, key="one") == "~ sources.pg\n    shape.a: unset -> 1 [drift]"


def test_an_import_assumes_a_secret_that_is_held_back() -> None:
    world = World()
    world.meet("sources", "s1", name="orders", shape={"a": 1})
    text = "variables: {key: {sensitive: true}}\nimports: [{to: sources.pg, name: orders}]\n"
    text += "sources: {pg: {name: orders, shape: {a: 1, key: '{{ var.key }}'}}}"
    [change] = world.make_plan(text, key="k").changes
    assert change.importing is not None
    assert (change.fields, change.importing.unverified) == ((), (("shape", "key"),))


def test_an_import_assumes_the_stackfiles_value() -> None:
    world = World()
    world.meet("sources", "s1", name="orders")
    text = "variables: {key: {sensitive: true}}\nimports: [{to: sources.pg, name: orders}]\n"
    text += "sources: {pg: {name: orders, shape: {a: 1, key: '{{ var.key }}'}}}"
    [change] = world.make_plan(text, key="k").changes
    assert change.importing is not None
    assert change.importing.unverified == (("shape", "a"), ("shape", "key"))
    assert (change.fields, change.importing.applied["shape"]["a"]) == ((), 1)  # type: ignore[index, call-overload]
    key = change.importing.applied["shape"]["key"]  # type: ignore[index, call-overload]
    assert isinstance(key, Sealed)
    assert key.assumed


def test_a_second_plan_after_an_apply_is_empty_and_so_is_one_with_it_taken_out() -> None:
    world = hidden()
    world.apply("sources: {pg: {shape: {a: 2}, root: /x}}")
    world.drift("sources.pg", shape=None, root=None)
    assert world.plan("sources: {pg: {shape: {a: 2}, root: /x}}") == "nothing"
    assert world.record("sources.pg").applied["shape"] == {"a": 2}
    assert address("sources.pg") in world.state.records
