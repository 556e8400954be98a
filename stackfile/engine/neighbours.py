"""Which objects other environments have, as far as their states can be seen from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackfile.plan.observed import Observed, Owned
from stackfile.state.store import KnowsNeighbours, Store


async def with_neighbours(observed: Observed, store: Store) -> Observed:
    """What was seen, with who else has it. Only some backends know of others."""
    if not isinstance(store, KnowsNeighbours):
        return observed
    owners: Mapping[Owned, str] = {
        (one.scope, one.section, one.kind, one.id): f"stack {state.stack} ({state.env}), as {one.address}"
        for state in await store.neighbours()
        for one in state.objects
        if one.scope
    }
    return replace(observed, owners=owners)
