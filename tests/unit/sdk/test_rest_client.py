"""The client against scripted answers: what is sent again and what never, what is raised at last."""

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
from stackfile.sdk.rest import RestClient, Service, bearer
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import Script, session_of

URL = "http://api.example/v1"


def _ok(body: Any = None) -> httpx.Response:
    return httpx.Response(200, json=body)


def _reset() -> Exception:
    return httpx.ReadError("")


def _refused() -> Exception:
    return httpx.ConnectError("")


async def _ask(script: Script, method: str = "GET", clock: SimulatedClock | None = None, **request: Any) -> Any:
    client = RestClient(URL, session_of(clock or SimulatedClock(), script.transport))
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
    script, clock = Script(*answers), SimulatedClock()
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
    script, clock = Script(answer), SimulatedClock()
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


DOUBT: dict[str, tuple[str, list[httpx.Response | Exception], type[ProviderError]]] = {
    "then nobody is there": ("PUT", [_reset(), *[ConnectionRefusedError()] * 3], Ambiguous),
    "then a refusal": ("PUT", [httpx.Response(500), httpx.Response(422)], Ambiguous),
    "then a refusal of our identity": ("DELETE", [httpx.Response(500), httpx.Response(403)], Ambiguous),
    "then too many requests": ("PUT", [_reset(), *[httpx.Response(429)] * 10], Ambiguous),
    "then it is not there": ("PUT", [_reset(), httpx.Response(404)], NotFound),
    "of a read, and then a refusal": ("GET", [httpx.Response(500), httpx.Response(422)], Rejected),
}


@pytest.mark.parametrize("case", DOUBT)
def test_a_try_without_an_answer_leaves_the_whole_request_in_doubt(case: str) -> None:
    method, answers, kind = DOUBT[case]
    script = Script(*answers)
    with pytest.raises(ProviderError) as caught:
        asyncio.run(_ask(script, method))
    assert (type(caught.value), script.answers) == (kind, [])


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
        client = RestClient(URL + "/", session_of(SimulatedClock(), script.transport), service, bearer("t-123"))
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
        client = RestClient(URL, session_of(SimulatedClock(), script.transport))
        found = [await client.request("GET", "/things") for _ in range(3)]
        await client.close()
        return [(response.json, response.text) for response in found]

    assert asyncio.run(run()) == [(None, ""), (None, ""), (None, "Error: no")]


def test_where_a_body_is_wanted_an_empty_answer_is_asked_for_again() -> None:
    async def run(*answers: httpx.Response) -> Any:
        clock = SimulatedClock()
        client = RestClient(URL, session_of(clock, Script(*answers).transport))
        return (await client.fetch("/things", {"page": 2})).json, clock.slept

    empty = httpx.Response(200)
    assert asyncio.run(run(empty, httpx.Response(200, json=[1]))) == ([1], [1.0])
    with pytest.raises(Unreachable, match=r"200 on GET /things, 5 tries in 15 s: the answer is empty$"):
        asyncio.run(run(*[empty] * 5))


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
        RestClient(url, session_of(SimulatedClock()))
    assert "peer-secret" not in str(caught.value)
