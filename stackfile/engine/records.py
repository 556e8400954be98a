"""From a change and its outcome to the record that the state keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from stackfile.plan.copies import copy_of
from stackfile.plan.plan import Change
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.values import Path, Tree, Value, drop, leaves


def prospective(change: Change, before: Record | None, scope: str, now: datetime) -> Record:
    """The record of an object that is to be made: what an intent carries. Its id is still empty.

    `before` is the record of one that is lost, or that this one takes the place of, which is then deposed.
    """
    deposed = before.deposed if before is not None else ()
    if before is not None and change.create_first:
        deposed = (*deposed, before.as_deposed())
    return Record(
        address=change.address,
        provider=change.provider,
        service=change.service,
        section=change.section,
        kind=change.kind,
        scope=scope,
        id="",
        name=change.name,
        applied={},
        dependencies=change.depends_on,
        created_at=now,
        updated_at=now,
        prevent_destroy=change.prevent_destroy,
        deposed=deposed,
    )


def renewed(record: Record, change: Change, scope: str) -> Record:
    """The record of an object that is to be updated."""
    return replace(
        record,
        scope=scope or record.scope,
        name=change.name,
        dependencies=change.depends_on,
        prevent_destroy=change.prevent_destroy,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as the service showed it after `sent` (in the form of a record's `applied`) was sent."""

    schema: Schema
    live: Live
    sent: Tree
    at: datetime


def confirmed(record: Record, applied: Tree, seen: Seen) -> Record:
    """The record of an object as the service has it now."""
    return replace(
        record,
        id=seen.live.id,
        applied=applied,
        observed=copy_of(seen.schema, seen.live, seen.sent),
        observed_at=seen.at,
        updated_at=seen.at,
    )


def seen_only(schema: Schema, applied: Tree, live: Tree) -> dict[str, Value]:
    """What a look at the object can confirm: without what the service does not give back.

    Those that cannot be sent again without a replacement are believed to have arrived.
    """
    out = dict(applied)
    for path, _ in leaves(applied):
        if schema.hides(path, live) and not schema.traits_at(path) & Trait.IMMUTABLE:
            out = drop(out, whole_lists(path))
    return out


def whole_lists(path: Path) -> Path:
    """The path as far as it leads through maps."""
    return path[: next((at for at, step in enumerate(path) if isinstance(step, int)), len(path))]
