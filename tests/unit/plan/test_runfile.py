"""What a run left open, against what would be made now."""

from __future__ import annotations

import pytest

from stackfile.plan.question import Question
from stackfile.plan.runfile import RunFile, continued, parse_run, print_run
from stackfile.plan.wishes import Wishes
from tests.unit.plan.test_hold import APPLIED, FILE, today
from tests.unit.plan.world import World, address


def run_of(world: World, text: str, *open: str, question: Question | None = None) -> RunFile:
    now = today(world, text, question)
    return RunFile("run-1", now.veil.plan(now.plan), tuple(map(address, open)), question or Question())


def test_a_run_file_comes_back_as_it_was_and_holds_no_secret() -> None:
    run = run_of(World.applied(APPLIED), FILE.replace("one,", "two,"), "streams.a", "sources.pg")
    data = print_run(run)
    assert parse_run(data) == run
    assert b"first-secret" not in data


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b'{"format_version": 9}', b'{"format_version": 1, "run": 2']
)
def test_what_is_no_run_file_leaves_nothing_open(data: bytes) -> None:
    assert parse_run(data) is None


def test_only_what_is_open_is_made_and_it_is_what_the_run_set_out_to_do() -> None:
    world = World.applied(APPLIED)
    run = run_of(world, FILE, "streams.a", "sources.pg", "streams.old")
    world.drift("streams.a", labels={"x": "2"})  # had arrived after all
    found = continued(run, today(world, FILE).plan)
    assert [str(one.address) for one in found.plan.changes] == ["sources.pg", "streams.old"]
    assert (found.new, list(map(str, found.gone))) == ((), ["streams.a"])


def test_what_the_run_never_set_out_to_do_is_new() -> None:
    world = World.applied(APPLIED)
    run = run_of(world, FILE, "sources.pg")
    edited = FILE.replace("host: two", "host: three")
    found = continued(run, today(world, edited).veil.plan(today(world, edited).plan))
    assert [str(change.address) for change in found.new] == ["sources.pg"]


def test_the_second_half_of_a_replacement_is_no_new_change() -> None:
    text = APPLIED.replace("a: {labels", "a: {partitions: 3, labels")
    world = World.applied(text)
    smaller = text.replace("partitions: 3", "partitions: 2")
    run = run_of(world, smaller, "streams.a")
    assert [change.action.name for change in run.plan.changes] == ["REPLACE"]
    world.lose("streams.a")
    world.state = type(world.state)("test", "default", "lineage", 2, {
        at: record for at, record in world.state.records.items() if at != address("streams.a")
    })  # fmt: skip
    now = today(world, smaller)
    found = continued(run, now.veil.plan(now.plan))
    assert ([change.action.name for change in found.plan.changes], found.new) == (["CREATE"], ())


def test_a_wish_that_was_granted_is_not_granted_twice() -> None:
    world = World.applied(APPLIED)
    question = Question(wishes=Wishes(replace=("streams.a", "streams.b")))
    run = run_of(world, APPLIED, "streams.b", question=question)
    assert run.wanted == Question(wishes=Wishes(replace=("streams.b",)))
