"""How services cut a list into pages, as small values, and the one walk over them.

A list that is not read to its end looks like objects that are gone, so whatever is odd about a page ends the walk with
an error: an answer without a list, a page that comes again, a cursor that goes in a circle, more pages than `maximum`.
Pages that are asked for ahead of the walk change nothing of that: it takes them in their order, and ends as without.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from stackfile.errors import ProviderError
from stackfile.sdk.rest.ahead import Ahead
from stackfile.sdk.rest.answer import Response
from stackfile.sdk.rest.client import RestClient
from stackfile.values import get

Items: TypeAlias = str | Callable[[Any], object]
"""Where an answer has its items: a dotted name (empty: it is the list), or what finds them and gives None for none."""

_MAXIMUM = 10_000
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_NEXT = re.compile(r""";\s*rel\s*=\s*("[^"]*\bnext\b[^"]*"|next\b)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read: what it was asked with, and what it held."""

    params: Mapping[str, Any]
    items: Sequence[Any]
    response: Response


@dataclass(frozen=True, slots=True)
class Further:
    """What to ask for the next page: other params, or a link that the service gave."""

    params: Mapping[str, Any] = field(default_factory=dict)
    link: str | None = None


class Pages(Protocol):
    """A way of paging."""

    @property
    def maximum(self) -> int:
        """More pages than this are a fault."""

    def first(self) -> Mapping[str, Any]:
        """The params that the first page is asked with, beside the list's own."""

    def after(self, page: Page) -> Further | None:
        """What follows a page; None at the end."""


@runtime_checkable
class Foreseeing(Protocol):
    """A way of paging whose first page may tell what the further ones are asked with."""

    def ahead(self, first: Page) -> Sequence[Mapping[str, Any]]:
        """The params of the pages that will probably follow, in order; none where that is not known."""


@dataclass(frozen=True, slots=True)
class OnePage:
    """Everything comes at once."""

    maximum: int = 1

    def first(self) -> Mapping[str, Any]:
        return {}

    def after(self, page: Page) -> Further | None:
        return None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """`?page=2&page_size=100`, ending on a short page.

    `more` is where an answer says that there are further pages. It keeps the walk going over a page that is short only
    because the service allows fewer items than were asked for; it never ends the walk.
    `total` is where an answer says how many items there are. By it further pages are asked for at once, and it is never
    believed: where it is wrong the walk ends as without it, after a few calls that were not needed.
    """

    page: str = "page"
    size: str = "page_size"
    limit: int = 100
    start: int = 1
    more: str = ""
    maximum: int = _MAXIMUM
    total: str = ""

    def first(self) -> Mapping[str, Any]:
        return {self.page: self.start, self.size: self.limit}

    def after(self, page: Page) -> Further | None:
        if _is_last(page, self.limit, self.more):
            return None
        return Further({**page.params, self.page: page.params[self.page] + 1})

    def ahead(self, first: Page) -> Sequence[Mapping[str, Any]]:
        last = self.start + min(_full_pages(first, self.limit, self.total), self.maximum - 1)
        return [{**first.params, self.page: number} for number in range(self.start + 1, last + 1)]


@dataclass(frozen=True, slots=True)
class Offset:
    """`?offset=200&limit=100`, ending on a short page; `more` and `total` as for `PageNumber`."""

    offset: str = "offset"
    size: str = "limit"
    limit: int = 100
    more: str = ""
    maximum: int = _MAXIMUM
    total: str = ""

    def first(self) -> Mapping[str, Any]:
        return {self.offset: 0, self.size: self.limit}

    def after(self, page: Page) -> Further | None:
        if _is_last(page, self.limit, self.more):
            return None
        return Further({**page.params, self.offset: page.params[self.offset] + len(page.items)})

    def ahead(self, first: Page) -> Sequence[Mapping[str, Any]]:
        full = min(_full_pages(first, self.limit, self.total), self.maximum - 1)
        return [{**first.params, self.offset: number * self.limit} for number in range(1, full + 1)]


