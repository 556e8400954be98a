"""A folder for a local store, and the world that its clients live in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from stackfile.address import Address
from stackfile.errors import Diagnostic, StateError
from stackfile.state.files import Files
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.lock import LeaseTimes
from stackfile.state.store import Lease, Store
from stackfile.testing.entries import record, result
from stackfile.testing.store import begun, state_of
from stackfile.testing.world import Process, World

STILL = LeaseTimes(beat=3600, ttl=30, grace=10)


class Place:
    """One folder, and the world that its clients live in."""

    def __init__(self, root: Path) -> None:
        self.root = root / ".stack" / "prod"
        self.world = World()
        self.process: Process = self.world.process()

    def open(self, files: Files | None = None, host: str = "here", key: bytes | None = None) -> LocalStore:
        self.process = self.world.process(host)
        surroundings = Surroundings(files or Files(), self.process, STILL)
        return LocalStore(self.root, "orders", "prod", (lambda: key) if key else None, surroundings)

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.root.parent).as_posix() for path in self.root.parent.rglob("*"))

    def mode(self, name: str) -> str:
        return oct((self.root / name).stat().st_mode & 0o777)


def told(story: Callable[[], Awaitable[None]]) -> None:
    async def telling() -> None:
        await story()

    asyncio.run(telling())


def only(error: StateError) -> Diagnostic:
    (diagnostic,) = error.diagnostics
    return diagnostic


async def compacted(store: Store, *records: str) -> Lease:
    """A lease of a stack with these resources in its snapshot."""
    addresses = [Address("streams", name) for name in records]
    lease = await begun(store, *(result(address, record(address)) for address in addresses))
    await lease.compact(await state_of(store))
    return lease
