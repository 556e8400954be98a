"""A plan in the making: what is decided so far, and what others may know of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.handed import Handed
from stackfile.plan.holding import Holds
from stackfile.plan.known import Known, opened
from stackfile.plan.mask import mask
from stackfile.plan.plan import Action, Change, Learned, Settled
from stackfile.plan.propose import attributes_of_new
from stackfile.plan.uncompared import as_applied
from stackfile.plan.unverified import Unverified
from stackfile.plan.wishes import Wish
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Sealed, Tree, contains


@dataclass
class Draft:
    """A plan in the making. Attributes of a resource are made when another one asks for them."""

    configuration: Configuration
    known: Known
    seal: Seal
    unverified: Unverified
    handed: Handed
    now: datetime | None = None
    first: frozenset[Address] = frozenset()
    changes: dict[Address, Change] = field(default_factory=dict)
    settled: dict[Address, Settled] = field(default_factory=dict)
    desired: dict[Address, Tree] = field(default_factory=dict)
    failed: set[Address] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    unchanged: int = 0
    cache: dict[Address, Tree] = field(default_factory=dict)
    learned: dict[Address, Learned] = field(default_factory=dict)
    uncompared: tuple[str, ...] = ()
    holds: Holds = field(default_factory=Holds)
    wishes: Mapping[Address, Wish] = field(default_factory=dict)

    def attributes(self, address: Address) -> Tree | None:
        """What others may know of a resource; None where it is not there to be referred to."""
        if address not in self.cache:
            known = self._attributes(address)
            if known is None:
                return None
            self.cache[address] = known
        return self.cache[address]

    def _attributes(self, address: Address) -> Tree | None:
        desired, change = self.desired.get(address), self.changes.get(address)
        resource, record = self.configuration.resources.get(address), self.known.state.records.get(address)
        if resource is not None and desired is not None and change is not None:
            if change.action in (Action.CREATE, Action.REPLACE):
                return attributes_of_new(address, resource.kind, resource.schema, desired)
        elif resource is not None and desired is None and record is not None and contains(record.applied, Sealed):
            desired = opened(address, record.applied, self.resolve(resource, record), self.seal)
        return self.known.attributes(address, desired)

    def resolve(self, resource: Resource, record: Record | None) -> Tree:
        kept = record.name if record is not None else None
        desired = mask(resource.schema, self.configuration.resolve(resource, self.attributes, kept))
        return as_applied(desired, record.applied) if record is not None and self.uncompared else desired