@dataclass(frozen=True, slots=True)
class Cursor:
    """`?cursor=opaque`, the next one being at `at` in each answer (`meta.page.cursor`); null, empty or absent ends."""

    at: str
    cursor: str = "cursor"
    size: str = "limit"
    limit: int = 100
    maximum: int = _MAXIMUM

    def first(self) -> Mapping[str, Any]:
        return {self.size: self.limit}

    def after(self, page: Page) -> Further | None:
        cursor = get(page.response.json, tuple(self.at.split(".")))
        return Further({**page.params, self.cursor: cursor}) if cursor not in (None, "", False) else None


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """A `Link` header whose `rel="next"` leads on."""

    size: str = "per_page"
    limit: int = 100
    maximum: int = _MAXIMUM

    def first(self) -> Mapping[str, Any]:
        return {self.size: self.limit}

    def after(self, page: Page) -> Further | None:
        links = _LINK.findall(page.response.headers.get("link", ""))
        return next((Further(link=target) for target, about in links if _NEXT.search(about)), None)


async def every_item(
    client: RestClient, path: str, pages: Pages, items: Items = "", params: Mapping[str, Any] | None = None
) -> AsyncIterator[Any]:
    """All items of a list, page after page. `items` is where an answer has them; empty: the answer is the list."""
    ahead = Ahead(client.fetch, path)
    try:
        async for page in _every_page(client, ahead, path, pages, items, {**(params or {}), **pages.first()}):
            for item in page:
                yield item
    finally:
        await ahead.close()


async def _every_page(
    client: RestClient, ahead: Ahead, path: str, pages: Pages, items: Items, asked: Mapping[str, Any]
) -> AsyncIterator[Sequence[Any]]:
    at = path
    seen = {_mark(at, asked)}
    before: Sequence[Any] = ()
    for number in range(pages.maximum):
        response = await ahead.fetch(at, asked)
        found = _items(response, path, items)
        if found and found == before:
            raise _incomplete(path, "two pages are the same")
        page = Page(asked, found, response)
        if number == 0 and isinstance(pages, Foreseeing):
            ahead.foresee(pages.ahead(page))
        yield found
        further = pages.after(page)
        if further is None:
            return
        at, asked = client.follow(at, further.link) if further.link is not None else (at, further.params)
        if _mark(at, asked) in seen:
            if not found:
                return  # an empty page that names itself as the next one is how some services say "no more"
            raise _incomplete(path, "its pages go in a circle")
        seen.add(_mark(at, asked))
        before = found
    raise _incomplete(path, f"it has more than {pages.maximum} pages")


def _items(response: Response, path: str, items: Items) -> Sequence[Any]:
    if callable(items):
        found, where = items(response.json), "in the answer"
    else:
        found = get(response.json, tuple(items.split("."))) if items else response.json
        where = f"in `{items}`" if items else "in the answer"
    if isinstance(found, list):
        return found
    raise ProviderError(f"GET {path}: no list {where}; is the url right?", "GET", path, response.status)


def _is_last(page: Page, limit: int, more: str) -> bool:
    says_more = bool(more) and get(page.response.json, tuple(more.split("."))) is True
    return not page.items or (len(page.items) < limit and not says_more)


def _full_pages(first: Page, limit: int, total: str) -> int:
    """How many pages are full, by what the first one says; the one after them is short and ends the list. A first page
    that is not full tells nothing: the service may allow fewer items than were asked for."""
    said = get(first.response.json, tuple(total.split("."))) if total else None
    if type(said) is not int or len(first.items) != limit:
        return 0
    return max(0, said) // limit


def _mark(path: str, params: Mapping[str, Any]) -> tuple[str, str]:
    return path, repr(sorted(params.items()))


def _incomplete(path: str, why: str) -> ProviderError:
    return ProviderError(f"GET {path}: the list cannot be read to its end: {why}", "GET", path)
