"""The copies of live objects that the state keeps: how one is made, what a new one says that the old one does not, and
how they stand in for live objects that are not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from stackfile.plan.decide import delete, normal_live
from stackfile.plan.mask import mask_like
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import UNSET, Change, FieldChange, Learned, Origin, ReadSummary, Reason, Skipped
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.values import Path, Sealed, Sensitive, Tree, Value, contains


def copy_of(schema: Schema, live: Live, sent: Tree) -> dict[str, Value]:
    """A live object as the state may keep it: without what the schema or the file calls secret, and without what
    changes by itself."""
    volatile = {field.name for field in schema.with_trait(Trait.VOLATILE)}
    masked = mask_like(normal_live(schema, live), sent)
    return _public({name: value for name, value in masked.items() if name not in volatile})


def _public(tree: Tree) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            out[key] = _public(value)
        elif not contains(value, Sensitive):
            out[key] = value
    return out


def look_at(record: Record, kind: type[Kind[Any]], schema: Schema, live: Live | None) -> Learned | Change | None:
    """What the state would come to know of an object, or the change by which it forgets one that is gone. None for a
    record that is kept for what it has replaced, which is still to be deleted."""
    if live is not None:
        return learned(record, schema, live)
    if record.deposed:
        return None
    gone = delete(record, Reason.GONE, kind, schema, None)
    return replace(gone, reason_says="gone outside the stackfile")


def learned(record: Record, schema: Schema, live: Live) -> Learned:
    """The first copy of an object tells nothing new: there is none to compare it with."""
    copy = copy_of(schema, live, record.applied)
    seen_before = record.observed_at is not None and copy != record.observed
    fields = tuple(_differences(record.observed, copy, ())) if seen_before else ()
    return Learned(record.provider, record.kind, record.section, record.name, record.id, copy, fields)


def _differences(before: Tree, after: Tree, at: Path) -> Iterator[FieldChange]:
    for key in sorted({**before, **after}):
        old, new = before.get(key, UNSET), after.get(key, UNSET)
        if old == new:
            continue
        if old is not UNSET and new is not UNSET and isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, (*at, key))
        else:
            yield FieldChange((*at, key), old, new, Origin.DRIFT)


def remembered(records: Iterable[Record], skipped: tuple[Skipped, ...] = ()) -> Observed:
    """What would be seen if everything were as the state has it. Of those that were skipped nothing is known."""
    left_out = {one.provider for one in skipped}
    objects: dict[KindKey, dict[str, Live]] = {}
    times: list[datetime] = []
    for record in records:
        if record.provider not in left_out:
            key = (record.provider, record.section, record.kind)
            objects.setdefault(key, {})[record.id] = stand_in(record)
            times += [record.observed_at] if record.observed_at is not None else []
    read = ReadSummary(copies=(min(times), max(times)) if times else None, asked=False)
    return Observed(objects, skipped=skipped, read=read)


def stand_in(record: Record) -> Live:
    """The copy in place of the live object; of secrets it has the digests of what was applied, and of an object that
    was never seen it has what was applied."""
    seen = record.observed if record.observed_at is not None else record.applied
    return Live(record.id, _with_digests(seen, record.applied))


def _with_digests(copy: Tree, applied: Tree) -> dict[str, Value]:
    out = dict(copy)
    for key, value in applied.items():
        there = copy.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            out[key] = _with_digests(there, value)
        elif there is None and contains(value, Sealed):
            out[key] = value
    return out
