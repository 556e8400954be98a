"""Moves and removals: the state under its new addresses, and plans that say so."""

from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.plan.plan import PendingIntent
from stackfile.plan.question import Question
from tests.unit.plan.world import World, address, asked

AB = "moved: [{from: streams.a, to: streams.b}]"


def problem(world: World, text: str) -> tuple[str, str, str]:
    with pytest.raises(DiagnosticError) as caught:
        world.make_plan(text)
    [one] = caught.value.diagnostics
    return one.code, one.message, str(one.span)


MOVED = {
    "a move alone changes nothing but the address": (
        "streams: {a: {}}",
        f"streams: {{b: {{}}}}\n{AB}",
        "= streams.b (moved from streams.a)",
    ),
    "a move and an update": (
        "streams: {a: {note: x}}",
        f"streams: {{b: {{note: y}}}}\n{AB}",
        "~ streams.b (moved from streams.a)\n    note: x -> y",
    ),
    "a move and a replacement": (
        "streams: {a: {partitions: 3}}",
        f"streams: {{b: {{partitions: 2}}}}\n{AB}",
        "-/+ streams.b (impact data_loss) (replace_because_cannot_update) (moved from streams.a)\n"
        "    partitions: 3 -> 2 forces replacement: no update in the API",
    ),
    "all instances of a declaration": (
        "streams: {a: {for_each: [eu, us]}}",
        f"streams: {{b: {{for_each: [eu, us]}}}}\n{AB}",
        "= streams.b[eu] (moved from streams.a[eu])\n= streams.b[us] (moved from streams.a[us])",
    ),
    "one resource becomes an instance": (
        "streams: {a: {}}",
        "streams: {a: {for_each: [eu]}}\nmoved: [{from: streams.a, to: streams.a/eu}]",
        "= streams.a[eu] (moved from streams.a)",
    ),
    "an instance becomes the only one": (
        "streams: {a: {for_each: [eu]}}",
        "streams: {a: {}}\nmoved: [{from: streams.a/eu, to: streams.a}]",
        "= streams.a (moved from streams.a[eu])",
    ),
    "moves that follow each other": (
        "streams: {a: {}}",
        f"streams: {{c: {{}}}}\n{AB[:-1]}, {{from: streams.b, to: streams.c}}]",
        "= streams.c (moved from streams.a)",
    ),
    "a later link of a chain alone": (
        "streams: {b: {}}",
        f"streams: {{c: {{}}}}\n{AB[:-1]}, {{from: streams.b, to: streams.c}}]",
        "= streams.c (moved from streams.b)",
    ),
    "a move that was made already": ("streams: {b: {}}", f"streams: {{b: {{}}}}\n{AB}", "nothing"),
    "a move to what is disabled": (
        "streams: {a: {}}",
        f"streams: {{b: {{enabled: false}}}}\n{AB}",
        "- streams.b (delete_because_enabled_false) (moved from streams.a)",
    ),
    "who needs the one that moved stays as it is": (
        "streams: {a: {}}\nsources: {s: {stream: streams.a}}",
        f"streams: {{b: {{}}}}\nsources: {{s: {{stream: streams.b}}}}\n{AB}",
        "= streams.b (moved from streams.a)",
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), MOVED.values(), ids=MOVED)
def test_plans_with_moves(before: str, after: str, expected: str) -> None:
    world = World.applied(before)
    assert world.plan(after) == expected


def test_the_remote_name_stays() -> None:
    world = World.applied("streams: {a: {}}")
    [change] = world.make_plan(f"streams: {{b: {{}}}}\n{AB}").changes
    assert (change.name, change.id, world.record("streams.a").name) == ("a", "stream:a", "a")


def test_a_plan_of_moves_alone_is_not_empty() -> None:
    plan = World.applied("streams: {a: {}, c: {}}").make_plan(f"streams: {{b: {{}}, c: {{}}}}\n{AB}")
    assert not plan.empty
    assert plan.moves == {address("streams.a"): address("streams.b")}
    assert (plan.unchanged, plan.stages) == (1, {})


