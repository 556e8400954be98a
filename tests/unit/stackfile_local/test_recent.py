"""Rates of the last seconds: what they are, and that every process can tell them, as long as the engine runs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile_local.engine.catalog import Catalog
from stackfile_local.engine.recent import SECONDS, Moved, Recent
from stackfile_local.engine.windows.shown import windows_of
from stackfile_local.server.processors import read_metrics
from tests.unit.stackfile_local.world import World

WINDOW = [
    {"window": {"tumbling": "1m", "time": "value.ts"}},
    {"aggregate": {"by": ["k"], "set": {"n": "count()"}}},
]


def after(*batches: Moved) -> Recent:
    recent = Recent()
    for one in batches:
        recent = Recent.parse(str(recent.after(one)))
    return recent


batches = st.lists(
    st.builds(
        lambda step, read, failed, waited: (step, read, min(failed, read), waited),
        st.integers(0, 4_000),
        st.integers(0, 50),
        st.integers(0, 5),
        st.integers(0, 9_000),
    ),
    max_size=30,
)


@given(batches, st.integers(0, 15_000))
def test_rates_are_those_of_a_plain_count(steps: list[tuple[int, int, int, int]], later: int) -> None:
    now, all_of_it = 1_800_000_000_000, []
    for step, read, failed, waited in steps:
        now += step
        all_of_it.append(Moved(now, read, failed, read * (now - waited)))
    recent, at = after(*all_of_it), now + later
    window = [one for one in all_of_it if at // 1000 - one.now // 1000 < SECONDS]
    count = sum(one.read for one in window)
    assert recent.per_second(at) == count / 10
    waited = sum(one.read * one.now - (one.appended or 0) for one in window)
    assert recent.latency(at) == (pytest.approx(waited / count) if count else None)
    kept = sorted({one.now // 1000 for one in all_of_it if one.read})[-SECONDS:]
    came = [one for one in all_of_it if one.now // 1000 in kept]
    read = sum(one.read for one in came)
    assert recent.error_rate == (pytest.approx(sum(one.failed for one in came) / read) if read else 0.0)


def test_what_was_never_appended_has_no_latency() -> None:
    assert after(Moved(1000, 5, 0)).latency(1000) is None


def test_results_that_fail_without_an_event_make_no_rate_above_one() -> None:
    assert after(Moved(1000, 1, 0), Moved(1500, 0, 3)).error_rate == 1.0


def test_latency_is_from_append_to_commit_and_is_told_while_the_engine_runs(world: World) -> None:
    source = world.stream_of("s", {"n": 1}, {"n": 2})
    pipeline = world.pipeline("p", source, world.stream("out"), operations=[{"map": {"half": "1 / (value.n - 2)"}}])
    world.clock.seconds += 3
    world.append("s", {"n": 3}, {"n": 4})
    other, seen = World(world.base, clock=world.clock), []

    def look() -> None:
        seen.append(other.measured("pipelines", pipeline))

    world.clock.naps = [look, lambda: None]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    look()
    other.close()
    running, idle = seen
    assert (running["events_per_s"], running["latency"]) == (0.4, 1.5)
    assert metrics_of(world, pipeline.id)["metrics"]["errorRate"] == 0.25
    assert {name: idle[name] for name in ("read", "errors", "events_per_s")} == {
        "read": 4,
        "errors": 1,
        "events_per_s": None,
    }
    assert "latency" not in idle


def test_totals_go_on_where_they_were_after_a_restart(world: World) -> None:
    source = world.stream_of("s", 1, 2)
    pipeline = world.pipeline("p", source, world.stream("out"))
    world.run()
    world.close()
    again = World(world.base, clock=world.clock)
    again.append("s", 3)
    again.run()
    assert again.measured("pipelines", pipeline)["read"] == 3
    again.close()


def events(*seconds: int) -> list[Any]:
    return [{"ts": second * 1000, "k": "a"} for second in seconds]


def metrics_of(world: World, id: str) -> dict[str, Any]:
    with world.local.store.transaction() as transaction:
        transaction.execute("CREATE TABLE IF NOT EXISTS api_settings (owner INTEGER, body TEXT)")
    return read_metrics(world.local.store, id)


def test_the_api_tells_windows_late_events_and_the_watermark_whatever_the_destination(world: World) -> None:
    source = world.stream_of("s", *events(0, 30, 61, 5, 70))
    pipeline = world.pipeline("p", source, world.file("out.ndjson"), operations=WINDOW)
    said = metrics_of(world, pipeline.id)
    assert (said["windows"], said["metrics"]["lag"], said["metrics"]["watermark"]) == ([], 5, None)
    world.run(stop=lambda: bool(world.told), until_idle=False)
    said = metrics_of(world, pipeline.id)
    assert said["windows"] == [
        {"windowStart": "1970-01-01T00:00:00.000Z", "windowEnd": "1970-01-01T00:01:00.000Z", "eventsCount": 2},
        {"windowStart": "1970-01-01T00:01:00.000Z", "windowEnd": "1970-01-01T00:02:00.000Z", "eventsCount": 2},
    ]
    assert said["metrics"] == {
        "eventsProcessed": 5,
        "throughput": 0.5,
        "avgLatency": 0,
        "lag": 0,
        "errorRate": 0,
        "lateEvents": 1,
        "watermark": "1970-01-01T00:01:10.000Z",
    }


def test_windows_of_other_operations_are_not_told(world: World) -> None:
    source = world.stream_of("s", *events(0, 30))
    live = world.pipeline("p", source, world.stream("out"), operations=WINDOW)
    world.run(stop=lambda: bool(world.told), until_idle=False)
    world.update("pipelines", live, operations=[{"filter": "value.k == 'a'"}, *WINDOW])
    entry = Catalog(world.local.store).find("pipeline", live.id)
    assert entry is not None
    assert windows_of(world.local.store, entry) == ()
