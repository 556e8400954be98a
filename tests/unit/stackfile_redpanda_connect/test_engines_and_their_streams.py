"""What an engine is to a plan: how much is asked of it, what a restart costs, what it may show, what changes lose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from stackfile.plan.plan import Action, Reason
from stackfile.sdk.provider import Health, Live
from stackfile.sdk.traits import Impact, Wait
from stackfile.testing.bench import FakeClock
from stackfile.values import Tree
from stackfile_redpanda_connect import RedpandaConnect
from stackfile_redpanda_connect.kinds.joined import Pipeline
from stackfile_redpanda_connect.kinds.stream import Streams
from tests.unit.stackfile_redpanda_connect.engine_room import (
    DROP,
    SLOWER,
    TICKS,
    Room,
    asking,
    config,
    pipelines_of,
    streams,
    streams_of,
)

ENDS: Mapping[str, Tree] = {"sources.in": {"config": TICKS}, "destinations.out": {"config": DROP}}
JOINED: Mapping[str, Tree] = {**ENDS, "pipelines.p": {"source": "sources.in", "destination": "destinations.out"}}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_plan_costs_one_list_and_a_read_of_each_stream_that_is_managed(tmp_path: Path) -> None:
    room = Room(tmp_path, from_files={f"f{at}": "input: {generate: {mapping: root = 1}}" for at in range(20)})
    managed = {**streams(**{f"s{at}": config() for at in range(30)}), **JOINED}
    room.apply(managed)
    room.service.calls.made.clear()
    plan = room.plan(managed)
    assert Counter(call.partition(" ")[2].rstrip("0123456789") for call in room.calls) == {
        "/version": 1,
        "/streams": 1,
        "/streams/s": 30,
        "/streams/p": 1,
    }
    assert plan.unmanaged == {"redpanda_connect": 20}


def test_reads_are_made_at_the_same_time(room: Room) -> None:
    managed = streams(**{f"s{at}": config() for at in range(80)})
    room.apply(managed)
    room.service.faults.latency = 0.1
    before = room.engine.now
    room.plan(managed)
    assert room.engine.now - before < 80 * 0.1 / 4


STARTED = '# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds{a="b"} %s\n'
LOSSES = {
    "without metrics": (
        None,
        "the engine, which keeps its streams in memory only, was restarted, or they were deleted",
    ),
    "12 minutes ago": (12 * 60 + 3, "the engine restarted 12 minutes ago"),
    "an hour ago": (3600, "the engine restarted 1 hour ago"),
    "days ago": (3 * 86400, "the engine restarted 3 days ago"),
    "this very moment": (0, "the engine restarted a moment ago"),
}


@pytest.mark.parametrize(("ago", "says"), LOSSES.values(), ids=LOSSES)
def test_why_streams_are_gone_is_asked_of_the_metrics(ago: float | None, says: str) -> None:
    clock = FakeClock()

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/metrics"
        return (
            httpx.Response(404) if ago is None else httpx.Response(200, text=STARTED % (clock.now().timestamp() - ago))
        )

    assert asking(answer, lambda provider: provider.cause_of_loss(), clock) == says


def test_a_restart_is_one_line_and_everything_is_made_again(room: Room) -> None:
    managed = {**streams(**{f"s{at:02}": config() for at in range(14)}), **JOINED}
    room.apply(managed)
    room.engine.restart()
    plan = room.plan(managed)
    assert [one.message for one in plan.diagnostics] == [
        "redpanda_connect: the engine, which keeps its streams in memory only, was restarted, or they were deleted: "
        "1 pipeline and 14 streams to create again"
    ]
    assert {(change.action, change.reason) for change in plan.changes} == {(Action.CREATE, Reason.LOST)}
    room.apply(managed)
    assert room.plan(managed).empty


def test_a_secret_that_the_engine_fills_in_is_nowhere(tmp_path: Path) -> None:
    room = Room(tmp_path, environment={"PASSWORD": "hunter22-first"})
    wanted = streams(a=config({"http_client": {"url": "http://127.0.0.1/", "headers": {"X": "b ${PASSWORD}"}}}))
    room.apply(wanted)
    shown = room.connected(lambda provider: provider.engine.stream("a"))
    assert "hunter22-first" in repr(shown and shown.config)
    assert room.plan(wanted).empty
    changed = streams(a=config({"http_client": {"url": "http://127.0.0.1/2", "headers": {"X": "b ${PASSWORD}"}}}))
    assert "hunter22" not in room.told(changed) + repr(room.plan(changed))
    room.apply(changed)
    assert b"hunter22" not in room.bench.world.kept()


def test_what_is_escaped_for_the_engine_stays_as_it_is_written(tmp_path: Path) -> None:
    room = Room(tmp_path, environment={"X": "no"})
    mapping = 'root.a = "{{ "${" }}{X}}"'  # a stackfile has double braces of its own
    wanted = streams(a=config({"generate": {"mapping": mapping, "interval": "1s"}}))
    room.apply(wanted)
    assert room.engine.streams["a"].raw["input"]["generate"]["mapping"] == 'root.a = "${X}"'
    assert room.plan(wanted).empty


def test_a_definition_that_changes_changes_each_pipeline_that_refers_to_it(room: Room) -> None:
    other: Mapping[str, Tree] = {
        "pipelines.q": {**JOINED["pipelines.p"], "threads": 1},
        "sources.spare": {"config": TICKS},
    }
    room.apply({**JOINED, **other})
    room.apply({**JOINED, **other, "sources.in": {"config": SLOWER}})
    assert room.engine.starts == {"p": 2, "q": 2}
    assert room.engine.streams["q"].raw["input"]["generate"] == SLOWER["generate"]


def test_another_definition_that_says_the_same_restarts_nothing(room: Room) -> None:
    spare: Mapping[str, Tree] = {"sources.spare": {"config": TICKS}}
    room.apply({**JOINED, **spare})
    moved: Mapping[str, Tree] = {"pipelines.p": {**JOINED["pipelines.p"], "source": "sources.spare"}}
    plan = room.plan({**JOINED, **spare, **moved})
    assert [(str(change.address), change.impact) for change in plan.changes] == [("pipelines.p", Impact.NONE)]
    room.apply({**JOINED, **spare, **moved})
    assert room.engine.starts == {"p": 1}


def test_what_a_definition_says_wrong_is_told_where_it_is_referred_to(room: Room) -> None:
    error = room.refused(
        lambda provider: pipelines_of(provider).check(
            Pipeline.model_validate(
                {
                    "name": "p",
                    "source": "in",
                    "destination": "out",
                    "input": {"generate": {"mapping": "root = 1", "bogus": 1}},
                    "output": DROP,
                    "processors": [{"nope": {}}],
                }
            ),
            None,
        )
    )
    assert [(one.path, one.message) for one in error.fields] in (
        [("source", "generate.bogus: field bogus not recognised")],
        [("processors[0]", "unable to infer processor type from candidates: [nope]")],
    )


EFFECTS: dict[str, tuple[str, Tree, str, Impact]] = {
    "an update": ("update", {}, "running", Impact.RESTART),
    "a delete": ("delete", {}, "running", Impact.NONE),
    "an update with an open window": ("update", {"buffer": {"system_window": {}}}, "running", Impact.DATA_LOSS),
    "a delete with an open window": ("delete", {"buffer": {"system_window": {}}}, "running", Impact.DATA_LOSS),
    "a memory buffer": ("update", {"buffer": {"memory": {}}}, "running", Impact.DATA_LOSS),
    "a memory buffer by its type": ("update", {"buffer": {"type": "memory"}}, "running", Impact.DATA_LOSS),
    "a buffer that keeps": ("update", {"buffer": {"sqlite": {"path": "a"}}}, "running", Impact.RESTART),
    "a stream that reads all again": ("update", {"buffer": {"memory": {}}}, "finished", Impact.REPROCESS),
    "a finished stream that goes": ("delete", {"buffer": {"memory": {}}}, "finished", Impact.NONE),
}  # fmt: skip


@pytest.mark.parametrize(("verb", "more", "status", "impact"), EFFECTS.values(), ids=EFFECTS)
def test_what_a_change_loses(verb: str, more: Tree, status: str, impact: Impact) -> None:
    effect = Streams.effect(verb, Live("a", {"config": {"buffer": more.get("buffer")}, "status": status}), {})
    assert effect is not None
    assert effect.impact is impact


def test_what_is_not_connected_is_waited_for_by_name(room: Room) -> None:
    room.engine.network.listening.add("127.0.0.1:9")
    sink: Tree = {"socket": {"network": "tcp", "address": "127.0.0.1:9"}, "label": "sink"}

    async def health(provider: RedpandaConnect) -> Health:
        live = await streams_of(provider).look("a")
        assert live is not None
        return Streams.health(live)

    room.apply({"streams.a": {"config": {"input": TICKS, "output": sink}}})
    assert room.connected(health) == Health(Wait.READY, "running")
    room.engine.network.listening.clear()
    refused = "NOT CONNECTED: sink: dial tcp 127.0.0.1:9: connect: connection refused"
    assert room.connected(health) == Health(Wait.PENDING, refused)
    said = room.attempt({"streams.b": {"config": {"input": TICKS, "output": sink}}})
    assert f"not ready after 600 s; last: {refused}" in said
