"""Windows in whole runs: which event counts where, when a window closes, and what comes out."""

from __future__ import annotations

from typing import Any

from stackfile_local.engine.windows.times import EVENT_ID, EVENT_TIME
from tests.unit.stackfile_local.world import World

HOUR = 1_800_000_000_000
"""What the world's clock shows, in milliseconds: the start of an hour."""


def ops(window: dict[str, Any] | None = None, by: Any = ("k",), **set: str) -> list[dict[str, Any]]:
    groups = {"by": list(by)} if by else {}
    return [*([{"window": window}] if window else []), {"aggregate": {**groups, "set": set or {"n": "count()"}}}]


def at(*seconds: float, k: Any = "a", **more: Any) -> list[dict[str, Any]]:
    return [{"k": k, "t": HOUR + int(each * 1000), **more} for each in seconds]


def counted(world: World, name: str = "out", field: str = "n") -> list[tuple[str, Any, Any]]:
    """Start within the hour, group and result."""
    return [(value["windowStart"][14:19], value.get("k"), value[field]) for value in world.values(name)]


TUMBLING = {"tumbling": "1m", "time": "value.t"}


def test_an_event_on_the_edge_belongs_to_the_later_window(world: World) -> None:
    source = world.stream_of("s", *at(0, 59.999, 60, 119.999, 120))
    world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING))
    world.run()
    assert counted(world) == [("00:00", "a", 2), ("01:00", "a", 2)]


def test_a_result_says_its_window_group_time_and_id(world: World) -> None:
    source = world.stream_of("s", {"k": "a", "u": {"id": 7}, "t": HOUR, "x": 2}, *at(60, u={"id": 7}))
    pipeline = world.pipeline(
        "p", source, world.stream("out"), operations=ops(TUMBLING, ("k", "u.id"), s="sum(value.x)")
    )
    world.run()
    ((key, value, headers, *_),) = world.events("out")
    assert key == ["a", 7]
    assert value == {
        "windowStart": "2027-01-15T08:00:00.000Z",
        "windowEnd": "2027-01-15T08:01:00.000Z",
        "k": "a",
        "u": {"id": 7},
        "s": 2,
    }
    assert headers[EVENT_TIME] == str(HOUR + 59_999)
    assert len(headers[EVENT_ID]) == 32
    assert pipeline.id


def test_what_is_late_by_a_millisecond_is_counted_and_goes_to_the_late_stream(world: World) -> None:
    source = world.stream_of("s", *at(10, 69.999), *at(59.999, k="in time"), *at(70), *at(59.999, k="late"))
    late = world.stream("late")
    window = {**TUMBLING, "lateness": "10s"}
    world.pipeline("p", source, world.stream("out"), operations=ops(window), late=late.id)
    world.run()
    assert counted(world) == [("00:00", "a", 1), ("00:00", "in time", 1)]
    assert [value["k"] for value in world.values("late")] == ["late"]


def test_events_without_a_group_are_skipped(world: World) -> None:
    source = world.stream_of("s", *at(1, 2), *at(3, k=None), {"t": HOUR}, *at(60))
    world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING))
    world.run()
    assert counted(world) == [("00:00", "a", 2)]


def test_hopping_windows_overlap(world: World) -> None:
    source = world.stream_of("s", *at(5, 25), *at(100))
    window = {"hopping": "30s", "advance": "20s", "time": "value.t"}
    world.pipeline("p", source, world.stream("out"), operations=ops(window))
    world.run()
    assert counted(world) == [("59:40", "a", 1), ("00:00", "a", 2), ("00:20", "a", 1)]


def test_an_event_bridges_two_sessions(world: World) -> None:
    source = world.stream_of("s", *at(0, 20, 10), *at(0, k="b"), *at(20.001, k="b"), *at(100, k="c"))
    window = {"session": "10s", "time": "value.t", "lateness": "1m"}
    world.pipeline("p", source, world.stream("out"), operations=ops(window))
    world.run()
    assert counted(world) == [("00:00", "b", 1), ("00:00", "a", 3), ("00:20", "b", 1)]


