"""Lists in pages: how each way ends, and that a list which cannot be read to its end is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stackfile.errors import ProviderError
from stackfile.sdk.rest import Cursor, LinkHeader, Offset, OnePage, PageNumber, Pages, RestClient, every_item
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import session_of

URL = "http://api.example/v1"
Answer = Callable[[httpx.Request], httpx.Response]


def _walk(pages: Pages, answer: Answer, items: str = "") -> tuple[list[Any], list[str]]:
    """What the walk over /things gives, and the queries that it asked with."""
    queries: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/things"
        queries.append(request.url.query.decode())
        return answer(request)

    async def run() -> list[Any]:
        client = RestClient(URL, session_of(SimulatedClock(), httpx.MockTransport(handle)))
        return [item async for item in every_item(client, "/things", pages, items)]

    return asyncio.run(run()), queries


def _slices(total: int, most: int = 1000, first: int = 1) -> Answer:
    """A service with `total` numbers that knows page (from `first`), offset and limit, and gives at most `most`."""

    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        size = min(int(params["limit"]), most)
        start = int(params["offset"]) if "offset" in params else (int(params["page"]) - first) * size
        end = min(start + size, total)
        return httpx.Response(200, json={"result": list(range(start, end)), "has_next": end < total})

    return answer


ENDS: dict[str, tuple[Pages, Answer, int, list[str]]] = {
    "page numbers end on a short page": (
        PageNumber(size="limit", limit=3),
        _slices(7),
        7,
        ["page=1&limit=3", "page=2&limit=3", "page=3&limit=3"],
    ),
    "page numbers end on an empty page where the last one was full": (
        PageNumber(size="limit", limit=3),
        _slices(6),
        6,
        ["page=1&limit=3", "page=2&limit=3", "page=3&limit=3"],
    ),
    "page numbers may start at nought": (
        PageNumber(size="limit", limit=3, start=0),
        _slices(4, first=0),
        4,
        ["page=0&limit=3", "page=1&limit=3"],
    ),
    "a service that gives fewer than were asked for is believed when it says there are more": (
        PageNumber(size="limit", limit=100, more="has_next"),
        _slices(5, most=2),
        5,
        ["page=1&limit=100", "page=2&limit=100", "page=3&limit=100"],
    ),
    "an empty list is one page": (PageNumber(size="limit", limit=3), _slices(0), 0, ["page=1&limit=3"]),
    "offsets go by what came": (
        Offset(limit=3),
        _slices(7),
        7,
        ["offset=0&limit=3", "offset=3&limit=3", "offset=6&limit=3"],
    ),
    "offsets too may get fewer than were asked for": (
        Offset(limit=100, more="has_next"),
        _slices(5, most=2),
        5,
        ["offset=0&limit=100", "offset=2&limit=100", "offset=4&limit=100"],
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_numbered_pages_are_read_to_their_end(case: str) -> None:
    pages, answer, total, expected = ENDS[case]
    items, queries = _walk(pages, answer, "result")
    assert (items, queries) == (list(range(total)), expected)


def test_a_list_without_pages_is_one_request_without_params() -> None:
    assert _walk(OnePage(), lambda _: httpx.Response(200, json=[1, 2])) == ([1, 2], [""])


def _cursors(*pages: tuple[list[int], Any]) -> Answer:
    """Answers in turn: items and the next cursor."""
    left = list(pages)

    def answer(request: httpx.Request) -> httpx.Response:
        items, cursor = left.pop(0)
        return httpx.Response(200, json={"data": items, "meta": {"page": {"cursor": cursor}}})

    return answer


@pytest.mark.parametrize("end", [None, "", False])
def test_cursors_are_followed_until_there_is_none(end: Any) -> None:
    items, queries = _walk(Cursor("meta.page.cursor"), _cursors(([1, 2], "a b"), ([], "c"), ([3], end)), "data")
    assert (items, queries) == ([1, 2, 3], ["limit=100", "limit=100&cursor=a+b", "limit=100&cursor=c"])


def test_an_answer_without_a_place_for_the_cursor_is_the_last() -> None:
    assert _walk(Cursor("meta.cursor"), lambda _: httpx.Response(200, json={"data": [1]}), "data")[0] == [1]


def test_a_cursor_that_goes_in_a_circle_is_an_error() -> None:
    with pytest.raises(
        ProviderError, match=r"^GET /things: the list cannot be read to its end: its pages go in a circle$"
    ):
        _walk(Cursor("meta.page.cursor"), _cursors(([1], "a"), ([2], "b"), ([3], "a")), "data")


def test_an_empty_page_that_names_itself_as_the_next_is_the_end() -> None:
    items, queries = _walk(Cursor("meta.page.cursor"), _cursors(([1], "a"), ([], "a")), "data")
    assert (items, len(queries)) == ([1], 2)


def test_links_are_followed_with_all_that_they_say() -> None:
    links = [
        '<http://api.example/v1/things?page=2&tag=a&tag=b>; rel="next", <http://api.example/v1/things>; rel="first"',
        "</v1/things?page=3>; title=x; rel=next",
        '<http://api.example/v1/things?page=1>; rel="prev"',
    ]
    answers = [httpx.Response(200, json=[number], headers={"Link": link}) for number, link in enumerate(links)]
    items, queries = _walk(LinkHeader(), lambda _: answers.pop(0))
    assert (items, queries) == ([0, 1, 2], ["per_page=100", "page=2&tag=a&tag=b", "page=3"])


@pytest.mark.parametrize(
    "link",
    ["https://elsewhere.example/v1/things?page=2", "http://api.example/other?page=2", "http://api.example/v10/x"],
)
def test_a_link_to_another_service_is_not_followed_with_our_token(link: str) -> None:
    answer = httpx.Response(200, json=[1], headers={"Link": f'<{link}>; rel="next"'})
    with pytest.raises(ProviderError, match="said to be at another service"):
        _walk(LinkHeader(), lambda _: answer)


def test_a_service_that_ignores_the_page_number_is_noticed() -> None:
    with pytest.raises(ProviderError, match="two pages are the same"):
        _walk(PageNumber(limit=2), lambda _: httpx.Response(200, json=[1, 2]))


def test_more_pages_than_the_maximum_are_an_error() -> None:
    pages = PageNumber(size="limit", limit=1, maximum=3)
    with pytest.raises(ProviderError, match="it has more than 3 pages"):
        _walk(pages, _slices(5), "result")
    assert _walk(pages, _slices(2), "result")[0] == [0, 1]


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        (httpx.Response(200, json={"items": []}), "in `result`"),
        (httpx.Response(200, json={"result": None}), "in `result`"),
        (httpx.Response(200, json=[]), "in `result`"),
        (httpx.Response(200, text="<html>"), "in `result`"),
        (httpx.Response(204), "in `result`"),
    ],
)
def test_an_answer_without_a_list_is_not_an_empty_list(answer: httpx.Response, where: str) -> None:
    with pytest.raises(ProviderError) as caught:
        _walk(PageNumber(), lambda _: answer, "result")
    assert str(caught.value) == f"GET /things: no list {where}; is the url right?"
