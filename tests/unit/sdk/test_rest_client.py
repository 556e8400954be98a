"""The client against scripted answers: what is sent again, what is raised, what is counted and told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unreachable,
)
from stackfile.sdk.rest import Budgets, Exchange, Rate, RestClient, Retry, Service, Token, TokenAuth, bearer, by_status
from tests.peer.clock import VirtualClock
from tests.peer.session import Script, session_of

URL = "http://api.example/v1"


def _ok(body: Any = None) -> httpx.Response:
    return httpx.Response(200, json=body)


def _reset() -> Exception:
    return httpx.ReadError("peer-secret")


def _refused() -> Exception:
    return httpx.ConnectError("peer-secret")


async def _ask(script: Script, method: str = "GET", clock: VirtualClock | None = None, **request: Any) -> Any:
    client = RestClient(URL, session_of(clock or VirtualClock(), script.transport))
    try:
        return (await client.request(method, "/things", **request)).json
    finally:
        await client.close()


AGAIN: dict[str, tuple[str, list[httpx.Response | Exception], list[float]]] = {
    "a read after a 500": ("GET", [httpx.Response(500), _ok("done")], [1.0]),
    "a read after a lost answer": ("GET", [_reset(), _ok("done")], [1.0]),
    "a read after an answer that took too long": ("GET", [httpx.ReadTimeout(""), _ok("done")], [1.0]),
    "a PUT after a 502": ("PUT", [httpx.Response(502), _ok("done")], [1.0]),
    "a DELETE after a lost answer": ("DELETE", [_reset(), _ok("done")], [1.0]),
    "a POST that never left": ("POST", [_refused(), httpx.ConnectTimeout(""), _ok("done")], [1.0, 2.0]),
    "a POST that the operating system never let out": ("POST", [ConnectionRefusedError(), _ok("done")], [1.0]),
    "a POST that was throttled": ("POST", [httpx.Response(429), _ok("done")], [1.0]),
    "a POST that was throttled for a while": (
        "POST",
        [httpx.Response(429, headers={"Retry-After": "9"}), _ok("done")],
        [9.0],
    ),
    "until a date": (
        "GET",
        [httpx.Response(429, headers={"Retry-After": "Sat, 21 Nov 2026 03:00:25 GMT"}), _ok("done")],
        [25.0],
    ),
    "four times": ("GET", [*[httpx.Response(503)] * 4, _ok("done")], [1.0, 2.0, 4.0, 8.0]),
}


@pytest.mark.parametrize("case", AGAIN)
def test_what_may_be_sent_again_is_sent_again(case: str) -> None:
    method, answers, waits = AGAIN[case]
    script, clock = Script(*answers), VirtualClock()
    assert asyncio.run(_ask(script, method, clock)) == "done"
    assert (len(script.requests), clock.slept) == (len(answers), waits)


ONCE: dict[str, tuple[str, httpx.Response | Exception, type[ProviderError]]] = {
    "a POST answered by a 500": ("POST", httpx.Response(500), Ambiguous),
    "a POST answered by a 504": ("POST", httpx.Response(504), Ambiguous),
    "a POST whose answer was lost": ("POST", _reset(), Ambiguous),
    "a POST half written": ("POST", httpx.WriteError(""), Ambiguous),
    "a POST whose answer is not HTTP": ("POST", httpx.RemoteProtocolError("peer-secret"), Ambiguous),
    "a POST whose answer took too long": ("POST", httpx.ReadTimeout(""), Ambiguous),
    "a POST reset by the operating system": ("POST", ConnectionResetError(), Ambiguous),
    "a PATCH whose answer was lost": ("PATCH", _reset(), Ambiguous),
    "a refusal": ("GET", httpx.Response(422), Rejected),
    "a refusal of our identity": ("GET", httpx.Response(401), AuthFailed),
    "a thing that is not there": ("GET", httpx.Response(404), NotFound),
    "a thing that is there already": ("POST", httpx.Response(409), Conflict),
    "a redirect": ("GET", httpx.Response(302, headers={"Location": "http://other.example/"}), Rejected),
}


@pytest.mark.parametrize("case", ONCE)
def test_what_may_not_be_sent_again_is_sent_once(case: str) -> None:
    method, answer, kind = ONCE[case]
    script, clock = Script(answer), VirtualClock()
    with pytest.raises(ProviderError) as caught:
        asyncio.run(_ask(script, method, clock))
    assert (type(caught.value), len(script.requests), clock.slept) == (kind, 1, [])


LAST: dict[str, tuple[str, httpx.Response | Exception, int, type[ProviderError], str]] = {
    "a read that gets no good answer changed nothing": (
        "GET",
        httpx.Response(500),
        5,
        Unreachable,
        "500 on GET /things, 5 tries in 15 s",
    ),
    "a PUT that gets none may have happened": (
        "PUT",
        _reset(),
        5,
        Ambiguous,
        "no answer to PUT /things: connection lost, 5 tries in 15 s; it may have happened",
    ),
    "nobody there": (
        "POST",
        ConnectionRefusedError(),
        3,
        Unreachable,
        "http://api.example/v1 did not answer: connection refused, 3 tries in 3 s",
    ),
    "throttled for good": (
        "GET",
        httpx.Response(429),
        10,
        RateLimited,
        "429 on GET /things, 10 tries in 151 s",
    ),
}


@pytest.mark.parametrize("case", LAST)
def test_after_the_last_try_the_error_says_how_often_and_how_long(case: str) -> None:
    method, answer, tries, kind, message = LAST[case]
    script = Script(*[answer] * tries)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(_ask(script, method))
    assert (type(caught.value), str(caught.value), script.answers) == (kind, message, [])


def test_a_caller_may_say_that_a_post_can_be_sent_twice() -> None:
    assert asyncio.run(_ask(Script(_reset(), _ok("done")), "POST", safe=True)) == "done"


def test_a_caller_may_say_that_a_put_cannot() -> None:
    with pytest.raises(Ambiguous):
        asyncio.run(_ask(Script(_reset()), "PUT", safe=False))


def test_a_wait_beyond_our_patience_is_told_and_not_waited_for() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "7200"}))
    with pytest.raises(RateLimited) as caught:
        asyncio.run(_ask(script))
    assert caught.value.details == {"retry_after": "7200"}


def test_the_request_carries_what_it_was_given() -> None:
    script = Script(_ok())

    async def run() -> None:
        service = Service(headers={"X-Org": "acme"}, params={"wait": False})
        client = RestClient(URL + "/", session_of(VirtualClock(), script.transport), service, bearer("t-123"))
        params = {"tag": ["a", "b"], "since": None, "text": "x&y"}
        await client.request("post", "/things", json={"näme": 1}, params=params)
        await client.close()

    asyncio.run(run())
    request = script.requests[0]
    assert (request.method, str(request.url)) == ("POST", f"{URL}/things?wait=false&tag=a&tag=b&text=x%26y")
    assert json.loads(request.content) == {"näme": 1}
    sent = {name: request.headers[name] for name in ("authorization", "x-org", "content-type", "accept")}
    assert sent == {
        "authorization": "Bearer t-123",
        "x-org": "acme",
        "content-type": "application/json",
        "accept": "application/json",
    }


def test_an_answer_of_absurd_depth_is_no_json() -> None:
    assert asyncio.run(_ask(Script(httpx.Response(200, content=b"[" * 100_000)))) is None


def test_an_empty_answer_and_one_that_is_no_json_are_answers() -> None:
    async def run() -> list[tuple[Any, str]]:
        script = Script(httpx.Response(200), httpx.Response(204), httpx.Response(200, text="Error: no"))
        client = RestClient(URL, session_of(VirtualClock(), script.transport))
        found = [await client.request("GET", "/things") for _ in range(3)]
        await client.close()
        return [(response.json, response.text) for response in found]

    assert asyncio.run(run()) == [(None, ""), (None, ""), (None, "Error: no")]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example",
        "ftp://api.example",
        "http://",
        "http://u:peer-secret@h/",
        "http://h/?k=peer-secret",
        "http://h:x",
    ],
)
def test_a_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ProviderError, match=r"^the url must ") as caught:
        RestClient(url, session_of(VirtualClock()))
    assert "peer-secret" not in str(caught.value)


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
    door, clock = Doorkeeper(), VirtualClock()
    script = Script(door.answer, door.answer)

    async def run() -> Any:
        client = RestClient(URL, session_of(clock, script.transport), auth=TokenAuth(door.fetch, clock))
        return (await client.request("POST", "/things")).json

    assert asyncio.run(run()) == "in"
    assert (door.given, clock.slept) == (2, [])


def test_a_second_401_is_believed() -> None:
    door, clock = Doorkeeper(), VirtualClock()
    script = Script(httpx.Response(401), httpx.Response(401))

    async def run() -> None:
        await RestClient(URL, session_of(clock, script.transport), auth=TokenAuth(door.fetch, clock)).request(
            "GET", "/x"
        )

    with pytest.raises(AuthFailed):
        asyncio.run(run())
    assert door.given == 2


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
        session = session_of(VirtualClock(), script.transport, trace=told.append)
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
            VirtualClock(), script.transport, redact=lambda text: text.replace("db.internal", "(sensitive)")
        )
        with pytest.raises(Rejected) as caught:
            await RestClient(URL, session).request("GET", "/x")
        return str(caught.value)

    assert asyncio.run(run()) == "400 on GET /x: host (sensitive) is not known"


def test_the_trace_tells_each_try_without_query_headers_or_bodies() -> None:
    told: list[Exchange] = []
    clock = VirtualClock()

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
        client = RestClient(URL, session_of(VirtualClock(), Script(*answers).transport), Service(judge=judge))
        return (await client.request("POST", "/things")).json

    with pytest.raises(Rejected):
        asyncio.run(run(httpx.Response(502)))
    assert asyncio.run(run(_ok({"busy": True}), _ok("done"))) == "done"


def test_a_pause_asked_of_one_client_holds_for_the_other_of_the_same_host() -> None:
    clock, asked = VirtualClock(), asyncio.Event()

    def throttle(request: httpx.Request) -> httpx.Response:
        asked.set()
        return httpx.Response(429, headers={"Retry-After": "60"})

    script = Script(throttle, _ok(), _ok())

    async def run() -> list[float]:
        budgets = Budgets(clock)
        one, two = (
            RestClient(url, session_of(clock, script.transport, budgets=budgets)) for url in (URL, URL + "/more")
        )
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
        door = RestClient(URL, session_of(VirtualClock(), script.transport), Service(rate=Rate(concurrency=1)))
        inside = door.with_auth(bearer("t-1"))
        await door.request("GET", "/a")
        await inside.request("GET", "/b")
        return door.requests, inside.requests

    assert asyncio.run(run()) == (2, 2)
    assert [request.headers.get("authorization") for request in script.requests] == [None, "Bearer t-1"]
