"""The framework that simulators are made of: each fault as a client sees it, what was done, and what is counted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.testing.simulator import (
    HOME,
    Answer,
    Conditions,
    Endpoint,
    Fault,
    Faults,
    Manners,
    Paging,
    Refused,
    Request,
    Shelf,
    Simulator,
    Tokens,
)


class Toys:
    """A service of one list of names."""

    def __init__(self, conditions: Conditions | None = None) -> None:
        self.conditions = conditions or Conditions()
        self.shelf: Shelf[str] = Shelf(self.conditions.faults)
        self.tokens = Tokens(self.conditions.clock)
        endpoints = [
            Endpoint("POST", "/token", lambda request: Answer(200, self.tokens.issue()), open=True),
            Endpoint("POST", "/toys", self.create),
            Endpoint("GET", "/toys/{id}", self.read),
        ]
        manners = Manners({"key": "k"}, prefix="/api", guard=self.guard, expire=self.tokens.expire, words=_words)
        self.app = Simulator("toys", endpoints, self.conditions, manners)

    def guard(self, request: Request) -> Answer | None:
        return None if self.tokens.holds(request.headers) else Answer(401, {"error": "who?"})

    def create(self, request: Request) -> Answer:
        id = self.conditions.id(8)
        self.shelf.put(id, request.json["name"])
        return Answer(201, {"id": id, **request.json})

    async def read(self, request: Request) -> Answer:
        name = self.shelf.get(request.at["id"])
        if name is None:
            raise Refused(Answer(404, "no such toy\n"))
        return Answer(200, {"name": name, "as": request.query.get("as")})

    def talk(self, *requests: tuple[str, str, Any]) -> list[httpx.Response | str]:
        """The answers to these, over the transport, with a good token; or the name of what the client met."""

        async def run() -> list[httpx.Response | str]:
            found: list[httpx.Response | str] = []
            token = self.tokens.issue()
            async with httpx.AsyncClient(transport=self.app.transport(), base_url=f"{HOME}/api") as client:
                for method, path, json in requests:
                    headers = {"authorization": f"Bearer {token}"}
                    try:
                        found.append(await client.request(method, path, json=json, headers=headers))
                    except ConnectionError as error:
                        found.append(type(error).__name__)
            return found

        return asyncio.run(run())


def _words(status: int, message: str) -> Any:
    return {"error": message}


MAKE = ("POST", "/toys", {"name": "bear"})

SEEN: dict[Fault, tuple[Any, int]] = {
    Fault.REFUSED: ("ConnectionRefusedError", 0),
    Fault.THROTTLED: ((429, '{"error": "slow down"}', "2"), 0),
    Fault.THROTTLED_SILENTLY: ((429, '{"error": "slow down"}', None), 0),
    Fault.ERROR_BEFORE: ((500, '{"error": "internal error"}', None), 0),
    Fault.ERROR_AFTER: ((500, '{"error": "internal error"}', None), 1),
    Fault.LOST: ("ConnectionResetError", 1),
    Fault.GATEWAY: ((504, "<html><head><title>504 Gateway Time-out</title></head>", None), 1),
    Fault.EMPTY: ((200, "", None), 1),
    Fault.EXPIRED: ((401, '{"error": "who?"}', None), 0),
}


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_as_the_client_sees_it_and_what_was_done(fault: Fault) -> None:
    toys = Toys()
    toys.app.faults.order("POST /api/toys", fault)
    (answer,) = toys.talk(MAKE)
    seen, made = SEEN[fault]
    if isinstance(answer, httpx.Response):
        assert (answer.status_code, answer.text[:54], answer.headers.get("retry-after")) == seen
    else:
        assert answer == seen
    assert (len(toys.shelf), toys.app.faults.met) == (made, {fault: 1})
    assert fault.says


def test_calls_are_counted_by_route_and_carry_an_id() -> None:
    toys = Toys()
    made, read, gone, nowhere = toys.talk(
        MAKE, ("GET", "/toys/d82c07cd?as=a&as=b", None), ("GET", "/toys/0", None), ("GET", "/dolls", None)
    )
    assert [answer.status_code for answer in (made, read, gone, nowhere) if isinstance(answer, httpx.Response)] == [
        201,
        200,
        404,
        404,
    ]
    assert isinstance(read, httpx.Response)
    assert isinstance(nowhere, httpx.Response)
    assert (read.json(), read.headers["x-request-id"]) == ({"name": "bear", "as": "b"}, "req-2")
    assert nowhere.json() == {"error": "no such path"}
    assert toys.app.calls.by_route() == {
        ("POST", "/api/toys"): 1,
        ("GET", "/api/toys/{id}"): 2,
        ("GET", "/api/dolls"): 1,
    }
    assert (toys.app.calls.count("GET /api/toys"), toys.app.calls.count("GET /api/toys/0")) == (2, 1)
    assert toys.app.bodies[0] == {"name": "bear"}


def test_a_fault_at_each_route_strikes_each_of_them_once() -> None:
    toys = Toys()
    toys.app.faults.at_each_route(Fault.ERROR_BEFORE)
    asked = [("GET", "/toys/1", None), ("GET", "/toys/2", None), MAKE, MAKE]
    answers = [answer.status_code for answer in toys.talk(*asked) if isinstance(answer, httpx.Response)]
    assert answers == [500, 404, 500, 201]
    toys.app.faults.at_each_route(None)
    assert [answer.status_code for answer in toys.talk(MAKE) if isinstance(answer, httpx.Response)] == [201]


def test_the_same_seed_makes_the_same_world_and_another_one_another() -> None:
    def story(seed: int) -> list[object]:
        chances = {Fault.ERROR_BEFORE: 0.3, Fault.LOST: 0.3}
        toys = Toys(Conditions(seed=seed, faults=Faults(seed, chances)))
        return [answer if isinstance(answer, str) else answer.text for answer in toys.talk(*[MAKE] * 20)]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_latency_passes_on_the_clock() -> None:
    toys = Toys(Conditions(faults=Faults(latency=30.0)))
    toys.talk(MAKE, MAKE)
    assert toys.conditions.clock.monotonic() == 60.0


def test_a_body_that_is_no_json_is_refused_in_the_words_of_the_service() -> None:
    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=Toys().app.transport()) as client:
            return await client.post(f"{HOME}/api/toys", content=b"{")

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is no JSON"})


def test_a_late_list_shows_what_was_there_before() -> None:
    shelf: Shelf[str] = Shelf(Faults(late_lists=2))
    shelf.put("1", "bear")
    assert [shelf.listed(), shelf.listed(), shelf.listed()] == [[], [], ["bear"]]
    shelf.remove("1")
    assert (shelf.get("1"), len(shelf), "1" in shelf) == (None, 0, False)
    assert [shelf.listed(), shelf.listed(), shelf.listed()] == [["bear"], ["bear"], []]


@given(count=st.integers(0, 30), size=st.integers(1, 7), paging=st.sampled_from(Paging))
def test_pages_hold_each_item_once_or_repeat_or_skip_at_their_borders(count: int, size: int, paging: Paging) -> None:
    shelf: Shelf[int] = Shelf(Faults(paging=paging))
    for number in range(count):
        shelf.put(str(number), number)
    walked, at, more = list[int](), 0, True
    while more:
        at += 1
        part = shelf.page(at, size)
        walked, more = walked + part.items, part.more
        assert part.total == count
    match paging:
        case Paging.EXACT:
            assert walked == list(range(count))
        case Paging.REPEATS:
            assert sorted(set(walked)) == list(range(count))
        case Paging.SKIPS:
            assert walked == [number for number in range(count) if number != size]
