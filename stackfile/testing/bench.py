"""A workbench for tests: resources as plain data in, plans and applies out, through the real engine and a store."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import yaml

from stackfile.address import Address
from stackfile.engine.apply import Applied, Orders
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import Deliver, nobody_delivers
from stackfile.engine.edits import edit
from stackfile.engine.operate import Approval, execute
from stackfile.engine.preview import Stack, preview
from stackfile.events import Event
from stackfile.language.load import load
from stackfile.language.stackfile import Catalog, Configuration, Inputs
from stackfile.plan.mask import mask
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.sdk.provider import Kind, Provider, Session
from stackfile.sdk.schema import Schema
from stackfile.state.edits import without
from stackfile.state.files import Files
from stackfile.state.format import Origin, Record, State
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.store import Holder, Store
from stackfile.testing.faults import Fuse, Killed, RiggedCatalog, RiggedStore, bury
from stackfile.values import Tree

if TYPE_CHECKING:
    from stackfile.testing.simulator import Calls, Faults

T = TypeVar("T")

STACK, ENV = "bench", "default"


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_800_000_000 + self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


class Disturbed(Protocol):
    """A service that fails on order and counts its calls: a `Simulator`, or any ASGI app with `Weather` around it."""

    @property
    def faults(self) -> Faults: ...

    @property
    def calls(self) -> Calls: ...


@dataclass(frozen=True)
class World:
    """One service, fresh, how a stackfile reaches it, and where the stack's state is kept. `close` ends it.

    `kept` gives all bytes that the store keeps. `holds` tells whether the service was given a secret, where a
    simulator knows. `service` is what faults are ordered from; None where nothing can fail.
    """

    provider: type[Provider[Any]]
    settings: Tree
    session: Callable[[str], Session]
    store: Store
    kept: Callable[[], bytes]
    holds: Callable[[str], bool] | None = None
    close: Callable[[], None] = lambda: None
    service: Disturbed | None = None


class Unsynced(Files):
    """Files that survive a death of the process, which is all that a test inside one process can see."""

    def effect(self, name: str, path: Path, act: Callable[[], T]) -> T:
        return cast(T, None) if name.startswith("fsync") else act()


def quick_store(folder: Path) -> LocalStore:
    """A real store in a folder, without the waits for a disk."""
    return LocalStore(folder, STACK, ENV, surroundings=Surroundings(files=Unsynced()))


def bytes_under(folder: Path) -> bytes:
    """Every file of a folder, one after the other."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@dataclass(frozen=True)
class OneProvider:
    """The catalog of one provider."""

    only: type[Provider[Any]]

    def services(self) -> list[str]:
        return [self.only.name]

    def provider(self, service: str) -> type[Provider[Any]]:
        return {self.only.name: self.only}[service]

    def kinds(self, service: str, section: str) -> dict[str, type[Kind[Any]]]:
        return {kind.name: kind for kind in self.provider(service).kind_types if kind.section == section}


@dataclass
class Bench:
    """One stack of one provider. `state` is the state after the last apply; `events` all that was told; `deliver`
    takes the secrets that its service shows once."""

    world: World
    catalog: Catalog
    connections: Connections
    state: State | None = None
    deliver: Deliver = nobody_delivers
    events: list[Event] = field(default_factory=list)

    @classmethod
    def over(cls, world: World) -> Bench:
        catalog = OneProvider(world.provider)
        uses = _configuration({}, world, catalog).providers
        return cls(world, catalog, Connections(uses, catalog, world.session))

    async def plan(self, resources: Mapping[str, Tree], question: Question | None = None) -> Plan:
        stack = self._stack(resources, self.catalog, self.world.store)
        return (await preview(stack, question or Question())).plan

    async def apply(self, resources: Mapping[str, Tree], fuse: Fuse | None = None) -> Applied:
        """Applies with every guard answered. Raises Killed by the fuse, and AssertionError when a stage failed."""
        applied = await self.attempt(resources, fuse)
        errors = [report.error for report in applied.reports.values() if report.error is not None]
        if errors:
            raise AssertionError(f"the apply failed: {errors}") from errors[0]
        return applied

    async def attempt(
        self,
        resources: Mapping[str, Tree],
        fuse: Fuse | None = None,
        question: Question | None = None,
        orders: Orders | None = None,
    ) -> Applied:
        """As `apply`, but a failed stage is part of what comes back. Whoever died is buried."""
        catalog: Catalog = self.catalog
        store: Store = self.world.store
        if fuse is not None:
            catalog, store = RiggedCatalog(catalog, fuse), RiggedStore(store, fuse)
        stack = self._stack(resources, catalog, store)
        holder = Holder("test", "stack apply", uuid.uuid4().hex)
        approval = Approval(lambda planned: True, orders or Orders(), holder, Origin())
        try:
            applied = await execute(stack, question or Question(), approval)
        except Killed:
            await bury(store)
            raise
        if applied is None:
            raise AssertionError("the approval said yes")
        self.state = applied.state
        return applied

    async def forget(self, address: Address) -> None:
        """The state lets go of an object, which stays as it is."""
        holder = Holder("test", "stack state rm", uuid.uuid4().hex)
        edited = await edit(self.world.store, holder, lambda state: without(state, [address]))
        self.state = edited.after

    def record(self, address: Address) -> Record | None:
        return self.state.records.get(address) if self.state is not None else None

    async def kind(self, address: Address) -> Kind[Any]:
        """The kind of a resource of this stack, on a connection of its own."""
        kinds = self.catalog.kinds(self.world.provider.name, address.section)
        record = self.record(address)
        name = record.kind if record is not None else next(iter(kinds))
        return await self.kind_named(address.section, name)

    async def kind_named(self, section: str, name: str) -> Kind[Any]:
        return await self.connections.kind(self.world.provider.name, section, name)

    async def desired(self, resources: Mapping[str, Tree], address: Address) -> tuple[Schema, Tree]:
        """What is wanted of a resource whose references exist, and the schema of that."""
        configuration = self.configuration(resources)
        planned = await preview(self._stack(resources, self.catalog, self.world.store), Question())
        resource = configuration.resources[address]
        return resource.schema, mask(resource.schema, configuration.resolve(resource, planned.known.attributes))

    def stack(self, resources: Mapping[str, Tree]) -> Stack:
        """The stack of these resources, for whatever works on a whole one."""
        return self._stack(resources, self.catalog, self.world.store)

    def configuration(self, resources: Mapping[str, Tree]) -> Configuration:
        return _configuration(resources, self.world, self.catalog)

    async def close(self) -> None:
        await self.connections.close()

    def _stack(self, resources: Mapping[str, Tree], catalog: Catalog, store: Store) -> Stack:
        configuration = _configuration(resources, self.world, catalog)
        clock = self.world.session(self.world.provider.name).clock
        return Stack(
            configuration,
            catalog,
            store,
            clock,
            self.world.session,
            self.events.append,
            _lineage,
            deliver=self.deliver,
        )


def _lineage() -> str:
    return uuid.uuid4().hex


def _configuration(resources: Mapping[str, Tree], world: World, catalog: Catalog) -> Configuration:
    document: dict[str, Any] = {"version": 1, "name": STACK}
    document["providers"] = {world.provider.name: dict(world.settings)}
    document["defaults"] = {"provider": world.provider.name}
    for address, body in resources.items():
        section, dot, key = address.partition(".")
        if dot:
            document.setdefault(section, {})[key] = dict(body)
        else:
            document.update(body)  # whole sections, those that are lists too
    return load(yaml.safe_dump(document, sort_keys=False).encode(), "stack.yaml", Inputs(), catalog)
