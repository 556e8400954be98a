"""Events that would come back to where they were: the flow along references, and the circle in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.graph.dag import Cycle, topological
from stackfile.language.stackfile import Configuration
from stackfile.plan.known import Known
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Flow
from stackfile.values import Ref, Tree, Value

Flows: TypeAlias = tuple[tuple[str, Flow], ...]


def flow_circle(configuration: Configuration, desired: Mapping[Address, Tree], known: Known) -> Diagnostic | None:
    """The first circle that is found; None where every event comes to an end."""
    by_schema: dict[int, Flows] = {}
    ids = {record.id: address for address, record in known.state.records.items()}
    comes_from: dict[Address, list[Address]] = {}
    for address, tree in desired.items():
        schema = configuration.resources[address].schema
        flows = by_schema.get(id(schema))
        if flows is None:
            flows = by_schema[id(schema)] = _flows(schema)
        for name, flow in flows:
            for other in _targets(tree.get(name), ids):
                into, out_of = (address, other) if flow is Flow.IN else (other, address)
                comes_from.setdefault(into, []).append(out_of)
    try:
        topological(comes_from)
    except Cycle as circle:
        return _told(configuration, circle.path, desired)
    return None


def _flows(schema: Schema) -> Flows:
    fields = schema.fields.values()
    return tuple((one.name, one.reference.flow) for one in fields if one.reference and one.reference.flow)


def _targets(value: Value, ids: Mapping[str, Address]) -> Iterator[Address]:
    """Of an id that is written plainly, the resource that has it."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Ref):
            yield one.address
        elif isinstance(one, str) and one in ids:
            yield ids[one]


def _told(configuration: Configuration, path: tuple[Address, ...], desired: Mapping[Address, Tree]) -> Diagnostic:
    circle = list(reversed(path))[:-1]
    start = circle.index(min(circle, key=lambda one: one.rank))
    circle = [*circle[start:], *circle[:start]]
    first = next(one for one in circle if one in desired and _flows(configuration.resources[one].schema))
    place = configuration.span(configuration.resources[first])
    span, source = place if place is not None else (None, None)
    says = f"events would go in a circle: {' -> '.join(map(str, [*circle, circle[0]]))}"
    help = ("Let one of these write to a stream that none of them reads.",)
    return Diagnostic("flow-circle", says, span=span, source=source, help=help)
