"""Laws of planning, over random stackfiles and random misfortune."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from stackfile.errors import DiagnosticError
from stackfile.graph.dag import topological
from stackfile.plan.applied import to_applied
from stackfile.plan.diff import diff
from stackfile.plan.mask import mask
from stackfile.plan.plan import Action, Plan, Stage, Verb
from stackfile.state.secrets import Seal
from tests.laws.stacks import JSON, WORDS, events, stackfiles, text_of
from tests.unit.plan.everything import SCHEMA, compare
from tests.unit.plan.world import World, asked, configured, seal_of

LISTS = st.lists(JSON, max_size=3)
MODELS = st.fixed_dictionaries({}, optional={"size": st.integers(1, 3), "mode": WORDS})
COLUMNS = st.lists(WORDS, max_size=3, unique=True).map(lambda names: [{"name": name} for name in names])
TREES = st.fixed_dictionaries(
    {},
    optional={
        "text": WORDS,
        "number": st.integers(1, 3) | st.sampled_from(["1", "2"]),
        "opaque": st.dictionaries(WORDS, JSON, max_size=3),
        "frozen": st.dictionaries(WORDS, JSON, max_size=2),
        "inner": MODELS,
        "entries": st.dictionaries(WORDS, MODELS, max_size=2),
        "items": LISTS,
        "keyed": COLUMNS,
        "unordered": LISTS,
        "whole": st.dictionaries(WORDS, JSON, max_size=2),
        "whole_list": COLUMNS,
        "list_text": st.lists(WORDS, min_size=1, max_size=3),
        "password": WORDS,
        "token": WORDS,
        "headers": st.dictionaries(WORDS, WORDS, max_size=2),
        "local": st.integers(1, 3),
        "uptime": st.integers(1, 3),
        "status": st.sampled_from(["running", "finished", "stopped"]),
        "by_default": st.integers(4, 6),
        "by_keep": WORDS,
        "by_replace": WORDS,
    },
)


def live_of(tree: dict[str, Any]) -> dict[str, Any]:
    """The object that was made of a tree: without what the service never returns."""
    return {name: value for name, value in tree.items() if name not in ("password", "local")}


@given(TREES)
def test_what_is_as_it_was_written_does_not_differ(tree: dict[str, Any]) -> None:
    found = compare(tree, tree, live_of(tree))
    assert found.fields == ()


@given(TREES, TREES, st.randoms(use_true_random=False))
def test_what_the_service_adds_does_not_differ(tree: dict[str, Any], more: dict[str, Any], dice: random.Random) -> None:
    live = {**{name: value for name, value in live_of(more).items() if name not in tree}, **live_of(tree)}
    if isinstance(live.get("unordered"), list):
        live["unordered"] = dice.sample(live["unordered"], len(live["unordered"]))
    assert compare(tree, tree, live).fields == ()


@given(TREES, TREES, TREES)
def test_once_the_file_is_adopted_nothing_differs(
    desired: dict[str, Any], applied: dict[str, Any], live: dict[str, Any]
) -> None:
    """Whatever was before: live as the file says, and recorded so."""
    after = {**{name: live[name] for name in live if name not in desired and name not in applied}, **live_of(desired)}
    assert compare(desired, desired, after).fields == ()


@given(TREES, TREES, TREES)
def test_every_change_is_a_difference_of_its_leaf(
    desired: dict[str, Any], applied: dict[str, Any], live: dict[str, Any]
) -> None:
    found = compare(desired, applied, live_of(live))
    paths = [change.path for change in found.fields]
    assert len(set(paths)) == len(paths)
    assert not any(one != other and one == other[: len(one)] for one in paths for other in paths)
    assert all(repr(change.before) != repr(change.after) or "(sensitive)" in repr(change) for change in found.fields)


@given(TREES)
def test_a_secret_is_sealed_for_the_record_and_the_digest_stays(tree: dict[str, Any]) -> None:
    seal = seal_of()
    normal = mask(SCHEMA, SCHEMA.normalise(tree)[0])
    recorded = to_applied(normal, {}, seal)
    assert to_applied(normal, recorded, seal) == recorded
    assert "Sensitive" not in repr(recorded)
    assert "(sensitive)" not in repr(recorded)
    assert diff(SCHEMA, normal, recorded, normal, seal).fields == ()


# Whole plans.


def plan_or_cycle(world: World, text: str) -> bool:
    """Whether there is a plan. What stands in the way may only be changes that wait for each other."""
    codes = codes_of(lambda: world.make_plan(text))
    assert codes <= {"cycle"}
    return not codes


def codes_of(plan: Callable[[], Plan]) -> set[str]:
    """What stands in the way of a plan; nothing for one that is made."""
    try:
        plan()
    except DiagnosticError as error:
        return {one.code for one in error.diagnostics}
    return set()


@given(stackfiles())
def test_what_was_applied_needs_no_plan(stack: dict[str, Any]) -> None:
    world = World.applied(text_of(stack))
    plan = world.make_plan(text_of(stack))
    assert plan.empty
    assert not plan.settled


@given(stackfiles(), stackfiles(), st.data())
def test_an_apply_leaves_nothing_to_do(was: dict[str, Any], now: dict[str, Any], data: st.DataObject) -> None:
    world = World.applied(text_of(was))
    data.draw(events(world))
    if plan_or_cycle(world, text_of(now)):
        plan = world.apply(text_of(now))
        event(f"{len(plan.changes)} changes")
        again = world.make_plan(text_of(now))
        assert (again.changes, again.settled) == ((), {})
        assert {str(one) for one in world.live} == {str(one) for one in configured(text_of(now)).resources}


@given(stackfiles(), stackfiles(), st.data())
def test_nothing_goes_while_it_is_held_and_nothing_comes_before_what_it_needs(
    was: dict[str, Any], now: dict[str, Any], data: st.DataObject
) -> None:
    world = World.applied(text_of(was))
    data.draw(events(world))
    text = text_of(now)
    if not plan_or_cycle(world, text):
        return
    resources = configured(text).resources
    replaced = {change.address for change in world.make_plan(text).changes if change.action is Action.REPLACE}

    def seen(stage: Stage) -> None:
        address, verb = stage
        if verb in (Verb.CREATE, Verb.UPDATE):
            assert all(need in world.live for need in resources[address].dependencies)
        elif address not in replaced:
            holders = [one for one, record in world.state.records.items() if address in record.dependencies]
            assert holders == []

    world.apply(text, seen)


@given(stackfiles())
def test_destroy_goes_in_the_reverse_order_of_create(stack: dict[str, Any]) -> None:
    creates = World().make_plan(text_of(stack)).stages
    destroys = World.applied(text_of(stack)).make_plan(text_of(stack), asked(destroy=True)).stages
    forward = {(address, need) for (address, _), needs in creates.items() for need, _ in needs}
    backward = {(address, need) for (address, _), needs in destroys.items() for need, _ in needs}
    assert backward == {(need, address) for address, need in forward}
    resources = configured(text_of(stack)).resources
    assert forward == {(one.address, need) for one in resources.values() for need in one.dependencies}


@given(stackfiles(), stackfiles(), st.data(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_any_order(
    was: dict[str, Any], now: dict[str, Any], data: st.DataObject, dice: random.Random
) -> None:
    world = World.applied(text_of(was))
    data.draw(events(world))
    records, live = shuffled(world.state.records, dice), shuffled(world.live, dice)
    other = replace(world, state=replace(world.state, records=records), live=live)
    assert outcome(world, text_of(now)) == outcome(other, text_of(shuffled(now, dice)))


def outcome(world: World, text: str) -> object:
    """The plan, or what stands in its way; with the order in which its stages are told."""
    world.seal = Seal.of(b"k" * 32, lambda: "the same salt each time")
    try:
        plan = world.make_plan(text)
    except DiagnosticError as error:
        return [one.message for one in error.diagnostics]
    return plan, list(plan.stages.items()), list(plan.settled)


def shuffled(tree: Any, dice: random.Random) -> Any:
    """Every map in another order."""
    if not isinstance(tree, dict):
        return tree
    keys = list(tree)
    dice.shuffle(keys)
    return {key: shuffled(tree[key], dice) for key in keys}


@given(stackfiles(), stackfiles())
def test_every_stage_can_be_done(was: dict[str, Any], now: dict[str, Any]) -> None:
    world = World.applied(text_of(was))
    if plan_or_cycle(world, text_of(now)):
        stages = world.make_plan(text_of(now)).stages
        assert set(topological(stages)) == set(stages)
        assert all(need in stages for needs in stages.values() for need in needs)


@given(stackfiles(), stackfiles(), st.sampled_from(["target", "exclude"]), st.data())
def test_a_selection_only_ever_takes_away(
    was: dict[str, Any], now: dict[str, Any], option: str, data: st.DataObject
) -> None:
    world = World.applied(text_of(was))
    if not plan_or_cycle(world, text_of(now)):
        return
    whole = {change.address: change.action for change in world.make_plan(text_of(now)).changes}
    chosen = data.draw(st.sampled_from(["streams.*", "sources.q1", "pipelines.*", "streams.s1"]))
    question = asked(target=chosen) if option == "target" else asked(exclude=chosen)
    codes = codes_of(lambda: world.make_plan(text_of(now), question))
    assert codes <= {"selection-unknown", "cycle"}
    if not codes:
        assert all(change.address in whole for change in world.make_plan(text_of(now), question).changes)
