"""What is known of each resource while the plan grows: the attributes that others may refer to."""

from __future__ import annotations

from typing import Any

from stackfile.address import Address
from stackfile.sdk.provider import Kind
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.values import Tree, Unknown, Value, contains, reveal


def attributes_of_new(address: Address, kind: type[Kind[Any]], schema: Schema, desired: Tree) -> dict[str, Value]:
    """A resource that is to be made: what the file sets; the rest, the service's to fill in, waits for its creation."""
    waiting = {name: _waits(address, name) for name in schema.fields}
    return {**waiting, **desired, "id": new_id(address, kind, schema, desired)}


def new_id(address: Address, kind: type[Kind[Any]], schema: Schema, desired: Tree) -> str | Unknown:
    """The id of an object to be made: known where it is a function of what is known."""
    identity = schema.with_trait(Trait.IDENTITY)
    if not kind.traits.stable_id or any(contains(desired.get(field.name), Unknown) for field in identity):
        return _waits(address, "id")
    return kind.stable_id({key: reveal(value) for key, value in desired.items() if not contains(value, Unknown)})


def _waits(address: Address, attribute: str) -> Unknown:
    return Unknown((f"{address}.{attribute}",))
