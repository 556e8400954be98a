"""The order of the walk: stages, and the stages that each waits for.

Creates and updates follow the desired dependencies. The delete of X waits for every change of each resource whose
state dependencies contain X: for its delete where it goes too, for its update where it lets go of X. A replace is a
delete and then a create; whoever still needs it, also by way of others, is updated after the create. A replace that
makes the new object first is a create and then a delete, with those updates between them. What takes the name of one
that goes waits until it is gone. The stages of one address never run at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import Edges, ResourceGraph
from stackfile.graph.dag import Cycle, closure, reverse, topological
from stackfile.plan.plan import Action, Change, Plan, Stage, Verb

_VERBS: Mapping[Action, tuple[Verb, ...]] = {
    Action.CREATE: (Verb.CREATE,),
    Action.UPDATE: (Verb.UPDATE,),
    Action.REPLACE: (Verb.DELETE, Verb.CREATE),
    Action.DELETE: (Verb.DELETE,),
    Action.FORGET: (Verb.FORGET,),
}


def stages_of(change: Change) -> tuple[Stage, ...]:
    """The stages of one change, in order.

    Deposed objects go last where the record stays, so that whoever holds one can let go of it, and else first.
    """
    verbs = (Verb.CREATE, Verb.DELETE) if change.create_first else _VERBS.get(change.action, ())
    if change.deposed:
        record_goes = (change.deletes or change.action is Action.FORGET) and not change.create_first
        verbs = (Verb.DEPOSED, *verbs) if record_goes else (*verbs, Verb.DEPOSED)
    return tuple((change.address, verb) for verb in verbs)


def cut_to(plan: Plan, wanted: Collection[Address]) -> Plan:
    """The plan without the changes of all other addresses."""

    def kept(stages: Iterable[Stage]) -> tuple[Stage, ...]:
        return tuple(stage for stage in stages if stage[0] in wanted)

    changes = tuple(change for change in plan.changes if change.address in wanted)
    stages = {stage: kept(waits) for stage, waits in plan.stages.items() if stage[0] in wanted}
    complete = plan.complete and len(changes) == len(plan.changes)
    return replace(plan, changes=changes, stages=stages, complete=complete)


def order(
    changes: Iterable[Change], desired: Edges, applied: Edges, vacated: Mapping[Address, Stage] | None = None
) -> dict[Stage, tuple[Stage, ...]]:
    """Each stage with the stages that it waits for. Raises Cycle of stages that wait for each other.

    `vacated` maps a resource to be made or renamed to the stage after which its natural key is free.
    """
    by_address = {change.address: change for change in changes}
    if not by_address:
        return {}
    waits = _Waits(by_address, desired, reverse({**dict.fromkeys(by_address, ()), **applied}), vacated or {})
    found = {stage: waits.of(stage) for change in by_address.values() for stage in stages_of(change)}
    topological(found)
    return found


def stages(
    changes: tuple[Change, ...], graph: ResourceGraph, vacated: Mapping[Address, Stage]
) -> Mapping[Stage, tuple[Stage, ...]]:
    """As `order`. Raises DiagnosticError that names a cycle in full."""
    try:
        return order(changes, graph.desired, graph.applied, vacated)
    except Cycle as cycle:
        path = " -> ".join(f"{verb} {address}" for address, verb in cycle.path)
        says = f"these changes wait for each other: {path}"
        help = ("Make them in two applies: first without what replaces or removes one of these resources.",)
        raise DiagnosticError([Diagnostic("cycle", says, help=help)]) from None


@dataclass(frozen=True, slots=True)
class _Waits:
    """What every stage is asked about: the changes, who needs whom, who holds whom by the state."""

    changes: Mapping[Address, Change]
    desired: Edges
    holders: Mapping[Address, list[Address]]
    vacated: Mapping[Address, Stage]

    def of(self, stage: Stage) -> tuple[Stage, ...]:
        address, verb = stage
        comes = verb in (Verb.CREATE, Verb.UPDATE)
        found = dict.fromkeys(self._before_it_comes(address) if comes else self._before_it_goes(address))
        own = stages_of(self.changes[address])
        found |= dict.fromkeys(own[: own.index(stage)][-1:])
        return tuple(sorted(found, key=lambda stage: (stage[0].rank, stage[1])))

    def _before_it_goes(self, address: Address) -> Iterable[Stage]:
        goes_first = self.changes[address].replaces and not self.changes[address].create_first
        for holder in self.holders.get(address, ()):
            change = self.changes.get(holder)
            if change is None:
                continue
            if change.deletes or change.action is Action.FORGET:
                yield from (one for one in stages_of(change) if one[1] not in (Verb.CREATE, Verb.UPDATE))
            elif not (goes_first and address in closure([holder], self.desired)):
                yield from stages_of(change)
        if goes_first:  # what it is made anew upon is there before it goes
            for need in self.desired.get(address, ()):
                if need in self.changes and self.changes[need].create_first:
                    yield (need, Verb.CREATE)

    def _before_it_comes(self, address: Address) -> Iterable[Stage]:
        if address in self.vacated:
            yield self.vacated[address]
        for need in self.desired.get(address, ()):
            change = self.changes.get(need)
            if change is not None:
                yield from (one for one in stages_of(change) if one[1] in (Verb.CREATE, Verb.UPDATE))
