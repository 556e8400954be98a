"""Which fields of a resource hold ids of others: what lets a report say `streams.orders` where the state has an id."""

from __future__ import annotations

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Catalog
from stackfile.sdk.schema import schema_for
from stackfile.state.format import Record


def reference_fields(record: Record, catalog: Catalog) -> frozenset[str]:
    """Those of the body, and of the models in it as `transforms.transform`; empty where the provider is not there any
    more, or the kind is not known to it."""
    try:
        kind = catalog.kinds(record.service, record.section)[record.kind]
        schema = schema_for(kind, {**record.observed, **record.applied})
    except (KeyError, DiagnosticError):
        return frozenset()
    own = {field.name for field in schema.fields.values() if field.reference is not None}
    inner = {f"{name}.{f.name}" for name, _, model in schema.nesting for f in model.fields.values() if f.reference}
    return frozenset(own | inner)
