"""The simulated engine beyond what recordings show: how long it blocks, who interrupts whom, what a restart leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from stackfile.testing.simulator import HOME, Conditions, SimulatedClock
from stackfile_redpanda_connect.simulator import Engine, Network, simulated
from stackfile_redpanda_connect.simulator.engine import NEVER

GENERATE = {"generate": {"mapping": "root.n = counter()", "interval": "200ms"}}
PLAIN = {"input": GENERATE, "output": {"drop": {}}}
OTHER = {"input": GENERATE, "output": {"stdout": {}}}
BLOCKED = {"input": GENERATE, "output": {"http_client": {"url": "http://127.0.0.1:9/ingest"}}}
WINDOW = {**PLAIN, "buffer": {"system_window": {"size": "10s"}}}
LATE = {**PLAIN, "buffer": {"system_window": {"size": "10s", "allowed_lateness": "2s"}}}
BROKEN = {**PLAIN, "pipeline": {"processors": [{"dedupe": {"cache": "seen", "key": "a"}}]}}


def engine(**more: Any) -> Engine:
    return Engine(Conditions(SimulatedClock()), **more)


def talking(engine: Engine, talk: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(transport=simulated(engine).transport(), base_url=HOME) as client:
            await talk(client)

    asyncio.run(run())


def statuses(engine: Engine, *requests: tuple[str, str, Any]) -> list[int]:
    found: list[int] = []

    async def talk(client: httpx.AsyncClient) -> None:
        for method, path, body in requests:
            content = body if isinstance(body, str) else json.dumps(body) if body is not None else None
            found.append((await client.request(method, path, content=content)).status_code)

    talking(engine, talk)
    return found


@pytest.mark.parametrize(
    ("config", "timeout", "took"),
    [
        pytest.param(PLAIN, "", 0.0, id="an output that sends"),
        pytest.param(BLOCKED, "4s", 3.0, id="an output that never sends, for three quarters of the time-out"),
        pytest.param(BLOCKED, "1s", 1.0, id="and for all of it where that is short"),
        pytest.param(BLOCKED, "", NEVER, id="and for ever without one"),
        pytest.param(BLOCKED, "soon", NEVER, id="a time-out that is none is none"),
        pytest.param(WINDOW, "", 7.5, id="a window until it closes"),
        pytest.param(LATE, "", 9.5, id="and until what is late has come"),
        pytest.param(WINDOW, "30s", 7.5, id="though the time-out is longer"),
        pytest.param(WINDOW, "2s", 1.5, id="and not longer than the time-out lets it"),
    ],
)
def test_a_stop_takes_as_long_as(config: Any, timeout: str, took: float) -> None:
    simulated = engine()
    clock = simulated.conditions.clock
    assert isinstance(clock, SimulatedClock)
    assert statuses(simulated, ("POST", "/streams/a", config)) == [200]
    clock.advance(2.5)
    before = clock.monotonic()
    query = f"?timeout={timeout}" if timeout else ""
    assert statuses(simulated, ("DELETE", f"/streams/a{query}", None), ("GET", "/streams/a", None)) == [200, 404]
    assert clock.monotonic() - before == pytest.approx(took)


def test_what_answers_is_sent_to_and_does_not_block() -> None:
    there = engine(network=Network(listening={"127.0.0.1:9"}))
    assert statuses(there, ("POST", "/streams/a", BLOCKED), ("DELETE", "/streams/a", None)) == [200, 200]
    assert there.now == 0.0


def test_a_restart_leaves_the_streams_of_files_and_counts_their_starts() -> None:
    simulated = engine(from_files={"own": json.dumps(PLAIN)})
    made = ("POST", "/resources/cache/seen", '{"memory": {}}'), ("POST", "/streams/a", BROKEN)
    assert statuses(simulated, *made, ("PUT", "/streams/own", OTHER)) == [200, 200, 200]
    simulated.restart()
    assert (list(simulated.streams), simulated.resources["cache"], simulated.restarts) == (["own"], {}, 1)
    assert simulated.streams["own"].raw == PLAIN
    assert simulated.starts == {"own": 3, "a": 1}


def test_an_update_to_the_same_is_a_start_and_a_refused_one_is_none() -> None:
    simulated = engine()
    unknown = {**PLAIN, "metrics": {}}
    asked = [("POST", "/streams/a", PLAIN), ("PUT", "/streams/a", PLAIN), ("PUT", "/streams/a", unknown)]
    assert statuses(simulated, *asked) == [200, 200, 400]
    assert simulated.starts == {"a": 2}
    assert statuses(simulated, ("PUT", "/streams/a", BROKEN)) == [502]
    assert (simulated.starts, simulated.streams) == ({"a": 2}, {})


def test_of_two_updates_at_once_both_are_told_that_they_are_done_and_the_last_one_is() -> None:
    simulated, found = engine(), []

    async def talk(client: httpx.AsyncClient) -> None:
        await client.post("/streams/a", json=BLOCKED)
        both = [client.put("/streams/a?timeout=4s", json=one) for one in (PLAIN, OTHER)]
        found.extend([one.status_code for one in await asyncio.gather(*both)])

    talking(simulated, talk)
    assert found == [200, 200]
    assert (simulated.streams["a"].raw, simulated.starts["a"]) == (OTHER, 3)


@pytest.mark.parametrize(("method", "left"), [("DELETE", []), ("PUT", [OTHER])])
def test_who_hangs_up_has_it_done_all_the_same(method: str, left: list[Any]) -> None:
    simulated = engine()

    async def talk(client: httpx.AsyncClient) -> None:
        await client.post("/streams/a", json=BLOCKED)
        call = asyncio.create_task(client.request(method, "/streams/a", json=OTHER))
        for _ in range(20):
            await asyncio.sleep(0)
        assert list(simulated.streams) == ["a"]
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    talking(simulated, talk)
    assert [one.raw for one in simulated.streams.values()] == left


def test_an_engine_that_dies_gives_no_answer_and_what_was_asked_is_not_done_after_its_restart() -> None:
    simulated = engine(from_files={"a": json.dumps(BLOCKED)})

    async def talk(client: httpx.AsyncClient) -> None:
        call = asyncio.create_task(client.put("/streams/a?timeout=4s", json=OTHER))
        for _ in range(20):
            await asyncio.sleep(0)
        simulated.restart()
        with pytest.raises(ConnectionResetError):
            await call

    talking(simulated, talk)
    assert simulated.streams["a"].raw == BLOCKED


def test_an_escape_of_json_that_yaml_does_not_have_is_found_behind_breaks_of_every_kind() -> None:
    body = json.dumps({**PLAIN, "a": "x\u2028y", "b": "c/d\x85e/f"}, ensure_ascii=False)
    simulated = engine()
    query = "?chilled=true"
    assert statuses(simulated, ("POST", f"/streams/a{query}", body)) == [200]
    assert statuses(simulated, ("PUT", f"/streams/a{query}", body.replace("/", "\\/"))) == [400]


def test_it_is_known_which_secrets_it_was_given() -> None:
    simulated = engine(environment={"TOKEN": "not-a-secret-1234"}, credentials=("ada", "pw"))
    told = simulated.holds("not-a-secret-1234")
    secret = {**PLAIN, "input": {**GENERATE, "meta": {"token": ["${TOKEN}"]}}}
    assert statuses(simulated, ("POST", "/streams/a", secret)) == [401]
    simulated.credentials = None
    assert statuses(simulated, ("POST", "/streams/a", secret)) == [200]
    assert (told, simulated.holds("not-a-secret-1234"), simulated.holds("other")) == (False, True, False)


def test_settings_of_a_provider_have_the_name_and_the_password_that_are_asked_for() -> None:
    assert simulated(engine()).settings() == {"url": HOME}
    closed = simulated(engine(credentials=("ada", "pw")))
    assert closed.settings() == {"url": HOME, "username": "ada", "password": "pw"}
