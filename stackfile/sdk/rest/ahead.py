"""Pages of one list that are asked for before the walk over it comes to them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from stackfile.sdk.rest.answer import Response

Fetch: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[Response]]

WIDTH: Final = 5
"""How many are asked for ahead at most: as many calls are lost where a list ends sooner than it said."""


class Ahead:
    """The pages at `path`, fetched as they are wanted, and up to `WIDTH` of those that were foreseen before that.

    What goes wrong with a page is raised when it is wanted; with one that nobody wants nothing goes wrong.
    """

    def __init__(self, fetch: Fetch, path: str) -> None:
        self._fetch = fetch
        self._path = path
        self._foreseen: deque[Mapping[str, Any]] = deque()
        self._running: deque[tuple[Mapping[str, Any], asyncio.Future[Response]]] = deque()

    def foresee(self, params: Sequence[Mapping[str, Any]]) -> None:
        """These will probably be wanted, in this order."""
        self._foreseen.extend(params)
        self._fill()

    async def fetch(self, path: str, params: Mapping[str, Any]) -> Response:
        """A page, asked for by now or already. Raises as the client does."""
        if not self._running or (path, params) != (self._path, self._running[0][0]):
            return await self._fetch(path, params)
        _, running = self._running[0]
        response = await running
        self._running.popleft()
        self._fill()
        return response

    async def close(self) -> None:
        """Gives up what was not wanted; nothing goes on behind it."""
        self._foreseen.clear()
        left = [running for _, running in self._running]
        self._running.clear()
        for running in left:
            running.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _fill(self) -> None:
        while self._foreseen and len(self._running) < WIDTH:
            params = self._foreseen.popleft()
            self._running.append((params, asyncio.ensure_future(self._fetch(self._path, params))))
