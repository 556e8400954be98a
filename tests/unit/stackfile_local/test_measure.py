"""What is measured of an engine's objects, and that it is read in bulk."""

from __future__ import annotations

from typing import Any

from stackfile.sdk.measures import Measured, Unit, lag, rate
from stackfile.sdk.operations import Consumer
from tests.unit.stackfile_local.world import World, done


def statements(world: World, section: str) -> int:
    """How many queries it takes to measure all of a section."""
    kind: Any = world.kind(section)
    live = done(kind.list_all())
    asked: list[str] = []
    world.local.store.connection.set_trace_callback(asked.append)
    done(kind.metrics(live))
    world.local.store.connection.set_trace_callback(None)
    return len(asked)


def test_twenty_are_measured_in_as_many_queries_as_two(world: World) -> None:
    source, out = world.stream_of("s", 1, 2, partitions=3), world.stream("out")

    def make(numbers: range) -> dict[str, int]:
        for n in numbers:
            world.pipeline(f"p{n}", source, out)
            world.file(f"f{n}.ndjson", stream=out.id)
            world.write(f"a{n}.ndjson", "1")
            world.source(f"a{n}.ndjson", stream=source.id)
            world.stream(f"s{n}")
        world.run()
        return {section: statements(world, section) for section in ("pipelines", "destinations", "sources", "streams")}

    assert make(range(2)) == make(range(2, 20))


def test_sources_and_destinations_that_pipelines_use_tell_what_these_did(world: World) -> None:
    world.write("a.ndjson", *map(str, range(10)))
    source, small, large = world.source("a.ndjson"), world.file("small.ndjson"), world.file("large.ndjson")
    assert world.metrics("sources", source).values == ()
    world.pipeline("small", source, small, operations=[{"filter": "value < 3"}])
    world.pipeline("large", source, large, operations=[{"filter": "value >= 3"}])
    world.run()
    assert world.metrics("sources", source).values == (Measured("read", 10), rate(None, 10))
    assert world.metrics("destinations", small).values == (Measured("written", 3), rate(None, 3))
    assert world.metrics("destinations", large).values == (Measured("written", 7), rate(None, 7))
    assert {world.metrics("sources", source).state, world.metrics("destinations", small).state} == {"ready"}


def test_a_destination_that_drains_a_stream_tells_how_far_it_is_behind(world: World) -> None:
    drain = world.file("out.ndjson", stream=world.stream_of("s", 1, 2, 3, partitions=2).id)
    assert world.measured("destinations", drain)["lag"] == 3
    world.run()
    assert [world.measured("destinations", drain)[name] for name in ("read", "written", "lag")] == [3, 3, 0]


def test_a_group_is_behind_by_all_partitions_also_those_that_it_never_committed(world: World) -> None:
    seq = world.log_of(world.stream_of("s", *range(10), partitions=2).fields["name"]).seq
    world.stream_of("other", 1)
    with world.local.store.transaction() as transaction:
        transaction.execute("INSERT INTO consumer_groups VALUES ('readers', 0), ('idle', 0)")
        transaction.execute("INSERT INTO commits VALUES ('readers', ?, 0, 4, 0)", (seq,))
    assert done(world.local.consumers()) == [Consumer("readers", "stream:s", (lag(6, Unit.EVENTS), rate(None, 4)))]


def test_failed_events_that_passed_retention_are_not_counted_among_those_that_are_kept(world: World) -> None:
    world.pipeline("p", world.stream_of("s", 1, 2), world.stream("out"), operations=[{"map": {"a": "1 / 0"}}])
    world.run()
    assert "dead_letters" not in world.measured("pipelines", *world.all("pipelines"))
    with world.local.store.transaction() as transaction:
        transaction.execute(
            "UPDATE partitions SET start_offset = 1 WHERE stream = (SELECT seq FROM objects WHERE owner IS NOT NULL)"
        )
    measured = world.measured("pipelines", *world.all("pipelines"))
    assert (measured["errors"], measured["dead_letters"]) == (2, 1)
