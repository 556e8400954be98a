"""Dependencies on what a field names and the stack manages itself: a tag is there before what is tagged with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.language.resolve import Bound
from stackfile.language.stackfile import Resource
from stackfile.sdk.traits import Names
from stackfile.values import Tree

_Named = Mapping[str, Mapping[str, Address]]
"""The resources of one kind, by the name that they get, by provider."""


def depend_by_name(resources: dict[Address, tuple[Resource, Bound]]) -> None:
    """Adds the dependencies. A name that only apply can tell has one already: the resource that its template names."""
    found: dict[str, _Named] = {}
    for address, (resource, bound) in resources.items():
        for field, names in resource.schema.naming:
            written = _tree(bound).get(field)
            if not written:
                continue
            for kind, name in dict.fromkeys(meant(written, names)):
                if kind not in found:
                    found[kind] = _of_kind(kind, resources.values())
                named = found[kind].get(resource.provider, {}).get(name)
                if named is not None and named != address and named not in resource.dependencies:
                    resource = replace(resource, dependencies=(*resource.dependencies, named))
                    resources[address] = (resource, bound)


def meant(written: object, names: Names) -> Iterator[tuple[str, str]]:
    """What a value names, each with its kind."""
    if names.find is not None:
        yield from names.find(written)
    elif isinstance(written, list):
        yield from ((kind, one) for one in written if isinstance(one, str) for kind in names.kinds)


def _of_kind(kind: str, resources: Iterable[tuple[Resource, Bound]]) -> _Named:
    found: dict[str, dict[str, Address]] = defaultdict(dict)
    for resource, bound in resources:
        name = _tree(bound).get("name") if resource.kind.name == kind else None
        if isinstance(name, str):
            found[resource.provider][name] = resource.address
    return found


def _tree(bound: Bound) -> Tree:
    return bound.prepared if bound.normal is None else bound.normal
