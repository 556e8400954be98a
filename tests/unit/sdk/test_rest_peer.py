"""A provider of three kinds against a service with habits and faults: the five verbs, end to end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stackfile.errors import Ambiguous, AuthFailed, Conflict, ProviderError, Rejected
from stackfile.sdk.provider import Live, Update
from stackfile.sdk.rest import RestClient
from stackfile.sdk.traits import Wait
from stackfile.testing.simulator import SimulatedClock
from stackfile.values import Path
from tests.peer.service import PeerService
from tests.peer.session import SINK, SOURCE, Notes, Script, kinds_of, session_of, settings, using
from tests.peer.stackfile_peer import Peer, PeerSettings, Pipe, Sink, Source, Sources


async def _pipe(peer: Peer, notes: Notes | None = None) -> Live:
    sources, sinks, pipes = kinds_of(peer)
    source = await sources.create(SOURCE, Notes())
    sink = await sinks.create(SINK, Notes())
    pipe = Pipe(name="orders", source=source.id, sink=sink.id, filter="total > 1")
    return await pipes.create(pipe, notes or Notes())


def test_connecting_asks_nothing_and_the_scope_names_the_account() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        assert service.calls == []
        assert str(await peer.scope()) == "peer:acme"
        assert [(call.method, call.path) for call in service.calls] == [("POST", "/v1/token"), ("GET", "/v1/account")]
        assert peer.requests == 2

    using(use)


def test_a_wrong_secret_is_told_without_the_secret() -> None:
    service = PeerService(SimulatedClock())

    async def run() -> str:
        transport = service.app.transport()
        wrong = PeerSettings(client_id="acme", secret="not-the-one")
        peer = await Peer.connect(wrong, session_of(SimulatedClock(), transport))
        with pytest.raises(AuthFailed) as caught:
            await peer.scope()
        return str(caught.value)

    assert asyncio.run(run()) == "401 on POST /token, request req-1: wrong secret '(sensitive)'"
    assert "(sensitive)" not in repr(settings())


def test_a_created_source_is_what_read_and_list_show() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        notes = Notes(service)
        live = await sources.create(SOURCE, notes)
        assert notes.lines == ["created src_0001 after 2 writes"]
        assert live == Live(
            "src_0001",
            {
                "name": "orders",
                "connector": "postgres",
                "host": "db",
                "port": 5432,
                "heartbeat": True,
                "tables": ["a", "b"],
                "status": "pending",
            },
            datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
        )
        assert await sources.read(live.id) == live
        assert await sources.list_all() == [live]

    service = using(use)
    assert service.live("sources")[0].fields["password"] == "hunter2"


def test_a_source_gets_ready_in_time() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        live = await sources.create(SOURCE, Notes())
        assert (sources.health(live).wait, sources.health(live).says) == (Wait.PENDING, "pending")
        await service.clock.sleep(service.slow)
        later = await sources.read(live.id)
        assert later is not None
        assert sources.health(later).wait is Wait.READY

    using(use)


def test_a_put_keeps_what_the_file_leaves_alone_and_sends_the_secret() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        live = await sources.create(SOURCE, Notes())
        service.live("sources")[0].fields["comment"] = "made by hand"
        live = await sources.read(live.id) or live
        moved = SOURCE.model_copy(update={"host": "db2"})
        after = await sources.update(Update(live, moved, {("host",): "db2"}), Notes())
        assert after.fields["host"] == "db2"

    service = using(use)
    stored = service.live("sources")[0].fields
    assert (stored["host"], stored["comment"], stored["password"], stored["port"]) == (
        "db2",
        "made by hand",
        "hunter2",
        5432,
    )


def test_removed_fields_are_unset_in_a_put() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, _, _ = kinds_of(peer)
        live = await sources.create(Source(name="o", connector="mysql", host="h", port=1, comment="c"), Notes())
        less = Source(name="o", connector="mysql", host="h")
        after = await sources.update(Update(live, less, {}, (("port",), ("comment",))), Notes())
        assert (after.fields["port"], "comment" in after.fields) == (5432, False)

    using(use)


MERGES: dict[str, tuple[dict[Path, Any], tuple[Path, ...], dict[str, Any], dict[str, Any]]] = {
    "a field": ({("format",): "csv"}, (), {"format": "csv"}, {"format": "csv"}),
    "a key in a map": (
        {("options", "b"): "3"},
        (),
        {"options": {"a": "1", "b": "3"}},
        {"options": {"a": "1", "b": "3"}},
    ),
    "a key that goes": ({}, (("options", "a"),), {"options": {"b": "2", "a": None}}, {"options": {"b": "2"}}),
    "a default that returns": ({}, (("format",),), {"format": "json"}, {"format": "json"}),
}


@pytest.mark.parametrize("case", MERGES)
def test_a_patch_sends_what_differs(case: str) -> None:
    changed, removed, sent, expected = MERGES[case]

    async def use(peer: Peer, service: PeerService) -> None:
        _, sinks, _ = kinds_of(peer)
        live = await sinks.create(SINK, Notes())
        wish = {"name": "lake", "bucket": "s3://lake", **expected}
        after = await sinks.update(Update(live, Sink.model_validate(wish), changed, removed), Notes())
        assert service.bodies[-1] == sent
        assert {name: after.fields[name] for name in expected} == expected

    using(use)


def test_keyed_elements_keep_what_the_service_filled_in() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        _, sinks, _ = kinds_of(peer)
        columns = [{"name": "id", "type": "int"}, {"name": "at", "type": "time"}]
        wish: dict[str, Any] = {"name": "lake", "bucket": "b", "columns": columns}
        live = await sinks.create(Sink.model_validate(wish), Notes())
        assert live.fields["columns"][0] == {"name": "id", "type": "int", "nullable": True}
        wish["columns"] = [{"name": "at", "type": "text"}]
        after = await sinks.update(Update(live, Sink.model_validate(wish), {("columns",): wish["columns"]}), Notes())
        assert after.fields["columns"] == [{"name": "at", "type": "text", "nullable": True}]

    using(use)


def test_a_pipe_is_made_by_two_calls_each_announced_before_the_next() -> None:
    notes: list[str] = []

    async def use(peer: Peer, service: PeerService) -> None:
        journal = Notes(service)
        live = await _pipe(peer, journal)
        notes.extend(journal.lines)
        assert (live.fields["filter"], live.fields["max_rate"]) == ("total > 1", 1000)
        assert await peer.kinds[2].read(live.id) == live

    service = using(use)
    assert notes == ["created pip_0003 after 4 writes", "phase configure after 4 writes"]
    assert service.count("PUT /v1/pipes/pip_0003") == 1


def test_a_pipe_pins_its_source_until_it_is_gone() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, sinks, pipes = kinds_of(peer)
        pipe = await _pipe(peer)
        [source], [sink] = await sources.list_all(), await sinks.list_all()
        with pytest.raises(Conflict) as caught:
            await sources.delete(source, Notes())
        assert str(caught.value).endswith(": in use by orders")
        for kind, live in ((pipes, pipe), (sources, source), (sinks, sink)):
            await kind.delete(live, Notes())
            await kind.delete(live, Notes())
            assert await kind.read(live.id) is None
            assert await kind.list_all() == []

    using(use)


def test_lists_of_all_kinds_are_read_through_all_pages() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        sources, sinks, pipes = kinds_of(peer)
        for number in range(205):
            name = f"n{number}"
            source = await sources.create(Source(name=name, connector="mysql", host="h"), Notes())
            sink = await sinks.create(Sink(name=name, bucket="b"), Notes())
            await pipes.create(Pipe(name=name, source=source.id, sink=sink.id), Notes())
        for kind, path in ((sources, "sources"), (sinks, "sinks"), (pipes, "pipes")):
            before = service.count(f"GET /v1/{path}")
            assert [live.fields["name"] for live in await kind.list_all()] == [f"n{n}" for n in range(205)]
            assert service.count(f"GET /v1/{path}") - before == 3

    using(use)


REFUSALS: dict[str, tuple[Source | Sink, type[ProviderError], str, list[str]]] = {
    "a source that is there, said by 422": (
        SOURCE,
        Conflict,
        "422 on POST /sources, request req-4: name: orders already exists",
        ["name"],
    ),
    "a sink that is there, said by 409": (
        SINK,
        Conflict,
        "409 on POST /sinks, request req-4: lake already exists",
        ["name"],
    ),
    "a secret that the service quotes": (
        SOURCE.model_copy(update={"name": "p", "password": "short"}),
        Rejected,
        "422 on POST /sources, request req-4: password: the password '(sensitive)' is too (sensitive)",
        ["password"],
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_why_and_of_which_field(case: str) -> None:
    body, kind, message, fields = REFUSALS[case]

    async def use(peer: Peer, service: PeerService) -> None:
        sources, sinks, _ = kinds_of(peer)
        await sources.create(SOURCE, Notes())
        await sinks.create(SINK, Notes())
        with pytest.raises(ProviderError) as caught:
            await (sources.create(body, Notes()) if isinstance(body, Source) else sinks.create(body, Notes()))
        assert (type(caught.value), str(caught.value)) == (kind, message)
        assert [one.path for one in caught.value.fields] == fields

    using(use)


def test_an_answer_without_the_new_object_leaves_the_create_in_doubt() -> None:
    async def run(answer: httpx.Response) -> str:
        client = RestClient("http://peer.example/v1", session_of(SimulatedClock(), Script(answer).transport))
        notes = Notes()
        with pytest.raises(Ambiguous) as caught:
            await Sources(client).create(SOURCE, notes)
        assert notes.lines == []
        return str(caught.value)

    for answer in (httpx.Response(200), httpx.Response(200, json={"ok": True}), httpx.Response(201, text="<html>")):
        said = f"POST /sources: answered {answer.status_code} without the new object; it may have been made"
        assert asyncio.run(run(answer)) == said


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_refused(id: str) -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        with pytest.raises(ProviderError, match="is no id"):
            await peer.kinds[0].delete(Live(id, {}), Notes())
        assert service.calls == []

    using(use)


def test_an_id_with_a_slash_stays_one_step_of_the_path() -> None:
    async def use(peer: Peer, service: PeerService) -> None:
        assert await peer.kinds[0].read("../sinks/x?y=1#z") is None

    service = using(use)
    assert service.calls[-1].path == "/v1/sources/../sinks/x?y=1#z"  # decoded by the test transport
