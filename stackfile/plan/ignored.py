"""What `ignore_changes` leaves alone: the wish with the live value there, what the record keeps, what it hides.

A field is left alone once it was set: one that is neither in the record nor live gets the file's value, as in a create.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from stackfile.errors import Diagnostic, Severity
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.diff import Comparison, diff
from stackfile.plan.plan import FieldChange
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Path, Tree, Value, drop, get, print_path, put

_GONE = object()
_UNREADABLE = Trait.WRITE_ONLY | Trait.LOCAL


@dataclass(frozen=True, slots=True)
class Kept:
    """A wish and a record's tree, changed where a path is ignored; `paths` are those that really are."""

    desired: Tree
    applied: Tree
    paths: tuple[Path, ...]

    def hides(self, change: FieldChange) -> bool:
        return any(change.path[: len(path)] == path for path in self.paths)


def ignored_paths(resource: Resource, now: datetime | None) -> tuple[Path, ...]:
    """The paths that are ignored today."""
    today = _day(now)
    return tuple(one.path for one in resource.lifecycle.ignore_changes if one.holds(today))


def kept(schema: Schema, paths: Iterable[Path], desired: Tree, applied: Tree, live: Tree) -> Kept:
    """The live value in the wish at every leaf of these paths. What the service does not give back stays as it was
    applied; what the file does not set any more is not ours any more."""
    wish, record = dict(desired), dict(applied)
    held: list[Path] = []
    for path in (leaf for one in paths for leaf in _leaves(schema, one, desired, applied, live)):
        wanted, seen, before = (get(tree, path, _GONE) for tree in (desired, live, applied))  # type: ignore[arg-type]
        if before is _GONE and seen is _GONE:
            continue
        held.append(path)
        whole = schema.traits_at(path) & Trait.WHOLE
        if wanted is _GONE and not whole:
            record = drop(record, path)
        elif seen is not _GONE and not schema.traits_at(path) & _UNREADABLE:
            wish = put(wish, path, seen)
        elif seen is _GONE and not _is_required(schema, path):
            wish = drop(wish, path)
    return Kept(wish, record, tuple(held))


def with_kept(kept: Kept, schema: Schema, applied: Tree) -> dict[str, Value]:
    """The tree to record, with what was applied before at ignored paths that nobody can read or that are gone."""
    out = dict(applied)
    for path in kept.paths:
        before = get(kept.applied, path, _GONE)  # type: ignore[arg-type]
        if before is not _GONE and (schema.traits_at(path) & _UNREADABLE or get(out, path) is None):
            out = put(out, path, before)
    return out


def compared(schema: Schema, kept: Kept, live: Tree, seal: Seal) -> Comparison:
    """As `diff`, without the ignored fields."""
    found = diff(schema, kept.desired, kept.applied, live, seal)
    return replace(found, fields=tuple(one for one in found.fields if not kept.hides(one)))


def ignored_drift(
    resource: Resource, desired: Tree, record: Record, live: Tree, seal: Seal, now: datetime | None
) -> tuple[FieldChange, ...]:
    """The ignored fields whose live value is not what the file says; `live` in normal form."""
    held = kept(resource.schema, ignored_paths(resource, now), desired, record.applied, live)
    if not held.paths:
        return ()
    return tuple(one for one in diff(resource.schema, desired, record.applied, live, seal).fields if held.hides(one))


def expired(configuration: Configuration, now: datetime | None) -> Iterator[Diagnostic]:
    """A warning for each field that was ignored until a day that has passed."""
    today = _day(now)
    for resource in configuration.resources.values():
        for one in resource.lifecycle.ignore_changes:
            if not one.holds(today):
                field = print_path(one.path) or "every field"
                why = f" ({one.reason})" if one.reason else ""
                place = configuration.span(resource, ("lifecycle", "ignore_changes"))
                span, source = place if place is not None else (None, None)
                yield Diagnostic(
                    "ignore-expired",
                    f"{field} was ignored until {one.until}{why}, and is compared again",
                    Severity.WARNING,
                    span,
                    source,
                    address=str(resource.address),
                    help=("Take it out of ignore_changes, or give it a later day: until: YYYY-MM-DD",),
                )


def _is_required(schema: Schema, path: Path) -> bool:
    field = schema.at(path)
    return field is not None and field.required and field.name == path[-1]


def _day(now: datetime | None) -> date | None:
    return now.date() if now is not None else None


def _leaves(schema: Schema, path: Path, desired: Tree, applied: Tree, live: Tree) -> Iterator[Path]:
    """The leaves at and below an ignored path: of what the file sets or has set. A WHOLE one counts as it is."""
    sides = tuple(get(tree, path) if path else tree for tree in (desired, applied, live))
    if path and (schema.traits_at(path) & Trait.WHOLE or not _is_map(sides[0], sides[1])):
        yield path
        return
    names = dict.fromkeys(name for side in sides[:2] if isinstance(side, Mapping) for name in side)
    for name in names:
        yield from _leaves(schema, (*path, name), desired, applied, live)


def _is_map(desired: Value, applied: Value) -> bool:
    """Whether the leaves are further down. An empty map is one itself."""
    both = [side for side in (desired, applied) if side is not None]
    return bool(both) and all(isinstance(side, Mapping) for side in both) and any(both)
