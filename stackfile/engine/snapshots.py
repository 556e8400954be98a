"""Snapshots of what a source reads: begun, stopped, looked at. The state knows nothing of them: no lease is taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

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


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots of one object."""

    kind: CanSnapshot
    instance: str
    live: Live

    async def begin(self, request: SnapshotRequest) -> SnapshotProgress:
        """Raises Conflict where one is running. An answer that was lost is looked up."""
        with sheltered(self.instance, "snapshot"):
            try:
                await self.kind.snapshot(self.live, request)
            except Ambiguous:
                seen = await self.kind.snapshot_progress(self.live)
                if not seen.is_running:
                    raise
                return seen
            return await self.kind.snapshot_progress(self.live)

    async def stop(self) -> SnapshotProgress:
        """How far it was."""
        with sheltered(self.instance, "stop_snapshot"):
            before = await self.kind.snapshot_progress(self.live)
            await self.kind.stop_snapshot(self.live)
            return before

    async def follow(self, look: Look, every: float, clock: Clock) -> SnapshotProgress:
        """Looks until it is over, `every` so many seconds. Returns how it ended."""
        with sheltered(self.instance, "snapshot_progress"):
            while True:
                seen = await self.kind.snapshot_progress(self.live)
                look(seen)
                if not seen.is_running:
                    return seen
                await clock.sleep(every)


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
