"""Reads what the stackfile looks up, where no listing of a refresh has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.absence import is_outline
from stackfile.engine.connections import Connections
from stackfile.errors import Rejected
from stackfile.language.stackfile import Lookup, Resource
from stackfile.plan.lookups import kind_of, matching
from stackfile.plan.observed import Observed


@dataclass(frozen=True, slots=True)
class Declared:
    """A part of what a stackfile declares."""

    resources: Mapping[Address, Resource]
    lookups: Mapping[Address, Lookup]


async def missed(lookups: Mapping[Address, Lookup], observed: Observed, connections: Connections) -> Observed:
    """What was seen, with the objects whose id is known and that no listing has: of kinds that cannot list, or made a
    moment ago; and with those in full of which a listing shows an outline. Raises ProviderError."""
    shown = matching(lookups, observed)
    for address, lookup in lookups.items():
        key, id, lives = kind_of(lookup), lookup.match.get("id"), shown[address]
        if len(lives) == 1 and is_outline(lookup.kind, lives[0]):
            id = lives[0].id
        elif id is None or lookup.provider in observed.left_out or observed.live(key, id) is not None:
            continue
        try:
            live = await (await connections.kind(*key)).read(id)
        except Rejected:
            continue  # not a text that could be an id
        if live is not None:
            objects = {**observed.objects.get(key, {}), live.id: live}
            observed = replace(observed, objects={**observed.objects, key: objects})
    return observed


def beside(copies: Observed, there: Observed) -> Observed:
    """The state's copies of what is ours, with what is there and not ours."""
    objects = {**there.objects, **copies.objects}
    both = {key: {**there.objects.get(key, {}), **found} for key, found in objects.items()}
    known = copies.left_out
    skipped = (*copies.skipped, *(one for one in there.skipped if one.provider not in known))
    return replace(copies, objects=both, skipped=skipped)
