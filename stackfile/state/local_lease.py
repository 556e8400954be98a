"""The lease of the local backend: what many tasks append at one time shares one write and one sync."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from stackfile.errors import StateError
from stackfile.state.format import State
from stackfile.state.grip import Grip, Heartbeat
from stackfile.state.journal import print_entry
from stackfile.state.keys import Keys
from stackfile.state.recorder import Line, Recorder
from stackfile.state.secrets import Seal
from stackfile.state.store import Entry, Intent, LockInfo

T = TypeVar("T")


@dataclass
class _Waiting:
    """`then_sent`: a request follows, for which the lease has to hold."""

    lines: list[Line]
    then_sent: bool
    settled: asyncio.Future[None]


class LocalLease:
    """Work on files runs in threads, one piece at a time, and to its end even if whoever asked for it is cancelled."""

    def __init__(self, grip: Grip, recorder: Recorder, heartbeat: Heartbeat, keys: Keys) -> None:
        self._grip, self._recorder, self._heartbeat, self._keys = grip, recorder, heartbeat, keys
        self._one_at_a_time = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._released = False

    @property
    def token(self) -> int:
        return self._grip.lock.token

    @property
    def info(self) -> LockInfo:
        return self._grip.lock.info(alive=True)

    @property
    def after(self) -> LockInfo | None:
        before = self._grip.after
        return before.info(alive=False) if before is not None else None

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._written(entries, then_sent=False)

    async def announce(self, entries: Sequence[Entry]) -> None:
        await self._written(entries, then_sent=True)

    async def _written(self, entries: Sequence[Entry], then_sent: bool) -> None:
        lines = [(entry, print_entry(entry)) for entry in entries]
        waiting = _Waiting(lines, then_sent, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await waiting.settled

    async def _write_waiting(self) -> None:
        async with self._one_at_a_time:
            while self._waiting:
                together, self._waiting = self._waiting, []
                lost: BaseException | None = None
                failure: BaseException | None = None
                try:
                    lost = await asyncio.to_thread(self._write, together)
                except BaseException as error:
                    lost = failure = error
                for waiting in together:
                    _settle(waiting.settled, lost if waiting.then_sent else failure)

    def _write(self, together: Sequence[_Waiting]) -> StateError | None:
        """Returns what keeps requests from being sent although all is written. A change of threads costs more than what
        is done in this one, so the lease is looked at here, once for all of them."""
        self._recorder.append([line for waiting in together for line in waiting.lines])
        if any(waiting.then_sent for waiting in together):
            try:
                self._grip.check()
            except StateError as error:
                return error
        return None

    async def check(self) -> None:
        await asyncio.to_thread(self._grip.check)

    async def compact(self, state: State) -> State:
        return await self._alone(lambda: self._recorder.compact(state))

    async def restore(self, state: State, intents: Sequence[Intent] = ()) -> State:
        return await self._alone(lambda: self._recorder.restore(state, intents))

    async def begin_key(self) -> tuple[Seal, Seal]:
        return await self._alone(self._keys.begin)

    async def keep_key(self) -> None:
        await self._alone(self._keys.keep)

    async def release(self) -> None:
        if self._released:
            return
        self._released = True
        await self._alone(self._let_go)

    def _let_go(self) -> None:
        self._heartbeat.stop()
        self._grip.drop()

    async def _alone(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            async with self._one_at_a_time:
                return await asyncio.to_thread(work)

        return await asyncio.shield(asyncio.create_task(run()))


def _settle(future: asyncio.Future[None], failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(failure)
