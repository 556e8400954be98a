"""Objects that a list shows in part, made whole: each is read by its id, once as long as the list says it is the same.

The documented lists of connections, pipelines and triggers leave out what was configured (docs.planasonix.com,
api-reference); whether a deployment's do is seen by the items.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from stackfile.errors import NotFound
from stackfile.sdk.rest import RestClient
from stackfile_planasonix.wire import is_gone, unwrapped

_AT_ONCE = 8

Item = Mapping[str, Any]


class Outlines:
    """What was read of objects so far, by path and id."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._read: dict[str, tuple[Item, Item]] = {}
        """The outline that was seen, and the whole object then."""
        self._locks: dict[str, asyncio.Lock] = {}
        """One a path: two kinds that list the same objects at once read them once."""

    def forget(self, url: str) -> None:
        """Must be told of each object that this process changes: the service's times may be too coarse to tell."""
        self._read.pop(url, None)

    async def filled(self, path: str, listed: Sequence[Item], details: tuple[str, ...]) -> list[Item]:
        """The objects whole: those with none of `details` are read. One that is gone meanwhile is left out. Raises
        ProviderError."""
        width = asyncio.Semaphore(_AT_ONCE)

        async def whole(item: Item) -> Item | None:
            if not details or "id" not in item or any(name in item for name in details):
                return item
            url = f"{path}/{quote(str(item['id']), safe='')}"
            seen = self._read.get(url)
            if seen is not None and "updated_at" in item and seen[0] == item:
                return seen[1]
            async with width:
                found = await self._fetched(url)
            if found is not None:
                self._read[url] = item, found
            return found

        async with self._locks.setdefault(path, asyncio.Lock()):
            done = await asyncio.gather(*map(whole, listed), return_exceptions=True)
        for one in done:
            if isinstance(one, BaseException):
                raise one
        return [one for one in done if one is not None and not isinstance(one, BaseException)]

    async def _fetched(self, url: str) -> Item | None:
        try:
            found = unwrapped((await self._client.fetch(url)).json)
        except NotFound:
            return None
        return None if found is None or is_gone(found) else found
