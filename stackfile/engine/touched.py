"""Apply without a refresh: copies stand in for all that is live, but for what the plan touches: that is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.engine.preview import Planned, Stack, planned, unread
from stackfile.engine.refresh import read_kinds
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.plan.imports import taken_over
from stackfile.plan.known import key_of
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import Missing, Plan
from stackfile.plan.question import Question
from stackfile.sdk.provider import Live
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal


async def look_at_touched(
    stack: Stack, connections: Connections, state: State, seal: Seal, question: Question
) -> Planned:
    """A plan that holds for what it touches: made from copies, and made anew as long as it touches what was not read.
    Raises ProviderError."""
    began, before = stack.clock.monotonic(), connections.requests
    seen = await unread(stack, connections, state, question)
    plan = planned(stack, state, seen, seal, question)
    touched = Touched(taken_over(state, plan.plan), connections)
    while await touched.read(plan.plan):
        observed = touched.over(seen)
        refuse_other_scopes(state, observed)
        plan = planned(stack, state, observed, seal, question)
    counts = (connections.requests - before, stack.clock.monotonic() - began)
    read = replace(plan.plan.read, objects=touched.counts(), calls=counts[0], seconds=counts[1])
    return replace(plan, plan=replace(plan.plan, read=read))


@dataclass
class Touched:
    """What was read so far: whole kinds, as a listing costs one call, and a name that is to be taken may be in any."""

    state: State
    connections: Connections
    addresses: set[Address] = field(default_factory=set)
    objects: dict[KindKey, Mapping[str, Live]] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    async def read(self, plan: Plan) -> bool:
        """Reads the kinds of what this plan touches. False: all of it was read before. Raises ProviderError."""
        new = {change.address for change in plan.changes} - self.addresses
        self.addresses |= new
        wanted: dict[str, dict[KindKey, list[Record]]] = defaultdict(dict)
        for key in self._kinds(plan) - self.objects.keys():
            wanted[key[0]][key] = [record for record in self.state.records.values() if key_of(record) == key]
        for instance, kinds in sorted(wanted.items()):
            reading = await read_kinds(instance, kinds, self.connections)
            self.objects |= reading.objects
            self.scopes[instance] = reading.scope
            self.missing += reading.missing
        return bool(new)

    def _kinds(self, plan: Plan) -> Collection[KindKey]:
        there = {key_of(self.state.records[c.address]) for c in plan.changes if c.address in self.state.records}
        return there | {(change.provider, change.section, change.kind) for change in plan.changes}

    def counts(self) -> tuple[tuple[str, int], ...]:
        numbers: dict[str, int] = defaultdict(int)
        for key, objects in sorted(self.objects.items()):
            numbers[key[0]] += len(objects)
        return tuple(numbers.items())

    def over(self, copies: Observed) -> Observed:
        """The copies, with what was read over those that are touched, and everything there that is not ours."""
        untouched = {
            (key_of(record), record.id)
            for address, record in self.state.records.items()
            if address not in self.addresses
        }
        objects = dict(copies.objects)
        for key, read in self.objects.items():
            kept = {id: live for id, live in copies.objects.get(key, {}).items() if (key, id) in untouched}
            objects[key] = {id: live for id, live in read.items() if (key, id) not in untouched} | kept
        return replace(copies, objects=objects, scopes=self.scopes, missing=tuple(self.missing))
