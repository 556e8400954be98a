"""The graph of resources: who needs whom, by the stackfile and by the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stackfile.address import SECTIONS, Address
from stackfile.graph.dag import topological

Edges = Mapping[Address, tuple[Address, ...]]

_SECTION_ORDER = {section: index for index, section in enumerate(SECTIONS)}


def in_file_order(addresses: Iterable[Address]) -> list[Address]:
    """Sorted as reports print them: by modules, section, key and instance."""
    return sorted(addresses, key=_file_order)


def _file_order(address: Address) -> tuple[str, int, str, str]:
    modules = ".".join(f"{key}[{instance or ''}]" for key, instance in address.modules)
    return modules, _SECTION_ORDER.get(address.section, len(SECTIONS)), address.key, address.instance or ""


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


def build(desired: Edges, applied: Edges) -> ResourceGraph:
    """Raises Cycle where the stackfile's dependencies lead back to their start."""
    topological(desired)
    addresses = in_file_order({*desired, *applied})
    needs = {a: desired[a] if a in desired else tuple(n for n in applied[a] if n not in desired) for a in addresses}
    return ResourceGraph(desired, applied, tuple(topological(needs)))
