"""Whether a saved plan still holds, by what happened between plan and apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from stackfile.plan.guard import Allowances
from stackfile.plan.hold import Moved, Standing, Today, compare
from stackfile.plan.known import Known
from stackfile.plan.lookups import find_lookups
from stackfile.plan.plan import PendingIntent
from stackfile.plan.planfile import parse_plan, print_plan
from stackfile.plan.question import Question
from stackfile.plan.saved import SavedPlan
from stackfile.plan.saving import to_save
from stackfile.plan.veil import Veil
from stackfile.report.plan_json import plan_json
from stackfile.state.format import Origin
from stackfile.values import print_path
from tests.unit.plan.world import CATALOG, World, address, configured

APPLIED = """version: 1
name: test
defaults: {provider: cloud}
variables: {size: {default: "1", type: string}, pw: {sensitive: true, default: first-secret}}
streams: {a: {labels: {x: "1"}}, b: {}, old: {}}
sources: {pg: {host: one, password: "{{ var.pw }}", tables: [t1, t2]}}
pipelines: {p: {source: sources.pg, text: "1"}, q: {source: streams.b, text: "1"}}
"""
FILE = (
    APPLIED.replace('labels: {x: "1"}', 'labels: {x: "2"}')
    .replace("old: {}", "new: {}")
    .replace("host: one", "host: two")
    .replace('{source: sources.pg, text: "1"}', '{source: sources.pg, text: "{{ var.size }}-2"}')
)
"""Touches streams.a, streams.old, streams.new, sources.pg and pipelines.p; streams.b and pipelines.q stay."""


def today(world: World, text: str, question: Question | None = None, /, **var: str) -> Today:
    configuration = configured(text, **var)
    schemas = {one: resource.schema for one, resource in configuration.resources.items()}
    plan = world.make_plan(text, question, **var)
    found = find_lookups(configuration, world.observed).attributes
    return Today(plan, Known(world.state, world.observed, CATALOG, found), configuration, world.seal, Veil(schemas))


def save(world: World, text: str = FILE, **var: str) -> SavedPlan:
    saved = to_save(today(world, text, None, **var), Question(), Allowances(), Origin())
    return parse_plan(print_plan(saved, plan_json(saved.plan)), "plan.json")


def in_short(standing: Standing) -> list[str]:
    return [_line(one) for one in standing.moved]


def _line(one: Moved) -> str:
    words = [str(one.address), one.why.value]
    words += [f"{print_path(field.path)}: {field.before} -> {field.after}" for field in one.differences]
    words += [f"needs {one.needs}"] if one.needs else []
    words += ["nothing left to do"] if one.settled else []
    return ", ".join([*words, *(["a secret"] if one.secret else [])])


@dataclass(frozen=True)
class Case:
    happens: Callable[[World], None] = lambda world: None
    text: str = FILE
    var: tuple[tuple[str, str], ...] = ()
    moved: tuple[str, ...] = ()


def in_the_state(world: World) -> None:
    world.rewrite("streams.a", applied={**world.record("streams.a").applied, "note": "by hand"})


CASES = {
    "nothing happens": Case(),
    "a volatile field moves": Case(lambda world: world.drift("streams.a", events=9)),
    "a computed field moves": Case(lambda world: world.drift("sources.pg", endpoint="tcp://other")),
    "a list that keeps no order comes in another one": Case(
        lambda world: world.drift("sources.pg", tables=["t2", "t1"])
    ),
    "a field that nobody sets moves": Case(lambda world: world.drift("streams.a", note="of the service")),
    "an untouched resource that nothing needs moves": Case(lambda world: world.drift("pipelines.q", text="by hand")),
    "the file says more of what is not touched": Case(
        text=FILE.replace('{source: streams.b, text: "1"}', '{source: streams.b, text: "9"}')
    ),
    "a look at the object is recorded": Case(lambda world: world.rewrite("streams.a", observed={"events": 3})),
    "a touched object changes live": Case(
        lambda world: world.drift("streams.a", labels={"x": "7"}), moved=("streams.a, live, labels.x: 1 -> 7",)
    ),
    "somebody does by hand what was planned": Case(
        lambda world: world.drift("streams.a", labels={"x": "2"}),
        moved=("streams.a, live, labels.x: 1 -> 2, nothing left to do",),
    ),
    "a touched object goes": Case(lambda world: world.lose("streams.a"), moved=("streams.a, gone",)),
    "what was to be deleted goes": Case(lambda world: world.lose("streams.old"), moved=("streams.old, gone",)),
    "the record of a touched object moves": Case(in_the_state, moved=("streams.a, state",)),
    "the file is edited": Case(
        text=FILE.replace("host: two", "host: three"), moved=("sources.pg, config, host: two -> three",)
    ),
    "the file is put back": Case(
        text=FILE.replace("host: two", "host: one"),
        moved=("sources.pg, config, host: two -> one, nothing left to do",),
    ),
    "what was to be made is taken out of the file": Case(
        text=FILE.replace(", new: {}", ""), moved=("streams.new, config, nothing left to do",)
    ),
    "what was to be deleted is in the file again": Case(
        text=FILE.replace("new: {}", "new: {}, old: {}"), moved=("streams.old, config, nothing left to do",)
    ),
    "a variable has another value": Case(var=(("size", "8"),), moved=("pipelines.p, config, text: 1-2 -> 8-2",)),
    "a secret has another value": Case(var=(("pw", "second-secret"),), moved=("sources.pg, config, a secret",)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_saved_plan_holds_unless_what_it_touches_or_needs_has_moved(case: Case) -> None:
    world = World.applied(APPLIED)
    saved = save(world)
    case.happens(world)
    standing = compare(saved, today(world, case.text, None, **dict(case.var)))
    assert in_short(standing) == list(case.moved)
    if not case.moved:
        assert [one.address for one in standing.plan.changes] == [one.address for one in saved.plan.changes]


def test_what_is_ignored_may_move_between_plan_and_apply() -> None:
    ignoring = "lifecycle: {ignore_changes: [note]}"
    world = World.applied(
        APPLIED.replace('a: {labels: {x: "1"}}', f'a: {{labels: {{x: "1"}}, note: ours, {ignoring}}}')
    )
    file = APPLIED.replace('a: {labels: {x: "1"}}', f'a: {{labels: {{x: "2"}}, note: ours, {ignoring}}}')
    saved = save(world, file)
    world.drift("streams.a", note="theirs")
    standing = compare(saved, today(world, file))
    assert (in_short(standing), len(standing.plan.changes)) == ([], 1)
    world.drift("streams.a", labels={"x": "3"})
    assert in_short(compare(saved, today(world, file)))[0].startswith("streams.a, live")


def test_what_a_change_needs_must_stand_too() -> None:
    file = APPLIED.replace('{source: streams.b, text: "1"}', '{source: streams.b, text: "9"}')
    world = World.applied(APPLIED)
    saved = save(world, file)
    world.drift("streams.b", partitions=4)
    assert in_short(compare(saved, today(world, file))) == []  # nobody sets it
    world.rewrite("streams.b", prevent_destroy=True)
    assert in_short(compare(saved, today(world, file))) == ["pipelines.q, need, needs streams.b"]


def test_a_need_that_would_change_too_moves_what_needs_it() -> None:
    file = APPLIED.replace('{source: streams.b, text: "1"}', '{source: streams.b, text: "9"}')
    world = World.applied(APPLIED)
    saved = save(world, file)
    edited = file.replace("b: {}", "b: {note: more}")
    assert in_short(compare(saved, today(world, edited))) == ["pipelines.q, need, needs streams.b"]


def test_what_still_holds_are_the_changes_that_need_nothing_of_what_moved() -> None:
    world = World.applied(APPLIED)
    saved = save(world)
    world.drift("sources.pg", host="by hand")
    standing = compare(saved, today(world, FILE))
    assert in_short(standing) == ["sources.pg, live, host: one -> by hand"]
    assert sorted(map(str, standing.held)) == ["streams.a", "streams.new", "streams.old"]


def test_what_is_left_out_is_not_compared_and_what_was_not_planned_is_not_done() -> None:
    world = World.applied(APPLIED)
    saved = save(world)
    world.drift("streams.a", labels={"x": "7"})
    edited = FILE.replace('{source: streams.b, text: "1"}', '{source: streams.b, text: "9"}')
    now = replace(today(world, edited), excluded=frozenset({address("streams.a")}))
    standing = compare(saved, now)
    assert standing.moved == ()
    wanted = ["sources.pg", "pipelines.p", "streams.new", "streams.old"]
    assert [str(one.address) for one in standing.plan.changes] == wanted
    assert {str(stage[0]) for stage in standing.plan.stages} == set(wanted)
    assert not standing.plan.complete


def test_a_secret_that_was_rotated_names_its_variable_and_never_its_value() -> None:
    world = World.applied(APPLIED)
    saved = save(world)
    standing = compare(saved, today(world, FILE, None, pw="second-secret"))
    assert standing.variables == ("pw",)
    assert "secret" not in repr([one.differences for one in standing.moved])


def test_an_address_with_an_open_call_is_named() -> None:
    world = World.applied(APPLIED)
    saved = save(world)
    now = today(world, FILE, Question(pending=(PendingIntent(address("streams.a"), "update", "sent"),)))
    assert in_short(compare(saved, now)) == ["streams.a, open"]


def test_an_output_that_would_come_out_otherwise_stays_as_it_is() -> None:
    world = World.applied(APPLIED)
    outputs = "outputs: {size: {value: '{{ var.size }}'}, kept: {value: 'x'}}\n"
    saved = save(world, FILE + outputs)
    edited = FILE + outputs.replace("'x'", "'y'")
    standing = compare(saved, today(world, edited))
    assert standing.outputs == ("kept",)
    assert [one.name for one in standing.plan.outputs] == ["size"]
