"""Looks for drift: connects, reads what is live, compares it with the state. Takes no lease and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from stackfile.engine.preview import Stack, connected, unanswered
from stackfile.engine.refresh import refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.plan.drift import Drift, Looking, find_drift
from stackfile.plan.known import Known
from stackfile.plan.planner import Question
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
        known = Known(state, observed, stack.catalog)
        today = stack.clock.now().date()
        ignored = {
            resource.address: [one for one in resource.lifecycle.ignore_changes if one.holds(today)]
            for resource in stack.configuration.resources.values()
        }
        looking = Looking(selection, ignored, tuple(unanswered(stored)))
        return Looked(find_drift(known, await stack.store.seal(), looking), known)
