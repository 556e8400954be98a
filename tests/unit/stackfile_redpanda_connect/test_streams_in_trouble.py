"""Streams that are refused, lost, changed by somebody else: nothing that runs stops for it unless the plan said so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import Conflict, DiagnosticError, NotFound, Rejected
from stackfile.plan.plan import Action, Reason
from stackfile.sdk.provider import Update
from stackfile.testing.cases import NoJournal
from stackfile.values import Tree
from stackfile_redpanda_connect import RedpandaConnect
from tests.unit.stackfile_redpanda_connect.engine_room import (
    NEVER,
    SLOWER,
    TICKS,
    Room,
    config,
    made,
    stream,
    streams,
    streams_of,
)

BOTH = streams(a=config(), b=config(SLOWER))
UPPER: Tree = {"processors": [{"mapping": "root = content().uppercase()"}]}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_what_is_unchanged_never_restarts(room: Room) -> None:
    room.apply(BOTH)
    for _ in range(3):
        room.apply(BOTH)
        room.apply({**BOTH, **streams(b=config(TICKS, pipeline=UPPER))})
    assert room.engine.starts == {"a": 1, "b": 7 - 1}
    assert not [call for call in room.calls if call.startswith(("PATCH", "POST /streams ")) or call == "POST /streams"]


def test_an_update_to_what_is_there_already_restarts_nothing(room: Room) -> None:
    async def again(provider: RedpandaConnect) -> None:
        kind = streams_of(provider)
        live = await made(kind, "a")
        await kind.update(Update(live, stream("a"), {}), NoJournal())

    room.connected(again)
    assert room.engine.starts == {"a": 1}


def test_what_cannot_start_leaves_the_old_stream_running(room: Room) -> None:
    room.apply(BOTH)
    before = room.engine.streams["a"].raw
    said = room.attempt({**BOTH, **streams(a=config(NEVER))})
    assert "on PUT /streams/a, request req-" in said
    assert "failed to init input" in said
    assert "the old stream was started again and runs as before" in said
    assert room.engine.streams["a"].raw == before
    [change] = room.plan({**BOTH, **streams(a=config(NEVER))}).changes
    assert (change.action, change.reason) == (Action.UPDATE, change.reason)
    assert room.plan(BOTH).empty


def test_a_new_stream_that_cannot_start_is_not_there(room: Room) -> None:
    said = room.attempt(streams(a=config(NEVER)))
    assert "on POST /streams/a, request req-" in said
    assert "failed to init input" in said
    assert room.engine.streams == {}


def dedupe(key: str, input: Tree = TICKS) -> dict[str, Any]:
    return config(input, pipeline={"processors": [{"dedupe": {"cache": "seen", "key": key}}]})


def test_where_the_old_stream_cannot_start_either_it_is_said_and_planned_anew(room: Room) -> None:
    room.connected(lambda provider: provider.engine.resource("cache", "seen", _document({"memory": {}}), False))
    room.apply(streams(a=dedupe("x")))
    room.engine.resources["cache"].clear()
    said = room.attempt(streams(a=config(NEVER)))
    assert "the old stream could not be started again either, so a is GONE until the next apply" in said
    [change] = room.plan(streams(a=config())).changes
    assert (change.action, change.reason) == (Action.CREATE, Reason.LOST)
    room.apply(streams(a=config()))
    assert room.plan(streams(a=config())).empty


def _document(value: Any) -> Any:
    from stackfile_redpanda_connect.canonical import document

    return document(value)


def test_a_death_before_it_is_put_back_is_mended_by_the_next_apply(room: Room) -> None:
    class Dying(NoJournal):
        async def phase(self, name: str) -> None:
            raise asyncio.CancelledError

    async def die(provider: RedpandaConnect) -> None:
        kind = streams_of(provider)
        live = await kind.read("a")
        assert live is not None
        with pytest.raises(asyncio.CancelledError):
            await kind.update(Update(live, stream("a", config(NEVER)), {}), Dying())

    room.apply(BOTH)
    room.connected(die)
    assert "a" not in room.engine.streams
    [change] = room.plan(BOTH).changes
    assert (str(change.address), change.action, change.reason) == ("streams.a", Action.CREATE, Reason.LOST)
    room.apply(BOTH)
    assert room.plan(BOTH).empty


MEANWHILE = {
    "changed it": (config(SLOWER), "somebody changed stream a since the plan: plan again", Conflict),
    "restarted it": (config(), "somebody restarted stream a since the plan: plan again", Conflict),
    "deleted it": (None, "stream a is gone since the plan: plan again", NotFound),
}


@pytest.mark.parametrize(("other", "says", "kind"), MEANWHILE.values(), ids=MEANWHILE)
def test_two_at_once_do_not_undo_each_other(room: Room, other: Tree | None, says: str, kind: type[Rejected]) -> None:
    async def late(provider: RedpandaConnect) -> None:
        ours = streams_of(provider)
        live = await made(ours, "a")
        await provider.client.clock.sleep(60)
        await ours.delete(live, NoJournal())
        if other is not None:
            await made(ours, "a", other)
        await ours.update(Update(live, stream("a", config(NEVER)), {}), NoJournal())

    error = room.refused(late)
    assert (type(error), error.message) == (kind, says)
    assert room.engine.starts["a"] == 2 - (other is None)


def test_a_finished_stream_that_was_started_again_meanwhile_is_left_alone(room: Room) -> None:
    finite = config({"generate": {"mapping": "root.n = 1", "interval": "1s", "count": 3}})

    async def late(provider: RedpandaConnect) -> None:
        ours = streams_of(provider)
        await made(ours, "a", finite)
        await provider.client.clock.sleep(60)
        live = await ours.read("a")
        assert live is not None
        assert live.fields["status"] == "finished"
        await ours.delete(live, NoJournal())
        await made(ours, "a", finite)
        await ours.update(Update(live, stream("a", config(SLOWER)), {}), NoJournal())

    assert room.refused(late).message == "somebody restarted stream a since the plan: plan again"


REFUSED: dict[str, tuple[Tree, list[tuple[str, str]]]] = {
    "an unknown field": (
        config({"generate": {"mapping": "root = 1", "bogus": 1}}),
        [("config.input.generate.bogus", "field bogus not recognised")],
    ),
    "a missing field": (config({"generate": {}}), [("config.input.generate", "field mapping is required")]),
    "an unknown section": (
        config(cache_resources=[]),
        [("config.cache_resources", "field cache_resources not recognised")],
    ),
    "an unknown component": (
        config(pipeline={"processors": [{"log": {}}, {"nope": {}}]}),
        [("config.pipeline.processors[1]", "unable to infer processor type from candidates: [nope]")],
    ),
    "two faults": (
        config({"generate": {"mapping": "root = 1", "one": 1, "two": 2}}),
        [
            ("config.input.generate.one", "field one not recognised"),
            ("config.input.generate.two", "field two not recognised"),
        ],
    ),
    "a key that YAML cannot read": (
        config({"generate": {"k" * 1023: 1}}),
        [("config.input.generate", "a key of 1,023 characters; the engine reads keys of up to 1,022")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("of", "fields"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_told_at_plan_by_its_place_and_nothing_starts(
    room: Room, of: Tree, fields: list[tuple[str, str]]
) -> None:
    error = room.refused(lambda provider: streams_of(provider).check(stream("a", of), None))
    assert [(one.path, one.message) for one in error.fields] == fields
    with pytest.raises(DiagnosticError) as told:
        room.plan(streams(a=of))
    assert [one.code for one in told.value.diagnostics] == ["would-be-refused"] * len(fields)
    assert all(one.span is not None for one in told.value.diagnostics)
    assert room.engine.starts == {}
    assert not any(call.startswith("POST") for call in room.calls)


def test_a_variable_that_the_engine_lacks_is_told_at_plan(room: Room) -> None:
    of = config({"generate": {"mapping": 'root.p = "${NOWHERE}"'}})
    with pytest.raises(DiagnosticError) as told:
        room.plan(streams(a=of))
    [one] = told.value.diagnostics
    assert one.message == "streams.a: required environment variables were not set: [NOWHERE]"


def test_chilled_passes_lints_over(room: Room) -> None:
    of = config({"generate": {"mapping": "root = 1", "bogus": 1}})
    chilled: dict[str, Tree] = {"streams.a": {"config": of, "chilled": True}}
    room.apply(chilled)
    assert room.plan(chilled).empty
    assert room.connected(lambda provider: streams_of(provider).check(stream("b", of), None), chilled=True) is None


@pytest.mark.parametrize("name", ["a b", "a/b", "A", "ä", "..", "a.b", ""])
def test_ids_with_odd_characters_are_refused_before_anything_is_asked(room: Room, name: str) -> None:
    with pytest.raises(DiagnosticError) as told:
        room.plan({"streams.a": {"name": name, "config": config()}})
    assert told.value.diagnostics[0].code == "type-wrong"
    assert room.calls == []


def test_a_large_config_is_sent_and_read(room: Room) -> None:
    of = config({"generate": {"mapping": "root.n = 1\n" * 100_000, "interval": "1s"}})
    room.apply(streams(a=of))
    assert room.plan(streams(a=of)).empty


def test_a_stop_is_always_bounded(room: Room) -> None:
    stuck = {"input": TICKS, "output": {"http_client": {"url": "http://127.0.0.1:9/"}}, "buffer": {"memory": {}}}
    room.apply(streams(a=stuck))
    before = room.engine.now
    room.apply({})
    assert room.engine.streams == {}
    assert room.engine.now - before < 60
