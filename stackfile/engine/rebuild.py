"""Rebuilds a lost state from what is live: proposes, asks, and takes only what a yes was said to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stackfile.engine.absence import in_full
from stackfile.engine.edits import leased, refuse_unsettled
from stackfile.engine.preview import Stack
from stackfile.engine.records import Seen, confirmed
from stackfile.engine.refresh import refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.plan.known import Known
from stackfile.plan.planner import resource_graph
from stackfile.plan.rebuilding import Match, Rebuilding, rebuild, rebuilt
from stackfile.state.format import Record
from stackfile.state.store import Holder


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was proposed, and the serial of the state that has it; None where somebody said no, or for nothing."""

    rebuilding: Rebuilding
    serial: int | None


async def rebuild_state(
    stack: Stack, approve: Callable[[Rebuilding], bool], holder: Holder, timeout: float = 0.0
) -> Rebuilt:
    """One bulk read. Raises DiagnosticError, Refused, LockHeld, StateError."""
    async with leased(stack.store, holder, timeout) as lease:
        stored = await stack.store.read()
        refuse_unsettled(stored)
        state = stored.state or stack.empty_state()
        graph = resource_graph(stack.configuration, state, destroy=False)
        connections = stack.connections(state)
        try:
            observed = await refresh(stack.configuration, state, connections, stack.clock, frozenset())
            objects = {key: await in_full(await connections.kind(*key), of) for key, of in observed.objects.items()}
            observed = replace(observed, objects=objects)
        finally:
            await connections.close()
        refuse_other_scopes(state, observed)
        seal = await stack.store.seal()
        found = rebuild(stack.configuration, graph, Known(state, observed, stack.catalog), seal)
        if not found.matches or not approve(found):
            return Rebuilt(found, None)
        records = [_record(stack, match) for match in found.matches]
        return Rebuilt(found, (await lease.compact(rebuilt(state, records))).serial)


def _record(stack: Stack, match: Match) -> Record:
    record, now = match.record, stack.clock.now()
    schema = stack.configuration.resources[record.address].schema
    seen = Seen(schema, match.live, record.applied, now)
    return confirmed(replace(record, created_at=match.live.created_at or now), record.applied, seen)
