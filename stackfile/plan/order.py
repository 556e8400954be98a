"""The order of the walk: stages, and the stages that each waits for.

Creates and updates follow the desired dependencies. The delete of X waits for every change of each resource whose
state dependencies contain X: for its delete where it goes too, for its update where it lets go of X. A replace is a
delete and then a create; whoever keeps a reference to it across the replace is updated after the create.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackfile.address import Address
from stackfile.graph.build import Edges
from stackfile.graph.dag import reverse
from stackfile.plan.plan import Action, Change, Stage, Verb

_VERBS: Mapping[Action, tuple[Verb, ...]] = {
    Action.CREATE: (Verb.CREATE,),
    Action.UPDATE: (Verb.UPDATE,),
    Action.REPLACE: (Verb.DELETE, Verb.CREATE),
    Action.DELETE: (Verb.DELETE,),
    Action.FORGET: (Verb.FORGET,),
}


def stages_of(change: Change) -> tuple[Stage, ...]:
    """The stages of one change, in order."""
    return tuple((change.address, verb) for verb in _VERBS.get(change.action, ()))


def order(changes: Iterable[Change], desired: Edges, applied: Edges) -> dict[Stage, tuple[Stage, ...]]:
    """Each stage with the stages that it waits for."""
    by_address = {change.address: change for change in changes}
    holders = reverse({address: applied.get(address, ()) for address in {*applied, *by_address}})
    waits: dict[Stage, tuple[Stage, ...]] = {}
    for change in by_address.values():
        for stage in stages_of(change):
            waits[stage] = tuple(dict.fromkeys(_waits_for(stage, change, by_address, desired, holders)))
    return waits


def _waits_for(
    stage: Stage,
    change: Change,
    changes: Mapping[Address, Change],
    desired: Edges,
    holders: Mapping[Address, list[Address]],
) -> Iterable[Stage]:
    address, verb = stage
    if verb in (Verb.DELETE, Verb.FORGET):
        for holder in holders.get(address, ()):
            held = changes.get(holder)
            if held is not None:
                yield from _lets_go(held, address, change, desired)
        return
    if change.action is Action.REPLACE:
        yield (address, Verb.DELETE)
    for need in desired.get(address, ()):
        needed = changes.get(need)
        if needed is not None:
            yield from (s for s in stages_of(needed) if s[1] in (Verb.CREATE, Verb.UPDATE))


def _lets_go(holder: Change, address: Address, target: Change, desired: Edges) -> Iterable[Stage]:
    """The stage of a holder after which it no longer holds the target."""
    if holder.deletes or holder.action is Action.FORGET:
        yield stages_of(holder)[0]
    elif target.action is not Action.REPLACE or address not in desired.get(holder.address, ()):
        yield from stages_of(holder)
