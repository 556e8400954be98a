"""Snapshots of what a source reads: begun, stopped, looked at. The state knows nothing of them: no lease is taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from stackfile.address import Address
from stackfile.engine.able import able
from stackfile.engine.edits import no_state
from stackfile.engine.preview import Stack
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.engine.shelter import sheltered
from stackfile.errors import Ambiguous, ProviderError
from stackfile.plan.observed import Observed
from stackfile.sdk.operations import CanSnapshot, SnapshotProgress, SnapshotRequest
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.state.format import State

Look = Callable[[SnapshotProgress], None]
SEEN_WITHIN: Final = 300.0
"""Seconds until one that was asked for must be seen."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often somebody looks, in seconds."""

    clock: Clock
    every: float


@dataclass(frozen=True, slots=True)
class Begun:
    """A snapshot that the service has taken: what was shown `before`, and last.

    What a service measures may lag behind. As long as nothing new is shown, it is no more than asked for.
    """

    before: SnapshotProgress
    last: SnapshotProgress
    was_seen: bool = False

    @property
    def is_seen(self) -> bool:
        if self.was_seen or self.before.mark != self.last.mark:
            return True
        return not self.last.mark and (self.last.is_running or self.last != self.before)

    @property
    def progress(self) -> SnapshotProgress:
        return self.last if self.is_seen else SnapshotProgress("asked for", is_running=True)

    def then(self, seen: SnapshotProgress) -> Begun:
        return Begun(self.before, seen, self.is_seen)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots of one object."""

    kind: CanSnapshot
    instance: str
    live: Live

    async def begin(self, request: SnapshotRequest) -> Begun:
        """Raises Conflict where one is running. An answer that was lost is looked up."""
        with sheltered(self.instance, "snapshot"):
            before = await self.kind.snapshot_progress(self.live)
            try:
                await self.kind.snapshot(self.live, request)
            except Ambiguous:
                seen = await self.kind.snapshot_progress(self.live)
                if not seen.is_running:
                    raise
                return Begun(before, seen)
            return Begun(before, await self.kind.snapshot_progress(self.live))

    async def stop(self) -> SnapshotProgress:
        """How far it was."""
        with sheltered(self.instance, "stop_snapshot"):
            before = await self.kind.snapshot_progress(self.live)
            await self.kind.stop_snapshot(self.live)
            return before

    async def follow(self, begun: Begun, look: Look, pace: Pace) -> SnapshotProgress:
        """Looks until it is over. Returns how it ended. Raises ProviderError where it is never seen."""
        with sheltered(self.instance, "snapshot_progress"):
            since = pace.clock.monotonic()
            look(begun.progress)
            while begun.progress.is_running:
                waited = pace.clock.monotonic() - since
                if not begun.is_seen and waited >= SEEN_WITHIN:
                    raise ProviderError(f"taken {waited:.0f} s ago, and the service shows none yet; see: stack status")
                await pace.clock.sleep(pace.every)
                begun = begun.then(await self.kind.snapshot_progress(self.live))
                look(begun.progress)
            return begun.progress


@asynccontextmanager
async def snapshots_of(stack: Stack, choose: Callable[[State], Sequence[Address]]) -> AsyncIterator[Snapshots]:
    """Of the one object that is chosen. Raises DiagnosticError for a kind that takes none, ProviderError where it is
    gone."""
    state = (await stack.store.read()).state
    if state is None:
        raise no_state()
    (address,) = choose(state)
    (record,) = able(stack.catalog, ("snapshot", CanSnapshot), state, [state.records[address]], [address])
    connections = stack.connections(state)
    try:
        scope = await connections.scope(record.provider)
        refuse_other_scopes(replace(state, records={address: record}), Observed(scopes={record.provider: scope}))
        kind: Kind[Any] = await connections.kind(record.provider, record.section, record.kind)
        live = await kind.read(record.id)
        if live is None:
            raise ProviderError(f"{record.id} is gone; see: stack plan")
        yield Snapshots(cast(CanSnapshot, kind), record.provider, live)
    finally:
        await connections.close()
