"""Gives the secrets of a state a new key. Killed at any moment, the key in use is the one that the state is under."""

from __future__ import annotations

from stackfile.engine.edits import leased, no_state, refuse_unsettled
from stackfile.engine.preview import Stack
from stackfile.plan.known import Known
from stackfile.plan.observed import Observed
from stackfile.plan.planner import resource_graph
from stackfile.plan.rekeying import Rekeyed, rekey
from stackfile.state.store import Holder


async def rekey_state(stack: Stack, holder: Holder, timeout: float = 0.0) -> Rekeyed:
    """No service is asked for anything. Raises StateError, LockHeld, DiagnosticError."""
    async with leased(stack.store, holder, timeout) as lease:
        stored = await stack.store.read()
        refuse_unsettled(stored)
        if stored.state is None:
            raise no_state()
        old, new = await lease.begin_key()
        graph = resource_graph(stack.configuration, stored.state, destroy=False)
        known = Known(stored.state, Observed(), stack.catalog)
        done = rekey(stack.configuration, graph.order, known, old, new)
        state = await lease.compact(done.state)
        await lease.keep_key()
        return Rekeyed(state, done.sealed, done.changed, done.stale)
