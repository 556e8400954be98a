"""The graph of resources: who needs whom, by the stackfile and by the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.graph.dag import Cycle, closure, reverse, topological, without_cycles

Edges = Mapping[Address, tuple[Address, ...]]


def in_file_order(addresses: Iterable[Address]) -> list[Address]:
    """Sorted as reports print them: by modules, section, key and instance."""
    return sorted(addresses, key=lambda address: address.rank)


@dataclass(frozen=True, slots=True)
class ResourceGraph:
    """Desired and applied dependencies of every address that is declared, recorded, or both."""

    desired: Edges
    applied: Edges
    order: tuple[Address, ...] = field(default=())
    """Every address after what it needs, by the stackfile; those that only the state knows follow its edges."""

    def needs(self, address: Address) -> tuple[Address, ...]:
        """What an address needs: by the stackfile where it is declared, else by the state."""
        return self.desired[address] if address in self.desired else self.applied.get(address, ())

    def pulled_in(self, targets: Iterable[Address]) -> set[Address]:
        """The targets with all that must change with them: what a declared one needs, and what holds one that goes."""
        holders = reverse(self.applied)
        edges = {a: self.desired[a] if a in self.desired else holders.get(a, ()) for a in self.order}
        return closure(targets, edges)

    def kept_back(self, excluded: Iterable[Address]) -> set[Address]:
        """The excluded with all that cannot change without them: who needs one, and what one that stays still holds."""
        needed_by = reverse(self.desired)
        return closure(excluded, {a: (*needed_by.get(a, ()), *self._going(a)) for a in self.order})

    def held_by(self, staying: Iterable[Address]) -> set[Address]:
        """Those that stay as they are, with what would go but for them."""
        return closure(staying, {address: self._going(address) for address in self.order})

    def _going(self, address: Address) -> tuple[Address, ...]:
        """What an address holds, by the state, that the stackfile has no longer."""
        return tuple(need for need in self.applied.get(address, ()) if need not in self.desired)


def build(desired: Edges, applied: Edges) -> ResourceGraph:
    """Raises Cycle where the stackfile's dependencies lead back to their start.

    The state's never make a cycle that matters: half of an old apply and half of a new one may stand in it, and the
    edges that close one are left out.
    """
    addresses = in_file_order({*desired, *applied})
    try:
        return ResourceGraph(desired, applied, _ordered(addresses, desired, applied))
    except Cycle:
        topological(desired)
    applied = {address: tuple(needs) for address, needs in without_cycles(applied).items()}
    return ResourceGraph(desired, applied, _ordered(addresses, desired, applied))


def _ordered(addresses: Iterable[Address], desired: Edges, applied: Edges) -> tuple[Address, ...]:
    needs = {a: desired[a] if a in desired else tuple(n for n in applied[a] if n not in desired) for a in addresses}
    return tuple(topological(needs))
