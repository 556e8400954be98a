"""What a saved plan looked up must be the same object when it is applied."""

from __future__ import annotations

import pytest

from stackfile.plan.hold import Standing, compare
from stackfile.plan.question import Question
from tests.unit.plan.test_hold import in_short, save, today
from tests.unit.plan.world import World

APPLIED = """version: 1
name: test
defaults: {provider: cloud}
streams: {far: {existing: {name: far}}, near: {}, kept: {}}
pipelines:
  kept: {source: streams.near, text: 'of {{ streams.far.partitions }}'}
"""
FILE = (
    APPLIED
    + """\
  by_id: {source: streams.far, text: "1"}
  by_wish: {source: streams.near, text: "1", depends_on: [streams.far]}
  over: {source: streams.near, text: "1", depends_on: [pipelines.kept]}
  after: {source: streams.near, text: "1", depends_on: [pipelines.by_id]}
  free: {source: streams.near, text: "1"}
"""
)
LATER = Question(held=True)


@pytest.fixture
def world() -> World:
    made = World()
    made.meet("streams", "stream:far", name="far", partitions=4, retention="1d")
    made.apply(APPLIED)
    return made


def moved(world: World, text: str = FILE) -> Standing:
    saved = save(world, FILE)
    world.foreign.clear()
    if text:
        world.meet("streams", *text.split(), name="far", partitions=4)
    return compare(saved, today(world, FILE, LATER))


def test_what_is_looked_up_and_stays_holds_the_plan(world: World) -> None:
    standing = moved(world, "stream:far")
    assert in_short(standing) == []
    assert len(standing.plan.changes) == 5


def test_another_object_moves_who_refers_to_it_and_who_needs_those(world: World) -> None:
    standing = moved(world, "stream:far-2")
    ids = "id: stream:far -> stream:far-2, needs streams.far"
    assert in_short(standing) == [
        f"pipelines.by_id, lookup, {ids}",
        f"pipelines.by_wish, lookup, {ids}",
        f"pipelines.over, lookup, {ids}",
    ]
    assert [str(one) for one in standing.held] == ["pipelines.free"]


def test_one_that_is_gone_moves_who_refers_to_it_and_who_needs_those(world: World) -> None:
    standing = moved(world, "")
    gone = "id: stream:far -> None, needs streams.far"
    assert in_short(standing) == [
        "pipelines.after, need, needs pipelines.by_id",
        f"pipelines.by_id, lookup, {gone}",
        f"pipelines.by_wish, lookup, {gone}",
        f"pipelines.over, lookup, {gone}",
    ]
    assert [str(one) for one in standing.held] == ["pipelines.free"]
