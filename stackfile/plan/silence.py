"""Providers that were not read: all that a plan leaves out with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stackfile.address import Address
from stackfile.graph.build import ResourceGraph, in_file_order
from stackfile.graph.dag import closure, reverse
from stackfile.language.stackfile import Configuration
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Skipped
from stackfile.state.format import State


def left_out_with(
    graph: ResourceGraph, configuration: Configuration, state: State, observed: Observed
) -> tuple[Skipped, ...]:
    """Providers that were not read, with all that is left out for it: their resources, also those that the file now
    wants elsewhere, new ones that need a new resource there, and what they hold."""
    found: list[Skipped] = []
    for one in observed.skipped:
        recorded = {record.address for record in state.objects if record.provider == one.provider}
        declared = {a for a in graph.desired if one.provider in _asked_for(configuration, a)}
        unknown = {address for address in declared if address not in state.records}
        needing = closure(unknown, reverse(graph.desired)) if unknown else set()
        left_out = graph.held_by(recorded | declared | needing)
        found.append(replace(one, addresses=tuple(in_file_order(left_out))))
    return tuple(found)


def _asked_for(configuration: Configuration, address: Address) -> Iterator[str]:
    """The provider instances without which nothing can be said of a declared resource."""
    resource = configuration.resources[address]
    yield resource.provider
    for one in resource.lookups:
        yield configuration.lookups[one].provider
