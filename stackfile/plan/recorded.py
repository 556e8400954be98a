"""What is known of each resource without asking any service: by the state, and by the file for what is not made yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.graph.dag import topological
from stackfile.language.stackfile import Catalog, Configuration
from stackfile.plan.known import Known
from stackfile.plan.mask import mask
from stackfile.plan.observed import Observed
from stackfile.plan.propose import attributes_of_new
from stackfile.state.format import State
from stackfile.values import Tree


@dataclass
class Recorded:
    """Each resource is worked out when it is first asked for."""

    configuration: Configuration
    known: Known
    seen: dict[Address, Tree | None] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration, state: State, catalog: Catalog) -> Recorded:
        return cls(configuration, Known(state, Observed(), catalog))

    def attributes(self, address: Address) -> Tree | None:
        """None: it is not there to be referred to. Raises DiagnosticError where the file does not fit what is known."""
        for needed in self._not_seen(address):
            self.seen[needed] = self._attributes(needed)
        return self.seen[address]

    def _not_seen(self, address: Address) -> list[Address]:
        """The resource and what it needs, needs first, so that none is resolved from within another."""
        needs: dict[Address, tuple[Address, ...]] = {}
        waiting = [address]
        while waiting:
            at = waiting.pop()
            if at not in self.seen and at not in needs:
                resource = self.configuration.resources.get(at)
                is_new = resource is not None and at not in self.known.state.records
                needs[at] = resource.dependencies if resource is not None and is_new else ()
                waiting.extend(needs[at])
        return topological(needs)

    def _attributes(self, address: Address) -> Tree | None:
        resource = self.configuration.resources.get(address)
        if resource is None or address in self.known.state.records:
            return self.known.attributes(address)
        desired = mask(resource.schema, self.configuration.resolve(resource, self.attributes))
        return attributes_of_new(address, resource.kind, resource.schema, desired)
