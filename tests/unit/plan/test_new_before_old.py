"""`create_before_destroy` where it cannot be, and what an earlier replacement left behind."""

from __future__ import annotations

from typing import Annotated

import pytest

from stackfile.errors import DiagnosticError
from stackfile.plan.first import _shared
from stackfile.plan.plan import Action, Change, Plan
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Impact, Trait
from stackfile.state.format import Deposed
from stackfile.values import Unknown, print_path
from tests.unit.plan.world import World, address, order_in_short

FIRST = "lifecycle: {create_before_destroy: true}"


def problems(world: World, text: str) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        world.make_plan(text)
    return [
        f"{one.span} {one.address} {one.code}: {one.message} | {' '.join(one.help)}" for one in caught.value.diagnostics
    ]


def test_a_new_object_of_the_same_name_cannot_come_first() -> None:
    world = World.applied("sources: {s: {region: eu, " + FIRST + "}}")
    assert problems(world, "sources: {s: {region: us, " + FIRST + "}}") == [
        "stack.yaml:4:62 sources.s create-before-destroy-name: its new object would have the `name` of the old one, "
        "and both are to be there at once | Give the new one another name, or take create_before_destroy away."
    ]


def test_a_new_object_cannot_come_before_one_that_it_needs_and_that_goes_first() -> None:
    text = "streams: {a: {partitions: %s}}\npipelines: {p: {source: streams.a, name: %s, " + FIRST + "}}"
    (problem,) = problems(World.applied(text % (3, "one")), text % (2, "two"))
    assert problem.split(" ", 1)[1] == (
        "pipelines.p create-before-destroy-order: its new object is to be there before the old one goes, "
        "and streams.a, which it needs, goes first | Give streams.a another name, so that its new object "
        "can come first too, or plan without either: take create_before_destroy away."
    )


class Slot(Body):
    slot: Annotated[str, Trait.UNIQUE] = "default"


class Slotted(Body):
    name: Annotated[str, Trait.IDENTITY]
    region: Annotated[str, Trait.IDENTITY] = "eu"
    port: Annotated[int | None, Trait.UNIQUE] = None
    config: Slot | None = None


SHARED: dict[str, tuple[dict[str, object], dict[str, object], list[str]]] = {
    "nothing": ({"name": "a", "region": "eu"}, {"name": "b", "region": "eu"}, []),
    "a natural key in full": ({"name": "a", "region": "eu"}, {"name": "a", "region": "eu"}, ["name", "region"]),
    "a port": ({"name": "a", "port": 1}, {"name": "b", "port": 1}, ["port"]),
    "not another port": ({"name": "a", "port": 1}, {"name": "b", "port": 2}, []),
    "a slot within": ({"config": {"slot": "x"}}, {"config": {"slot": "x"}}, ["config.slot"]),
    "a slot that is the default": ({"name": "a"}, {"name": "b", "config": {"slot": "default"}}, ["config.slot"]),
    "not one that is not known yet": ({"port": Unknown()}, {"port": 1}, []),
}


@pytest.mark.parametrize(("new", "old", "expected"), SHARED.values(), ids=SHARED)
def test_what_two_objects_cannot_share_is(new: dict[str, object], old: dict[str, object], expected: list[str]) -> None:
    found = _shared(schema_of(Slotted), new, old)  # type: ignore[arg-type]
    assert [print_path(path) for path in found] == expected


OLD = Deposed("stream:old", {"name": "old"}, "cloud", "cloud", "streams", "stream", "cloud:test", "old")


def left_behind(text: str, *, there: bool = True) -> World:
    """A world in which the old object of streams.a was not deleted."""
    world = World.applied(text)
    world.rewrite("streams.a", deposed=(OLD,))
    if there:
        world.meet("streams", OLD.id, name="old", events=12)
    return world


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def test_a_deposed_object_alone_is_a_delete() -> None:
    plan = left_behind("streams: {a: {}}").make_plan("streams: {a: {}}")
    change = only(plan)
    assert (change.action, change.sign, change.deposed) == (Action.NO_OP, "-", ("stream:old",))
    assert (change.impact, change.impact_says) == (Impact.DATA_LOSS, ("12 events are deleted.",))
    assert (plan.count(Action.DELETE), plan.unchanged, plan.unmanaged, plan.empty) == (1, 0, {}, False)
    assert order_in_short(plan) == "delete deposed streams.a"


def test_a_deposed_object_that_is_gone_costs_nothing() -> None:
    change = only(left_behind("streams: {a: {}}", there=False).make_plan("streams: {a: {}}"))
    assert (change.deposed, change.impact) == (("stream:old",), Impact.NONE)


ORDERS = {
    "after an update": (
        "streams: {a: {partitions: 3}}",
        "update streams.a",
        "delete deposed streams.a after update streams.a",
    ),
    "before a delete": ("variables: {}", "delete streams.a after delete deposed streams.a", "delete deposed streams.a"),
    "before the old one of a replacement": (
        "streams: {a: {name: b}}",
        "delete streams.a after delete deposed streams.a",
        "delete deposed streams.a",
    ),
    "after all of a replacement that makes the new one first": (
        "streams: {a: {name: b, " + FIRST + "}}",
        "delete streams.a after create streams.a",
        "delete deposed streams.a after delete streams.a",
    ),
}


@pytest.mark.parametrize(("now", "one", "other"), ORDERS.values(), ids=ORDERS)
def test_a_deposed_object_goes(now: str, one: str, other: str) -> None:
    lines = order_in_short(left_behind("streams: {a: {}}").make_plan(now)).splitlines()
    assert one in lines
    assert other in lines


def test_who_still_holds_a_deposed_object_lets_go_of_it_first() -> None:
    text = "streams: {a: {}}\npipelines: {p: {destination: streams.a}}"
    world = left_behind(text)
    world.drift("pipelines.p", destination="stream:old")
    world.rewrite("pipelines.p", applied={"name": "p", "destination": "stream:old"})
    assert order_in_short(world.make_plan(text)) == (
        "delete deposed streams.a after update pipelines.p\nupdate pipelines.p"
    )


def test_the_name_of_a_deposed_object_is_free_once_it_is_gone() -> None:
    plan = left_behind("streams: {a: {}}").make_plan("streams: {a: {}, b: {name: old}}")
    assert order_in_short(plan) == "create streams.b after delete deposed streams.a\ndelete deposed streams.a"


def test_what_is_left_out_keeps_its_deposed_object() -> None:
    world = left_behind("streams: {a: {}}")
    world.silence("cloud")
    assert world.make_plan("streams: {a: {}}").changes == ()


def test_a_resource_is_left_out_with_the_provider_of_its_deposed_object() -> None:
    world = World.applied("streams: {a: {}}")
    world.rewrite("streams.a", deposed=(Deposed("x", {}, "vault", "vault", "streams", "stream"),))
    world.silence("vault")
    head = "version: 1\nname: test\nproviders: {cloud: {}, vault: {url: u}}\n"
    text = head + "streams: {a: {provider: cloud, partitions: 3}}"
    assert world.make_plan(text).changes == ()
    assert world.live[address("streams.a")] == Live("stream:a", world.live[address("streams.a")].fields)
