"""Pipelines whose events would come back to where they were are refused by the engine, however long the way is."""

from __future__ import annotations

import pytest

from stackfile.errors import Conflict, Rejected
from tests.unit.stackfile_local.world import World


def test_pipelines_over_streams_that_end_somewhere_are_taken(world: World) -> None:
    a, b, c = (world.stream(name) for name in "abc")
    world.pipeline("p", a, b)
    world.pipeline("q", b, c)
    world.pipeline("beside", a, c)
    world.pipeline("twice", a, b)
    assert len(world.all("pipelines")) == 4


def test_a_way_back_over_any_number_of_pipelines_is_refused_and_named(world: World) -> None:
    a, b, c = (world.stream(name) for name in "abc")
    world.pipeline("p", a, b)
    world.pipeline("q", b, c)
    with pytest.raises(Conflict) as caught:
        world.pipeline("r", c, a)
    way = "stream c -> pipeline r -> stream a -> pipeline p -> stream b -> pipeline q -> stream c"
    assert str(caught.value) == f"events would go in a circle: {way}"
    assert len(world.all("pipelines")) == 2


@pytest.mark.parametrize("field", ["late", "routes"])
def test_a_way_back_by_a_side_is_one_too(world: World, field: str) -> None:
    a, b, c = (world.stream(name) for name in "abc")
    world.pipeline("p", a, b)
    routes = [{"route": {"a": "value.again"}}] if field == "routes" else []
    with pytest.raises(Conflict, match="circle: stream b -> pipeline q -> stream a -> pipeline p -> stream b"):
        world.pipeline("q", b, c, operations=routes, **{field: a.id if field == "late" else [a.id]})


def test_a_change_that_closes_a_circle_is_refused(world: World) -> None:
    a, b, c = (world.stream(name) for name in "abc")
    world.pipeline("p", a, b)
    other = world.pipeline("q", b, c)
    with pytest.raises(Conflict, match="circle"):
        world.update("pipelines", other, late=a.id)
    assert world.read("pipelines", other) == other


def test_what_a_pipeline_writes_to_what_it_reads_is_refused_first(world: World) -> None:
    a = world.stream("a")
    with pytest.raises(Rejected, match="a pipeline cannot write to what it reads"):
        world.pipeline("p", a, a)


def test_failed_events_that_would_come_again_at_once_are_refused(world: World) -> None:
    a, b = world.stream("a"), world.stream("b")
    with pytest.raises(Rejected, match="dead_letter: failed events would come again"):
        world.pipeline("p", a, b, dead_letter=a.id)


def test_failed_events_may_be_sent_back_when_they_are_mended(world: World) -> None:
    a, b, bad = (world.stream(name) for name in ("a", "b", "bad"))
    world.pipeline("p", a, b, dead_letter=bad.id)
    world.pipeline("mend", bad, a)
    assert len(world.all("pipelines")) == 2
