"""Which fields of a resource hold ids of others: what lets a report say `streams.orders` where the state has an id."""

from __future__ import annotations

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Catalog
from stackfile.sdk.schema import schema_for
from stackfile.state.format import Record


def reference_fields(record: Record, catalog: Catalog) -> frozenset[str]:
    """The top-level ones; empty where the provider is not there any more, or the kind is not known to it."""
    try:
        kind = catalog.kinds(record.service, record.section)[record.kind]
        schema = schema_for(kind, {**record.observed, **record.applied})
    except (KeyError, DiagnosticError):
        return frozenset()
    return frozenset(field.name for field in schema.fields.values() if field.reference is not None)
