"""A simulated service that speaks no JSON: bodies as they were sent, texts and bytes as answers, any method."""

from __future__ import annotations

import asyncio

import httpx

from stackfile.testing.simulator import HOME, Answer, Conditions, Endpoint, Fault, Manners, Request, Simulator


def echo(request: Request) -> Answer:
    return Answer(200, request.method.encode() + b" " + request.body, {"content-type": "application/x-echo"})


def talk(*requests: tuple[str, str, bytes], fault: Fault | None = None) -> list[tuple[int, str | None, str, str]]:
    manners = Manners(words=lambda status, message: f"{message}\n", reads=lambda body: body.decode())
    app = Simulator("plain", [Endpoint("*", "/echo", echo)], Conditions(), manners)

    async def run() -> list[tuple[int, str | None, str, str]]:
        found = []
        async with httpx.AsyncClient(transport=app.transport(), base_url=HOME) as client:
            for method, path, body in requests:
                if fault is not None:
                    app.faults.order(method, fault)
                one = await client.request(method, path, content=body)
                type = one.headers.get("content-type")
                found.append((one.status_code, type, one.headers["content-length"], one.text))
        return found

    return asyncio.run(run())


def test_an_endpoint_that_tells_methods_apart_itself_is_given_every_one_and_the_body_as_it_was_sent() -> None:
    assert talk(("PUT", "/echo", b"a: ["), ("OPTIONS", "/echo", b"")) == [
        (200, "application/x-echo", "8", "PUT a: ["),
        (200, "application/x-echo", "8", "OPTIONS "),
    ]


def test_an_answer_to_head_has_the_length_of_a_body_and_no_body() -> None:
    assert talk(("HEAD", "/echo", b"")) == [(200, "application/x-echo", "5", "")]


def test_errors_of_nobodys_making_are_texts_where_the_service_speaks_texts() -> None:
    plain = "text/plain; charset=utf-8"
    assert talk(("GET", "/nowhere", b"")) == [(404, plain, "13", "no such path\n")]
    (throttled,) = talk(("GET", "/echo", b""), fault=Fault.THROTTLED)
    assert throttled == (429, "text/plain", "10", "slow down\n")
