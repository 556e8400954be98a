"""Death at every effect: counts the calls to services and to the store, and kills the run at the n-th.

A killed run is dead: from then on each of its effects raises `Killed` and does nothing, whatever its clean-up tries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NoReturn, TypeVar, cast

from stackfile.language.stackfile import Catalog
from stackfile.sdk.provider import Kind, Live, Provider, Session, Settings, Step, Update
from stackfile.state.format import State
from stackfile.state.secrets import Seal
from stackfile.state.store import (
    Capabilities,
    Entry,
    Generation,
    Holder,
    Intent,
    Lease,
    LockInfo,
    Mended,
    Store,
    Stored,
)

T = TypeVar("T")


class Killed(BaseException):
    """The process died here. No `except Exception` may stop it."""


class Side(Enum):
    """Whether death comes before the effect takes place, or after it and before anybody hears of it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Fuse:
    """Counts effects and blows at effect number `at`, counted from 1. `at` None: only counts."""

    at: int | None = None
    side: Side = Side.BEFORE
    count: int = 0
    blown: bool = False
    log: list[str] = field(default_factory=list)

    async def effect(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        """Does one effect, or dies."""
        if self.blown:
            raise Killed
        self.count += 1
        self.log.append(name)
        mine = self.count == self.at
        if mine and self.side is Side.BEFORE:
            self._blow()
        result = await call()
        if mine or self.blown:
            self._blow()
        return result

    def _blow(self) -> NoReturn:
        self.blown = True
        raise Killed


@dataclass(frozen=True)
class RiggedCatalog:
    """A catalog whose providers die by the fuse."""

    inner: Catalog
    fuse: Fuse

    def services(self) -> Sequence[str]:
        return self.inner.services()

    def kinds(self, service: str, section: str) -> Any:
        return self.inner.kinds(service, section)

    def provider(self, service: str) -> type[Provider[Any]]:
        return cast(type[Provider[Any]], _RiggedType(self.inner.provider(service), self.fuse))


@dataclass(frozen=True)
class _RiggedType:
    """Stands for a provider class until it is connected."""

    inner: type[Provider[Any]]
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def connect(self, settings: Settings, session: Session) -> Provider[Any]:
        """What goes over a transport dies at each request, anything else at each verb."""
        transport = session.options.get("transport")
        if transport is None:
            return cast(Provider[Any], _RiggedProvider(await self.inner.connect(settings, session), self.fuse))
        from stackfile.testing.fused import FusedTransport

        options = {**session.options, "transport": FusedTransport(transport, self.fuse)}
        return await self.inner.connect(settings, replace(session, options=options))


@dataclass(frozen=True)
class _RiggedProvider:
    inner: Provider[Any]
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def kinds(self) -> list[Kind[Any]]:
        return [cast(Kind[Any], _RiggedKind(kind, self.fuse)) for kind in self.inner.kinds]


@dataclass(frozen=True)
class _RiggedKind:
    """A kind whose changing verbs are effects. Reads are not: dying in a read leaves nothing behind."""

    inner: Kind[Any]
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def create(self, desired: Any, step: Step) -> Live:
        return await self.fuse.effect(f"create {self.inner.name}", lambda: self.inner.create(desired, step))

    async def update(self, change: Update[Any], step: Step) -> Live:
        return await self.fuse.effect(f"update {self.inner.name}", lambda: self.inner.update(change, step))

    async def pause(self, live: Live) -> Live:
        return await self._operate("pause", live)

    async def resume(self, live: Live) -> Live:
        return await self._operate("resume", live)

    async def start(self, live: Live) -> Live:
        return await self._operate("start", live)

    async def stop(self, live: Live) -> Live:
        return await self._operate("stop", live)

    async def _operate(self, verb: str, live: Live) -> Live:
        call = getattr(self.inner, verb)
        return cast(Live, await self.fuse.effect(f"{verb} {self.inner.name}", lambda: call(live)))

    async def delete(self, live: Live, step: Step) -> None:
        await self.fuse.effect(f"delete {self.inner.name}", lambda: self.inner.delete(live, step))


@dataclass(frozen=True)
class RiggedStore:
    """A store whose writes die by the fuse. `leases` are those that were given."""

    inner: Store
    fuse: Fuse
    leases: list[Lease] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def read(self) -> Stored:
        return await self.inner.read()

    async def seal(self) -> Seal:
        return await self.inner.seal()

    async def acquire(self, holder: Holder, timeout: float = 0.0) -> Lease:
        async def take() -> Lease:
            self.leases.append(await self.inner.acquire(holder, timeout))
            return self.leases[-1]

        return cast(Lease, _RiggedLease(await self.fuse.effect("acquire", take), self.fuse))

    async def lock(self) -> LockInfo | None:
        return await self.inner.lock()

    async def earlier(self, serial: int) -> State:
        return await self.inner.earlier(serial)

    async def mended(self, serial: int) -> Mended:
        return await self.inner.mended(serial)

    async def break_lock(self, id: str) -> LockInfo:
        return await self.inner.break_lock(id)

    async def generations(self) -> Sequence[Generation]:
        return await self.inner.generations()


@dataclass(frozen=True)
class _RiggedLease:
    inner: Lease
    fuse: Fuse

    @property
    def token(self) -> int:
        return self.inner.token

    @property
    def info(self) -> LockInfo:
        return self.inner.info

    @property
    def after(self) -> LockInfo | None:
        return self.inner.after

    async def append(self, entries: Sequence[Entry]) -> None:
        await self.fuse.effect(f"append {entries[0].type}", lambda: self.inner.append(entries))

    async def announce(self, entries: Sequence[Entry]) -> None:
        await self.fuse.effect(f"append {entries[0].type}", lambda: self.inner.announce(entries))

    async def check(self) -> None:
        await self.inner.check()

    async def compact(self, state: State) -> State:
        return await self.fuse.effect("compact", lambda: self.inner.compact(state))

    async def restore(self, state: State, intents: Sequence[Intent] = ()) -> State:
        return await self.fuse.effect("restore", lambda: self.inner.restore(state, intents))

    async def begin_key(self) -> tuple[Seal, Seal]:
        return await self.fuse.effect("begin key", self.inner.begin_key)

    async def keep_key(self) -> None:
        await self.fuse.effect("keep key", self.inner.keep_key)

    async def release(self) -> None:
        await self.fuse.effect("release", self.inner.release)


async def bury(store: Store) -> None:
    """Takes the lock away from a run that died, and ends what is left of it in this process."""
    lock = (await store.read()).lock
    if lock is not None:
        await store.break_lock(lock.id)
    for lease in store.leases if isinstance(store, RiggedStore) else ():
        await lease.release()
