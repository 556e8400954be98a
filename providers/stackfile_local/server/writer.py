"""The one thread that writes: it takes whatever waits, does it in one transaction, and answers all at once when that
is durable. So many clients share one flush of the disk.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, cast

from stackfile.errors import ProviderError
from stackfile_local.engine.store import Store
from stackfile_local.server.appending import Append, append_all
from stackfile_local.server.consumers import Commit, commit
from stackfile_local.server.errors import INTERNAL, QUOTA_EXCEEDED, TIMEOUT, UNAVAILABLE, ApiError, of_engine
from stackfile_local.server.known_streams import KnownStreams

T = TypeVar("T")
Work: TypeAlias = "Append | Commit | Callable[[Store], Any]"
"""Appends and commits share transactions; anything else makes its own."""

_MOST_BYTES = 32 * 2**20
_MOST = 2000

_log = logging.getLogger("stackfile.server")


@dataclass(slots=True, eq=False)
class _Item:
    work: Work
    size: int
    answer: asyncio.Future[Any]


@dataclass
class Writer:
    """Owns a store of its own. `moved` is called in the loop with the streams that got events."""

    open_store: Callable[[], Store]
    moved: Callable[[frozenset[int]], None]
    most_pending: int
    transactions: int = 0
    appended: int = 0
    pending: int = 0
    """Bytes of requests that wait."""
    _queue: deque[_Item] = field(default_factory=deque, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _ending: bool = field(default=False, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="writer")
        self._thread.start()

    def end(self) -> None:
        """Takes nothing more; what waits is still written."""
        with self._changed:
            self._ending = True
            self._changed.notify()

    async def stop(self) -> None:
        """Writes what waits, then ends."""
        self.end()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def append(self, request: Append, size: int, timeout: float) -> Append:
        """Raises ApiError."""
        await self._done(request, size, timeout)
        if request.wrong is not None:
            raise request.wrong
        return request

    async def commit(self, request: Commit, timeout: float) -> None:
        """Raises ApiError."""
        await self._done(request, 100 * len(request.offsets), timeout)
        if request.wrong is not None:
            raise request.wrong

    async def call(self, work: Callable[[Store], T]) -> T:
        """What `work` returns; it is given the writer's store, and makes its own transactions. Raises ApiError."""
        return cast(T, await self._done(work, 0, None))

    async def _done(self, work: Work, size: int, timeout: float | None) -> Any:
        loop = asyncio.get_running_loop()
        if self.pending + size > self.most_pending and self.pending:
            says = "too much waits for the disk: come again"
            raise ApiError(QUOTA_EXCEEDED, says, headers={"Retry-After": "1"})
        item = _Item(work, size, loop.create_future())
        with self._changed:
            if self._ending:
                raise ApiError(UNAVAILABLE, "the server is stopping")
            self._queue.append(item)
            self.pending += size
            self._changed.notify()
        if timeout is None:
            return await item.answer
        expiry = loop.call_later(timeout, self._expire, item)
        try:
            return await item.answer
        finally:
            expiry.cancel()

    def _expire(self, item: _Item) -> None:
        """Takes a request back that nobody has begun to write; one that is under way gets its true answer."""
        with self._changed:
            if item not in self._queue:
                return
            self._queue.remove(item)
            self.pending -= item.size
        if not item.answer.done():
            item.answer.set_exception(ApiError(TIMEOUT, "it was not written in time, and will not be"))

    def _run(self) -> None:
        store = self.open_store()
        known = KnownStreams(store)
        try:
            while self._wait():
                self._turn(store, known)
        finally:
            store.close()

    def _wait(self) -> bool:
        with self._changed:
            while not self._queue and not self._ending:
                self._changed.wait()
            return bool(self._queue)

    def _turn(self, store: Store, known: KnownStreams) -> None:
        with self._changed:
            shared = bool(self._queue) and isinstance(self._queue[0].work, Append | Commit)
            alone = None if shared or not self._queue else self._queue.popleft()
        if alone is not None:
            self._settle([(alone, _outcome(alone.work, store))], frozenset())
        elif shared:
            self._write(store, known)

    def _write(self, store: Store, known: KnownStreams) -> None:
        """Requests are taken once the transaction has begun: until then each may still be taken back."""
        items: list[_Item] = []
        streams: frozenset[int] = frozenset()
        outcome: object = None
        try:
            with store.transaction() as transaction:
                items = self._take()
                now = store.append_time(transaction)
                appends = [item.work for item in items if isinstance(item.work, Append)]
                streams = append_all(transaction, known, appends, now)
                for item in items:
                    if isinstance(item.work, Commit):
                        commit(transaction, known, item.work, now)
            self.transactions += 1
            self.appended += sum(len(one.placed) for one in appends)
        except Exception as error:
            items = items or self._take()
            outcome, streams = _told(error), frozenset()
        self._settle([(item, outcome) for item in items], streams)

    def _take(self) -> list[_Item]:
        items: list[_Item] = []
        size = 0
        with self._changed:
            while self._queue and len(items) < _MOST and size <= _MOST_BYTES:
                if not isinstance(self._queue[0].work, Append | Commit):
                    break
                items.append(self._queue.popleft())
                size += items[-1].size
        return items

    def _settle(self, done: Sequence[tuple[_Item, object]], streams: frozenset[int]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell, done, streams)

    def _tell(self, done: Sequence[tuple[_Item, object]], streams: frozenset[int]) -> None:
        for item, outcome in done:
            self.pending -= item.size
            if item.answer.done():
                continue
            if isinstance(outcome, ApiError):
                item.answer.set_exception(outcome)
            else:
                item.answer.set_result(outcome)
        if streams:
            self.moved(streams)


def _outcome(work: Any, store: Store) -> object:
    try:
        return work(store)
    except Exception as error:
        return _told(error)


def _told(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, ProviderError):
        return of_engine(error)
    _log.error("a write failed", exc_info=error)
    return ApiError(INTERNAL, f"a mistake in the engine: {type(error).__name__}")
