"""Where a run listens: a door is an address and a path at which one source receives. Doors stay open while hops are
made anew, and close when their source is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from stackfile.errors import ProviderError
from stackfile.sdk.provider import Clock
from stackfile_local.engine.inbox import Inbox
from stackfile_local.engine.signatures import Signature


@dataclass(frozen=True, slots=True)
class Door:
    """What one source takes, and from whom. `headers` are those that are kept with an event, in lower case; `id_header`
    and `id_field` say where an event has its id; `key` and `id_field` are dotted paths in the value."""

    source: str
    host: str
    port: int
    path: str
    largest: int
    token: bytes | None = field(default=None, repr=False)
    signature: Signature | None = None
    headers: tuple[str, ...] = ()
    key: str | None = None
    id_header: str | None = None
    id_field: str | None = None


class Listener(Protocol):
    """One address. It asks `doors` for what is at a path at this moment."""

    def close(self) -> None:
        """Ends what is under way."""


Listen = Callable[[str, int, Callable[[str], "tuple[Door, Inbox] | None"], Callable[[], float]], Listener]
"""Opens an address. Raises ProviderError where that cannot be."""


@dataclass
class Doors:
    """All that a run listens at."""

    clock: Clock
    _doors: dict[int, tuple[Door, Inbox]] = field(default_factory=dict, init=False)
    _listeners: dict[tuple[str, int], Listener] = field(default_factory=dict, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def open(self, seq: int, door: Door) -> Inbox:
        """The inbox of a source, which receives from now on, as `door` says. Raises ProviderError."""
        known = self._doors.get(seq)
        inbox = Inbox(self._wake) if known is None else known[1]
        self._doors[seq] = (door, inbox)
        address = (door.host, door.port)
        if address not in self._listeners:
            self._close_unused()  # the source may have been elsewhere before
            self._listeners[address] = _listener()(*address, lambda path: self._at(address, path), self._now)
        return inbox

    def keep(self, seqs: Collection[int]) -> None:
        """Closes the doors of all other sources, and addresses at which nothing is left."""
        for seq in [seq for seq in self._doors if seq not in seqs]:
            self._doors.pop(seq)[1].close()
        self._close_unused()

    def _close_unused(self) -> None:
        used = {(door.host, door.port) for door, _ in self._doors.values()}
        for address in [address for address in self._listeners if address not in used]:
            self._listeners.pop(address).close()

    async def rest(self, seconds: float) -> None:
        """Until something comes, or so long."""
        if not self._listeners:
            await self.clock.sleep(seconds)
            return
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    def _now(self) -> float:
        return self.clock.now().timestamp()

    def _at(self, address: tuple[str, int], path: str) -> tuple[Door, Inbox] | None:
        for door, inbox in list(self._doors.values()):
            if (door.host, door.port, door.path) == (*address, path):
                return door, inbox
        return None

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)


def _listener() -> Listen:
    try:
        from stackfile_local.server.webhooks import listen
    except ModuleNotFoundError as error:
        needed = f"to receive by HTTP {error.name} is needed, which is not installed: pip install 'stackfile[engine]'"
        raise ProviderError(needed) from error
    return listen
