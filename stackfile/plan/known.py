"""What is known of resources that exist: their records, their live objects, and the attributes others may refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackfile.address import Address
from stackfile.language.stackfile import Catalog
from stackfile.plan.decide import normal_live
from stackfile.plan.observed import KindKey, Observed
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema, schema_for
from stackfile.state.format import Record, State
from stackfile.values import Tree


def key_of(record: Record) -> KindKey:
    return (record.provider, record.section, record.kind)


@dataclass(frozen=True, slots=True)
class Known:
    """The state and the live system side by side."""

    state: State
    observed: Observed
    catalog: Catalog

    def live(self, record: Record) -> Live | None:
        return self.observed.live(key_of(record), record.id)

    def kind(self, record: Record) -> type[Kind[Any]]:
        return self.catalog.kinds(record.service, record.section)[record.kind]

    def schema(self, record: Record) -> Schema:
        return schema_for(self.kind(record), record.applied)

    def attributes(self, address: Address, desired: Tree | None = None) -> Tree | None:
        """A resource that stays: the live object, or its last copy, with what the file sets over it."""
        record = self.state.records.get(address)
        if record is None:
            return None
        live = self.live(record)
        seen = normal_live(self.schema(record), live) if live is not None else record.observed
        return {**seen, **(record.applied if desired is None else desired), "name": record.name, "id": record.id}
