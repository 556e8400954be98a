"""Looks for drift: connects, reads what is live, compares it with the state. Takes no lease and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from stackfile.engine.connections import Connections
from stackfile.engine.preview import Stack, connected, unanswered
from stackfile.engine.refresh import refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.errors import ProviderError
from stackfile.plan.drift import Drift, Looking, find_drift, with_causes
from stackfile.plan.known import Known
from stackfile.plan.lookups import find_lookups, ids_of
from stackfile.plan.question import Question
from stackfile.plan.select import Selection


@dataclass(frozen=True, slots=True)
class Looked:
    """A drift with what it was found in."""

    drift: Drift
    known: Known


async def look_for_drift(stack: Stack, selection: Selection) -> Looked:
    """What moved outside the stackfile since the last apply. Raises DiagnosticError."""
    stored = await stack.store.read()
    state = stored.state or stack.empty_state()
    async with connected(stack, stored, Question(selection)) as connections:
        excluded = selection.excluded_providers
        observed = await refresh(stack.configuration, state, connections, stack.clock, excluded)
        refuse_other_scopes(state, observed)
        found = find_lookups(stack.configuration, observed).attributes
        known, now = Known(state, observed, stack.catalog, found), stack.clock.now()
        today = now.date()
        ignored = {
            resource.address: [one for one in resource.lifecycle.ignore_changes if one.holds(today)]
            for resource in stack.configuration.resources.values()
        }
        looked_up = ids_of(stack.configuration, found)
        looking = Looking(selection, ignored, tuple(unanswered(stored)), now, looked_up)
        drift = find_drift(known, await stack.store.seal(), looking)
        losing = sorted({one.repair.provider for one in drift.drifted if one.lost})
        causes = {provider: await _cause(connections, provider) for provider in losing}
        return Looked(with_causes(drift, causes), known)


async def _cause(connections: Connections, provider: str) -> str:
    """Empty where it does not answer any more: what it lost is known all the same."""
    try:
        return await connections.cause_of_loss(provider)
    except ProviderError:
        return ""
