"""What the client says to the service of who it is, and to the user of what happened: never a secret."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from stackfile.errors import (
    AuthFailed,
    ProviderError,
    RateLimited,
    Rejected,
)
from stackfile.sdk.rest import Exchange, Rate, RestClient, Retry, Service, Token, TokenAuth, bearer, by_status
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import Script, session_of

URL = "http://api.example/v1"


def _ok(body: Any = None) -> httpx.Response:
    return httpx.Response(200, json=body)


def _reset() -> Exception:
    return httpx.ReadError("peer-secret")


def _refused() -> Exception:
    return httpx.ConnectError("peer-secret")


class Doorkeeper:
    """Lets in who has the newest token; counts the tokens given out."""

    def __init__(self) -> None:
        self.given = 0

    async def fetch(self) -> Token:
        self.given += 1
        return Token(f"peer-token-{self.given}")

    def answer(self, request: httpx.Request) -> httpx.Response:
        fresh = request.headers["authorization"] == f"Bearer peer-token-{self.given}"
        return _ok("in") if fresh and self.given > 1 else httpx.Response(401, json={"detail": "expired"})


def test_a_401_renews_the_token_once_even_for_a_post() -> None:
    door, clock = Doorkeeper(), SimulatedClock()
    script = Script(door.answer, door.answer)

    async def run() -> Any:
        client = RestClient(URL, session_of(clock, script.transport), auth=TokenAuth(door.fetch, clock))
        return (await client.request("POST", "/things")).json

    assert asyncio.run(run()) == "in"
    assert (door.given, clock.slept) == (2, [])


def test_a_token_that_ends_as_soon_as_it_was_renewed_is_renewed_again() -> None:
    door, clock = Doorkeeper(), SimulatedClock()
    script = Script(httpx.Response(401), httpx.Response(401), door.answer)

    async def run() -> Any:
        client = RestClient(URL, session_of(clock, script.transport), auth=TokenAuth(door.fetch, clock))
        return (await client.request("POST", "/things")).json

    assert asyncio.run(run()) == "in"
    assert (door.given, clock.slept) == (3, [])


def test_a_401_that_three_new_tokens_get_is_believed() -> None:
    door, clock = Doorkeeper(), SimulatedClock()
    script = Script(*(httpx.Response(401) for _ in range(4)))

    async def run() -> None:
        await RestClient(URL, session_of(clock, script.transport), auth=TokenAuth(door.fetch, clock)).request(
            "GET", "/x"
        )

    with pytest.raises(AuthFailed):
        asyncio.run(run())
    assert door.given == 4


def test_no_secret_is_in_any_error_or_trace() -> None:
    """Header, body and query secrets, echoed by the service or quoted by the library, under each way to fail."""
    told: list[Exchange] = []
    echo = {"detail": "token peer-token-1, password peer-secret, query peer-key", "input": {"password": "peer-secret"}}
    outcomes: list[httpx.Response | Exception] = [
        *(httpx.Response(status, json=echo) for status in (400, 401, 403, 404, 409, 422, 429, 500, 503)),
        httpx.Response(400, text="password peer-secret"),
        httpx.Response(302, headers={"Location": "http://x.example/peer-secret?key=peer-key"}),
        _reset(),
        _refused(),
        httpx.LocalProtocolError("Illegal header value b'Bearer peer-token-1'"),
        httpx.InvalidURL("peer-key"),
    ]

    async def run(outcome: httpx.Response | Exception) -> ProviderError:
        script = Script(*[outcome] * 10)
        session = session_of(SimulatedClock(), script.transport, trace=told.append)
        client = RestClient(URL, session, Service(retry=Retry(tries=2)), bearer("peer-token-1"))
        client.hide("peer-secret", "peer-key")
        with pytest.raises(ProviderError) as caught:
            await client.request("POST", "/a/peer-secret", json={"password": "peer-secret"}, params={"key": "peer-key"})
        return caught.value

    errors = [asyncio.run(run(outcome)) for outcome in outcomes]
    said = [str(error) + repr(error) + repr(error.__cause__) for error in errors] + [repr(one) for one in told]
    assert [text for text in said if "peer-" in text] == []
    assert len(errors) == len(outcomes)


def test_the_redactor_of_the_run_has_the_last_word() -> None:
    async def run() -> str:
        script = Script(httpx.Response(400, json={"detail": "host db.internal is not known"}))
        session = session_of(
            SimulatedClock(), script.transport, redact=lambda text: text.replace("db.internal", "(sensitive)")
        )
        with pytest.raises(Rejected) as caught:
            await RestClient(URL, session).request("GET", "/x")
        return str(caught.value)

    assert asyncio.run(run()) == "400 on GET /x: host (sensitive) is not known"


def test_the_trace_tells_each_try_without_query_headers_or_bodies() -> None:
    told: list[Exchange] = []
    clock = SimulatedClock()

    def slowly(request: httpx.Request) -> httpx.Response:
        clock.advance(0.25)
        return _ok([])

    script = Script(httpx.Response(500), _reset(), slowly)

    async def run() -> int:
        client = RestClient(URL, session_of(clock, script.transport, trace=told.append))
        await client.request("GET", "/things", params={"page": 1})
        return client.requests

    assert asyncio.run(run()) == 3
    assert told == [
        Exchange("GET", "/things", 500, 0.0, 1),
        Exchange("GET", "/things", None, 0.0, 2),
        Exchange("GET", "/things", 200, 0.25, 3),
    ]


def test_a_provider_may_read_the_answers_of_its_service_in_another_way() -> None:
    def judge(response: Any) -> type[ProviderError] | None:
        if response.status == 502:
            return Rejected
        if response.status == 200 and response.json == {"busy": True}:
            return RateLimited
        return by_status(response)

    async def run(*answers: httpx.Response) -> Any:
        client = RestClient(URL, session_of(SimulatedClock(), Script(*answers).transport), Service(judge=judge))
        return (await client.request("POST", "/things")).json

    with pytest.raises(Rejected):
        asyncio.run(run(httpx.Response(502)))
    assert asyncio.run(run(_ok({"busy": True}), _ok("done"))) == "done"


def test_a_pause_asked_of_one_client_holds_for_the_other_of_the_same_host() -> None:
    clock, asked = SimulatedClock(), asyncio.Event()

    def throttle(request: httpx.Request) -> httpx.Response:
        asked.set()
        return httpx.Response(429, headers={"Retry-After": "60"})

    script = Script(throttle, _ok(), _ok())

    async def run() -> list[float]:
        shared: dict[str, Any] = {}
        one, two = (RestClient(url, session_of(clock, script.transport, shared=shared)) for url in (URL, URL + "/more"))
        first = asyncio.create_task(one.request("GET", "/a"))
        await asked.wait()
        await two.request("GET", "/b")
        second_at = clock.monotonic()
        await first
        return [second_at, clock.monotonic()]

    assert asyncio.run(run()) == [60.0, 60.0]


def test_with_auth_shares_the_connections_and_the_count() -> None:
    script = Script(_ok(), _ok())

    async def run() -> tuple[int, int]:
        door = RestClient(URL, session_of(SimulatedClock(), script.transport), Service(rate=Rate(concurrency=1)))
        inside = door.with_auth(bearer("t-1"))
        await door.request("GET", "/a")
        await inside.request("GET", "/b")
        return door.requests, inside.requests

    assert asyncio.run(run()) == (2, 2)
    assert [request.headers.get("authorization") for request in script.requests] == [None, "Bearer t-1"]
