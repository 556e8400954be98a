"""Pages that are asked for ahead: how long a list takes, and that nothing goes on behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stackfile.errors import NotFound
from stackfile.sdk.rest import Offset, PageNumber, Pages, RestClient, every_item
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import session_of

LATENCY = 1.0
TOTAL = "total"


class Things:
    """A service with things that are numbers. Each answer takes a second; `told` is what it says of their number."""

    def __init__(self, count: int, told: int | None = None) -> None:
        self.clock = SimulatedClock()
        self.count = count
        self.told = count if told is None else told
        self.asked: list[int] = []
        self.under_way = 0
        self.fails_at = -1

    async def answer(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        begin = int(params["offset"]) if "offset" in params else (int(params["page"]) - 1) * int(params["limit"])
        self.asked.append(begin)
        self.under_way += 1
        try:
            await self.clock.sleep(LATENCY)
        finally:
            self.under_way -= 1
        if begin == self.fails_at:
            return httpx.Response(404)
        items = list(range(self.count))[begin : begin + int(params["limit"])]
        return httpx.Response(200, json={"items": items, "total": self.told})

    def listed(self, pages: Pages) -> list[Any]:
        """All of them. Nothing is under way once the list is read, or could not be."""

        async def run() -> list[Any]:
            client = RestClient("http://h.example", session_of(self.clock, httpx.MockTransport(self.answer)))
            try:
                return [item async for item in every_item(client, "/things", pages, "items")]
            finally:
                assert self.under_way == 0

        return asyncio.run(run())


WAYS: dict[str, Callable[[str], Pages]] = {
    "page numbers": lambda total: PageNumber(size="limit", limit=3, total=total),
    "offsets": lambda total: Offset(limit=3, total=total),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_list_that_tells_its_length_is_read_in_a_few_rounds(way: str) -> None:
    things = Things(30)
    assert things.listed(WAYS[way](TOTAL)) == list(range(30))
    assert sorted(things.asked) == list(range(0, 33, 3))
    assert things.clock.monotonic() == 3 * LATENCY  # the first page, and twice five


@pytest.mark.parametrize("way", WAYS)
def test_where_no_length_is_told_a_page_is_asked_for_after_the_other(way: str) -> None:
    things = Things(30)
    assert things.listed(WAYS[way]("")) == list(range(30))
    assert things.clock.monotonic() == 11 * LATENCY


def test_a_list_that_is_shorter_than_it_said_ends_where_it_ends() -> None:
    things = Things(4, told=3000)
    assert things.listed(WAYS["page numbers"](TOTAL)) == [0, 1, 2, 3]
    assert things.asked == [0, 3, 6, 9, 12, 15]
    assert things.clock.monotonic() == 2 * LATENCY


def test_a_list_that_is_longer_than_it_said_is_read_to_its_end() -> None:
    things = Things(20, told=7)
    assert things.listed(WAYS["page numbers"](TOTAL)) == list(range(20))
    assert things.asked == list(range(0, 21, 3))


def test_a_page_that_cannot_be_had_ends_the_list_and_those_that_were_ahead_of_it() -> None:
    things = Things(30)
    things.fails_at = 6
    with pytest.raises(NotFound):
        things.listed(WAYS["page numbers"](TOTAL))
    assert set(things.asked) == {0, 3, 6, 9, 12, 15, 18}


def test_a_page_that_cannot_be_had_and_is_not_wanted_is_no_error() -> None:
    things = Things(4, told=3000)
    things.fails_at = 9
    assert things.listed(WAYS["page numbers"](TOTAL)) == [0, 1, 2, 3]
