"""Whole runs: what goes where, exactly once, and what happens to the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from stackfile.errors import ProviderError
from stackfile.sdk.measures import Measured, Unit, lag, rate
from stackfile.sdk.operations import CanMeasure, CanPause, CanRun
from tests.unit.stackfile_local.world import World

CLICKS: list[dict[str, Any]] = [{"page": f"/{n % 3}", "n": n} for n in range(30)]


def test_source_stream_pipeline_and_destinations_in_one_run(world: World) -> None:
    world.write("clicks.csv", "page,n", *(f"{c['page']},{c['n']}" for c in CLICKS))
    clicks = world.stream("clicks", partitions=4)
    world.source("clicks.csv", stream=clicks.id, key="page")
    kept = world.stream("kept")
    world.pipeline("keep", clicks, kept, operations=[{"filter": "value.n >= 10"}, {"map": {"half": "value.n / 2"}}])
    world.table("rows.db", stream=kept.id)
    world.file("out.ndjson", stream=kept.id)
    world.pipeline("odd", clicks, world.file("odd.csv"), operations=[{"filter": "value.n % 2 == 1"}])
    done = {one.name: (one.read, one.written, one.failed) for one in world.run()}
    assert done["clicks"] == (30, 30, 0)
    assert done["keep"] == (30, 20, 0)
    assert done["odd"] == (30, 15, 0)
    expected = [{**c, "half": c["n"] / 2} for c in CLICKS[10:]]
    by_n = sorted(world.values("kept"), key=lambda value: value["n"])
    assert by_n == expected
    assert sorted(world.rows("rows.db")) == sorted((c["page"], c["n"], c["half"]) for c in expected)
    assert sorted(world.ndjson("out.ndjson"), key=lambda value: value["n"]) == expected
    header, *odd = (world.base / "odd.csv").read_text().splitlines()
    assert header == "page,n"
    assert sorted(odd) == sorted(f"{c['page']},{c['n']}" for c in CLICKS if c["n"] % 2)


def test_nothing_is_moved_twice_by_a_second_run(world: World) -> None:
    source = world.stream_of("s", *CLICKS)
    world.pipeline("t", source, world.table("rows.db"))
    world.pipeline("f", source, world.file("out.ndjson"))
    world.pipeline("k", source, world.stream("kept"))
    world.run()
    assert [(one.read, one.written, one.done) for one in world.run()] == [(0, 0, True)] * 3
    world.append("s", {"page": "/new", "n": 99})
    assert [(one.read, one.written) for one in world.run()] == [(1, 1)] * 3
    assert len(world.rows("rows.db")) == len(world.ndjson("out.ndjson")) == len(world.values("kept")) == 31


def test_a_pipeline_reads_a_file_directly(world: World) -> None:
    world.write("a.ndjson", '{"n": 1}', "oops", '{"n": 2}')
    world.pipeline("p", world.source("a.ndjson"), world.table("out.db"), operations=[{"map": {"line": "offset"}}])
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (3, 2, 1)
    assert world.rows("out.db", "SELECT n, line FROM events") == [(1, 1), (2, 3)]
    (dead,) = world.values("p.dead_letter")
    assert (dead["source"], dead["line"], dead["text"]) == ("a", 2, "oops")


def test_a_paused_pipeline_moves_nothing_and_goes_on_where_it_was(world: World) -> None:
    source = world.stream_of("s", 1, 2)
    pipeline = world.pipeline("p", source, world.stream("t"))
    world.run()
    world.update("pipelines", pipeline, status="paused")
    world.append("s", 3)
    assert world.run() == []
    assert world.metrics("pipelines", pipeline).state == "paused"
    world.update("pipelines", pipeline, status="running")
    world.run()
    assert world.values("t") == [1, 2, 3]


def test_changed_operations_count_from_the_next_event_on(world: World) -> None:
    source = world.stream_of("s", {"n": 1})
    pipeline = world.pipeline("p", source, world.stream("t"))
    world.run()
    world.update("pipelines", pipeline, operations=[{"map": {"n": "value.n * 10"}}])
    world.append("s", {"n": 2})
    world.run()
    assert world.values("t") == [{"n": 1}, {"n": 20}]


def test_a_pipeline_made_anew_is_computed_from_the_start(world: World) -> None:
    source = world.stream_of("s", 1, 2)
    target = world.stream("t")
    world.delete("pipelines", world.pipeline("p", source, target))
    first = world.pipeline("p", source, target)
    world.run()
    world.delete("pipelines", first)
    world.pipeline("p", source, target)
    world.run()
    assert world.values("t") == [1, 2, 1, 2]


def test_only_what_is_named_runs(world: World) -> None:
    source = world.stream_of("s", 1)
    one = world.pipeline("one", source, world.stream("t"))
    world.pipeline("two", source, world.stream("u"))
    assert [progress.name for progress in world.run(one.id)] == ["one"]
    assert (world.values("t"), world.values("u")) == ([1], [])


def test_what_ran_is_told_by_name_in_whatever_order_it_was_made(world: World) -> None:
    source = world.stream_of("s", 1)
    for name in ("b", "c", "a"):
        world.pipeline(name, source, world.stream(f"to-{name}"))
    assert [progress.name for progress in world.run()] == ["a", "b", "c"]


def test_what_is_declared_changed_and_deleted_during_a_run_counts_from_the_next_batch_on(world: World) -> None:
    source = world.stream_of("s", 1)
    pipeline = world.pipeline("p", source, world.stream("t"))
    other = World(world.base, clock=world.clock)

    def change() -> None:
        other.update("pipelines", pipeline, operations=[{"filter": "value > 10"}])
        other.append("s", 2, 20)

    def replace() -> None:
        other.delete("pipelines", pipeline)
        other.pipeline("q", source, other.stream("u"))

    world.clock.naps = [change, replace, lambda: None]
    last = world.run(until_idle=False, stop=lambda: not world.clock.naps)
    other.close()
    assert world.values("t") == [1, 20]
    assert world.values("u") == [1, 2, 20]
    assert {one.name: one.read for one in last} == {"p": 3, "q": 3}


def test_a_change_between_reading_and_writing_undoes_the_batch(world: World) -> None:
    source = world.stream_of("s", *range(10))
    file = world.file("out.ndjson")
    world.pipeline("p", source, file)
    other = World(world.base, clock=world.clock)
    synced: list[int] = []
    sync = os.fsync

    def sync_and_change(handle: int) -> None:
        sync(handle)
        synced.append(handle)
        if len(synced) == 2:  # the first is the folder's
            other.stream("new")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", sync_and_change)
        (done,) = world.run()
    other.close()
    assert (done.read, done.written) == (10, 10)
    assert world.ndjson("out.ndjson") == list(range(10))


def test_two_runs_of_one_engine_do_not_go_together(world: World) -> None:
    world.stream_of("s", 1)
    world.pipeline("p", world.all("streams")[0], world.stream("t"))
    refused: list[str] = []
    program = (
        "import sys; from pathlib import Path; from tests.unit.stackfile_local.world import World;"
        "World(Path(sys.argv[1])).run()"
    )

    def elsewhere() -> None:
        finished = subprocess.run(
            [sys.executable, "-c", program, str(world.base)],
            capture_output=True,
            text=True,
            check=False,
            env=_python_path(),
        )
        refused.append(finished.stderr.strip().splitlines()[-1])

    world.clock.naps = [elsewhere, lambda: None]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    assert len(refused) == 1
    assert f"process {os.getpid()} on " in refused[0]
    assert "runs this engine already" in refused[0]
    world.run()


def _python_path() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def test_stop_ends_after_the_batch_and_says_that_it_is_not_done(world: World) -> None:
    source = world.stream_of("s", *range(25_000))
    world.pipeline("p", source, world.stream("t"))
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    (last,) = world.run(stop=stop)
    assert (last.read, last.done) == (10_000, False)
    (last,) = world.run()
    assert (last.read, last.done) == (15_000, True)
    assert world.values("t") == list(range(25_000))


def test_progress_is_told_at_most_four_times_a_second_and_in_the_end(world: World) -> None:
    source = world.stream_of("s", *range(45_000))
    world.pipeline("p", source, world.stream("t"))
    world.run()
    assert [(one.read, one.done) for one in world.told] == [(10_000, False), (45_000, True)]


def test_events_that_passed_retention_unread_are_told(world: World) -> None:
    source = world.stream_of("s", 1, 2, retention="1h")
    pipeline = world.pipeline("p", source, world.stream("t"))
    world.clock.seconds += 7200
    world.append("s", 3)
    world.run()
    assert world.values("t") == [3]
    assert world.metrics("pipelines", pipeline).says == ("2 events of s had passed retention unread",)


def test_comparisons_that_could_not_be_made_are_told(world: World) -> None:
    source = world.stream_of("s", {"n": "NA"}, {"n": 3})
    pipeline = world.pipeline("p", source, world.stream("t"), operations=[{"filter": "value.n > 1"}])
    world.run()
    (said,) = world.metrics("pipelines", pipeline).says
    assert said == "operations[0].filter: values of different kinds were compared, which is false"


def test_status_tells_lag_and_totals(world: World) -> None:
    source = world.stream_of("s", *range(5))
    world.write("a.ndjson", "1", "2")
    fed = world.source("a.ndjson", stream="stream:s")
    pipeline = world.pipeline("p", source, world.stream("t"))
    (behind, in_file) = (world.metrics(*one).values[2] for one in (("pipelines", pipeline), ("sources", fed)))
    assert (behind, in_file) == (lag(5, Unit.EVENTS), lag(4, Unit.BYTES))
    world.run()
    assert world.metrics("pipelines", pipeline).state == "idle"
    after = {"read": 7, "written": 7, "lag": 0, "events_per_s": None, "errors": 0}
    assert world.measured("pipelines", pipeline) == after
    assert world.metrics("streams", world.all("streams")[0]).values == (
        Measured("events", 7),
        Measured("bytes", 28, Unit.BYTES),
        Measured("partitions", 1),
        Measured("retention", "7d", Unit.TEXT),
        rate(None, 7),
    )
    assert world.metrics("destinations", world.file("x.csv")).state == "ready"


def test_status_tells_that_a_run_is_there_and_what_it_moves(world: World) -> None:
    source = world.stream_of("s", *range(5))
    pipeline = world.pipeline("p", source, world.stream("t"))
    other = World(world.base, clock=world.clock)
    seen: list[tuple[str, float | None]] = []

    def look() -> None:
        measured = other.measured("pipelines", pipeline)
        seen.append((other.metrics("pipelines", pipeline).state, measured["events_per_s"]))

    def look_later() -> None:
        world.clock.seconds += 12
        look()

    world.clock.naps = [look, look_later, lambda: None]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    look()
    other.close()
    assert seen == [("running", 0.5), ("running", 0.0), ("idle", None)]


def test_a_destination_that_cannot_be_written_stops_its_pipeline_only(world: World) -> None:
    (world.base / "taken").write_text("a file")
    source = world.stream_of("s", 1)
    world.pipeline("bad", source, world.file("taken/out.ndjson"))
    world.pipeline("good", source, world.stream("t"))
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert (
        str(caught.value)
        == f"pipeline bad: cannot write {world.base}/taken/out.ndjson: {world.base}/taken is not a folder"
    )
    assert world.values("t") == [1]
    (world.base / "taken").unlink()
    world.run()
    assert world.ndjson("taken/out.ndjson") == [1]


def test_without_until_idle_what_failed_is_tried_again(world: World) -> None:
    (world.base / "taken").write_text("a file")
    world.pipeline("p", world.stream_of("s", 1), world.file("taken/out.ndjson"))
    world.clock.naps = [*[lambda: None] * 5, (world.base / "taken").unlink, *[lambda: None] * 30]
    world.run(until_idle=False, stop=lambda: not world.clock.naps)
    assert world.ndjson("taken/out.ndjson") == [1]


def test_the_provider_and_its_kinds_do_what_the_command_line_asks_for(world: World) -> None:
    assert isinstance(world.local, CanRun)
    assert all(isinstance(kind, CanMeasure) for kind in world.local.kinds)
    assert [kind.section for kind in world.local.kinds if isinstance(kind, CanPause)] == ["pipelines"]