def test_dependencies_are_known_by_the_new_address() -> None:
    world = World.applied("streams: {a: {}}\nsources: {s: {stream: streams.a}}")
    plan = world.make_plan(f"streams: {{b: {{enabled: false}}}}\nsources: {{}}\n{AB}")
    source, stream = plan.changes
    assert source.depends_on == (address("streams.b"),)
    assert plan.stages[stream.address, next(verb for at, verb in plan.stages if at == stream.address)]


def test_an_address_that_has_an_object_already_takes_no_other() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    assert problem(world, f"streams: {{b: {{}}}}\n{AB}") == (
        "moved-taken",
        "streams.a cannot become streams.b, which has an object of its own",
        "stack.yaml:5:16",
    )


def test_two_links_of_a_chain_that_both_have_an_object_cannot_become_one() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    assert problem(world, f"streams: {{c: {{}}}}\n{AB[:-1]}, {{from: streams.b, to: streams.c}}]") == (
        "moved-taken",
        "streams.b cannot become streams.c, which has the object of streams.a by then",
        "stack.yaml:5:50",
    )


def test_all_moves_are_made_whatever_is_selected() -> None:
    world = World.applied("streams: {a: {note: x}, c: {note: x}}")
    text = f"streams: {{b: {{note: y}}, c: {{note: y}}}}\n{AB}"
    assert world.plan(text, asked(target="streams.c")) == (
        "= streams.b (moved from streams.a)\n~ streams.c\n    note: x -> y"
    )


def test_a_target_may_be_named_as_it_was() -> None:
    world = World.applied("streams: {a: {note: x}, c: {note: x}}")
    text = f"streams: {{b: {{note: y}}, c: {{note: y}}}}\n{AB}"
    assert world.plan(text, asked(target="streams.a")) == "~ streams.b (moved from streams.a)\n    note: x -> y"
    assert world.plan(text, asked(exclude="streams.a")) == (
        "= streams.b (moved from streams.a)\n~ streams.c\n    note: x -> y"
    )


def test_a_call_without_an_answer_moves_with_its_address() -> None:
    pending = PendingIntent(address("streams.a"), "create", "no answer")
    plan = World().make_plan(f"streams: {{b: {{}}}}\n{AB}", Question(pending=(pending,)))
    assert plan.moves == {address("streams.a"): address("streams.b")}
    assert [one.address for one in plan.pending] == [address("streams.b")]


REMOVED = {
    "left alive": ("{address: streams.a, destroy: false}", "# streams.a"),
    "destroyed": ("{address: streams.a, destroy: true}", "- streams.a (delete_because_no_resource_config)"),
    "destroyed where nothing else is said": (
        "{address: streams.a}",
        "- streams.a (delete_because_no_resource_config)",
    ),
    "not in the state": (
        "{address: streams.x, destroy: false}",
        "- streams.a (delete_because_no_resource_config)",
    ),
}


@pytest.mark.parametrize(("entry", "expected"), REMOVED.values(), ids=REMOVED)
def test_plans_with_removals(entry: str, expected: str) -> None:
    world = World.applied("streams: {a: {}}")
    assert world.plan(f"removed: [{entry}]") == expected


def test_a_removal_is_of_all_instances_or_of_one() -> None:
    world = World.applied("streams: {a: {for_each: [eu, us]}}")
    assert world.plan("removed: [{address: streams.a, destroy: false}]") == "# streams.a[eu]\n# streams.a[us]"
    assert world.plan("removed: [{address: streams.a/eu, destroy: false}]") == (
        "# streams.a[eu]\n- streams.a[us] (delete_because_no_resource_config)"
    )


def test_what_is_left_alive_is_so_when_everything_is_destroyed_too() -> None:
    world = World.applied("streams: {a: {}, b: {}}")
    text = "streams: {b: {}}\nremoved: [{address: streams.a, destroy: false}]"
    assert world.plan(text, asked(destroy=True)) == "# streams.a\n- streams.b (delete_by_request)"


def test_to_let_go_of_a_protected_one_needs_no_permission() -> None:
    world = World.applied("streams: {a: {lifecycle: {prevent_destroy: true}}}")
    [change] = world.make_plan("removed: [{address: streams.a, destroy: false}]").changes
    assert not change.deletes
