"""Where failed events go, what is kept of them, and whose they are."""

from __future__ import annotations

import pytest

from stackfile.errors import Conflict
from tests.unit.stackfile_local.world import World


def test_a_failed_event_is_kept_whole_with_the_reason_and_where_it_was(world: World) -> None:
    source = world.stream("s")
    world.append("s", {"a": 1}, {"a": "x"}, {"a": 3}, keys=["k1", "k2", "k3"])
    world.pipeline("p", source, world.stream("t"), operations=[{"map": {"b": "value.a - 1"}}])
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (3, 2, 1)
    assert world.values("t") == [{"a": 1, "b": 0}, {"a": 3, "b": 2}]
    (event,) = world.events("p.dead_letter")
    reason = event[1].pop("reason")
    assert reason.startswith("operations[0].map.b: ")
    assert event[0] == "k2"
    assert event[1] == {
        "stream": "s",
        "partition": 0,
        "offset": 1,
        "timestamp": int(world.clock.seconds * 1000),
        "value": {"a": "x"},
        "key": "k2",
    }
    (pipeline,) = world.all("pipelines")
    metrics = world.metrics("pipelines", pipeline)
    measured = world.measured("pipelines", pipeline)
    assert (measured["read"], measured["errors"], metrics.well) == (3, 1, True)
    assert "dead_letters" not in measured
    assert metrics.says == (f"last failed: {reason}",)


def test_failed_events_go_to_the_stream_that_was_named_for_them(world: World) -> None:
    bad = world.stream("bad")
    source = world.stream_of("s", "text")
    world.pipeline("p", source, world.table("out.db"), dead_letter=bad.id)
    world.run()
    assert [value["reason"] for value in world.values("bad")] == ["not an object with fields, so it is no row"]
    assert [live.fields["name"] for live in world.all("streams")] == ["bad", "s"]


def test_the_engines_own_stream_of_failed_events_is_part_of_its_pipeline(world: World) -> None:
    source = world.stream_of("s", "text", "more")
    pipeline = world.pipeline("p", source, world.table("out.db"))
    world.run()
    assert [live.fields["name"] for live in world.all("streams")] == ["s"]
    (live,) = world.all("pipelines")
    assert live.fields["dead_letters"] == 2
    effect = type(world.kind("pipelines")).effect("delete", live, {})
    assert effect is not None
    assert effect.says == "2 failed events in p.dead_letter would be deleted too."
    with pytest.raises(Conflict, match="it holds the failed events of pipeline p"):
        world.stream("p.dead_letter")
    world.delete("pipelines", pipeline)
    world.stream("p.dead_letter")
    assert world.values("p.dead_letter") == []


def test_a_declared_stream_of_that_name_is_taken(world: World) -> None:
    world.stream("p.dead_letter", retention="1d")
    world.pipeline("p", world.stream_of("s", "text"), world.table("out.db"))
    world.run()
    assert len(world.values("p.dead_letter")) == 1
    assert world.all("pipelines")[0].fields["dead_letters"] == 0


def test_events_that_a_stream_does_not_take_are_failed_and_cut_where_they_must(world: World) -> None:
    bad = world.stream("bad", max_message_size="4KiB")
    source = world.stream_of("s", "x" * 3000, "y" * 30_000, "z")
    world.pipeline("p", source, world.stream("t", max_message_size="1KiB"), dead_letter=bad.id)
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (3, 1, 2)
    whole, cut = world.values("bad")
    assert whole["reason"] == "3,002 bytes, and stream t takes events up to 1KiB"
    assert whole["value"] == "x" * 3000
    assert (cut["cut"], cut["value"]) == (True, "y" * 1000)