def test_every_aggregation_at_once(world: World) -> None:
    source = world.stream_of("s", *at(1, x=1), *at(2, x=2.5), *at(3, x=None), *at(4, x=-4), *at(60))
    sets = {"n": "count()", "m": "count(value.x)", "s": "sum(value.x)", "a": "avg(value.x)", "lo": "min(value.x)"}
    world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING, **sets, hi="max(value.x)"))
    world.run()
    (value,) = world.values("out")
    assert {name: value[name] for name in (*sets, "hi")} == {
        "n": 4,
        "m": 3,
        "s": -0.5,
        "a": -0.5 / 3,
        "lo": -4,
        "hi": 2.5,
    }


def test_an_aggregate_without_a_window_gives_a_running_result_for_each_event(world: World) -> None:
    source = world.stream_of("s", {"k": "a", "x": 1}, {"k": "b", "x": 5}, {"k": "a", "x": 0.5}, {"k": "a", "x": 0.25})
    world.pipeline("p", source, world.stream("out"), operations=ops(None, n="count()", s="sum(value.x)"))
    world.run()
    world.append("s", {"k": "a", "x": 1})
    world.run()
    assert world.values("out") == [
        {"k": "a", "n": 1, "s": 1},
        {"k": "b", "n": 1, "s": 5},
        {"k": "a", "n": 2, "s": 1.5},
        {"k": "a", "n": 3, "s": 1.75},
        {"k": "a", "n": 4, "s": 2.75},
    ]


def test_an_id_that_was_seen_is_let_go_until_its_time_is_over(world: World) -> None:
    source = world.stream_of("s", {"id": 1}, {"id": 1}, {"id": None}, {"id": None}, {"id": True})
    world.pipeline("p", source, world.stream("out"), operations=[{"dedupe": {"by": ["id"], "within": "1m"}}])
    world.run()
    world.clock.seconds += 59
    world.append("s", {"id": 1})
    world.run()
    world.clock.seconds += 1
    world.append("s", {"id": 1})
    world.run()
    assert world.values("out") == [{"id": 1}, {"id": None}, {"id": None}, {"id": True}, {"id": 1}]


def test_routes_take_events_out_of_the_pipeline(world: World) -> None:
    source = world.stream_of("s", *range(6))
    routes = [world.stream(name).id for name in ("even", "big")]
    operations = [{"route": {"even": "value % 2 == 0", "big": "value > 3"}}]
    world.pipeline("p", source, world.stream("out"), operations=operations, routes=routes)
    world.run()
    assert [world.values(name) for name in ("even", "big", "out")] == [[0, 2, 4], [4, 5], [1, 3]]


def test_append_time_closes_windows_when_their_time_has_passed(world: World) -> None:
    source = world.stream_of("s", {"k": "a"}, partitions=4)
    world.pipeline("p", source, world.stream("out"), operations=ops({"tumbling": "1m"}))
    world.run()
    assert counted(world) == []
    world.clock.seconds += 60
    world.run()
    assert counted(world) == [("00:00", "a", 1)]
    world.append("s", {"k": "a"})
    world.clock.seconds += 60
    world.run()
    assert counted(world) == [("00:00", "a", 1), ("01:00", "a", 1)]


def test_an_idle_stream_closes_its_windows_by_the_time_that_has_passed(world: World) -> None:
    source = world.stream_of("s", *at(10))
    world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING), idle_timeout="20s")
    passed: list[tuple[float, int]] = []
    started = world.clock.seconds

    def note() -> None:
        passed.append((world.clock.seconds - started, len(world.values("out"))))

    world.clock.naps = [note] * 400
    world.run(until_idle=False, stop=lambda: bool(passed and passed[-1][1]))
    assert 50 <= passed[-1][0] < 51
    assert counted(world) == [("00:00", "a", 1)]


def test_a_file_that_is_not_followed_ends_and_closes_all_windows_downstream(world: World) -> None:
    world.write("in.ndjson", *(f'{{"k": "a", "t": {HOUR + n * 1000}}}' for n in range(90)))
    stream, minutes, hours = world.stream("s"), world.stream("minutes"), world.stream("hours")
    world.pipeline("h", minutes, hours, operations=ops({"tumbling": "1h"}, n="count()", s="sum(value.n)"))
    world.source("in.ndjson", stream=stream.id)
    world.pipeline("m", stream, minutes, operations=ops(TUMBLING))
    world.run()
    assert counted(world, "minutes") == [("00:00", "a", 60), ("01:00", "a", 30)]
    assert counted(world, "hours", "s") == [("00:00", "a", 90)]
