"""From a change and its outcome to the record that the state keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stackfile.plan.decide import normal_live
from stackfile.plan.plan import Change
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.values import Sensitive, Tree, Value


def prospective(change: Change, scope: str, record: Record | None, now: datetime) -> Record:
    """The record as it will be if the call succeeds: what an intent carries. Its id may still be empty."""
    keep = record is not None and change.id is not None and not change.replaces
    return Record(
        address=change.address,
        provider=change.provider,
        service=change.service,
        section=change.section,
        kind=change.kind,
        scope=scope,
        id=change.id if keep and change.id is not None else "",
        name=change.name,
        applied={},
        dependencies=change.depends_on,
        created_at=record.created_at if keep and record is not None else now,
        updated_at=now,
        prevent_destroy=change.prevent_destroy,
    )


def confirmed(record: Record, applied: Tree, schema: Schema, live: Live, now: datetime) -> Record:
    """The record of an object as the service has it now."""
    return replace(
        record, id=live.id, applied=applied, observed=observed(schema, live), observed_at=now, updated_at=now
    )


def observed(schema: Schema, live: Live) -> dict[str, Value]:
    """A live object as the state may keep it: without secrets and without what changes by itself."""
    volatile = {field.name for field in schema.with_trait(Trait.VOLATILE)}
    return _public({k: v for k, v in normal_live(schema, live).items() if k not in volatile})


def _public(tree: Tree) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for key, value in tree.items():
        if isinstance(value, Sensitive):
            continue
        out[key] = _public(value) if isinstance(value, dict) else value
    return out
