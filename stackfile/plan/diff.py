"""The three-way comparison of one object: desired, applied, live.

    D = L                        nothing; A becomes D
    D != L   A = L               change, origin config
    D != L   A = D               change, origin drift
    D != L   A unset             change, origin config
    D != L   otherwise           change, origin both
    D unset  A unset             the service's own: nothing
    D unset  A set   L unset     nothing; A drops the path
    D unset  A set   L set       unset it, as the field's `on_remove` says; A drops the path

`null` equals unset on declared fields and is a value inside opaque JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackfile.plan.equal import MISSING, Maybe, Missing, bare, covers, same
from stackfile.plan.plan import UNSET, FieldChange, Origin
from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import OnRemove, Trait
from stackfile.state.secrets import Seal
from stackfile.values import Path, Sealed, Sensitive, Tree, Unknown, Value

_NEVER_COMPARED = Trait.COMPUTED | Trait.VOLATILE
_EMPTY: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class Side:
    """One leaf as the three sides have it."""

    path: Path
    field: FieldSchema | None
    desired: Maybe
    applied: Maybe
    live: Maybe


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changed fields in the order of the model, and how many set leaves are as they should be."""

    fields: tuple[FieldChange, ...]
    unchanged: int


def diff(schema: Schema, desired: Tree, applied: Tree, live: Tree, seal: Seal) -> Comparison:
    """Compares one object; all three trees in normal form, `applied` with references as ids."""
    fields: list[FieldChange] = []
    unchanged = 0
    for side in _sides(schema, desired, applied, live, ()):
        change = _compare(side, seal)
        if change is not None:
            fields.append(change)
        elif side.desired is not MISSING:
            unchanged += 1
    return Comparison(tuple(fields), unchanged)


def _sides(schema: Schema | None, d: Tree, a: Tree, live: Tree, at: Path) -> Iterator[Side]:
    for name in _names(schema, d, a):
        field = schema.fields.get(name) if schema is not None else None
        if field is not None and field.has(_NEVER_COMPARED):
            continue
        declared = field is not None
        yield from _field_sides(
            Side((*at, name), field, _at(d, name, declared), _at(a, name, declared), _at(live, name, declared))
        )


def _field_sides(side: Side) -> Iterator[Side]:
    """A leaf, or the leaves below it where maps merge."""
    field, desired, applied = side.field, bare(side.desired), bare(side.applied)
    whole = field is not None and field.has(Trait.WHOLE | Trait.SENSITIVE | Trait.WRITE_ONLY)
    maps = isinstance(desired, Mapping | Missing) and isinstance(applied, Mapping | Missing)
    if whole or not maps or isinstance(side.desired, Sensitive) or (desired is MISSING and applied is MISSING):
        yield side
        return
    live = bare(side.live)
    inner = field.inner if field is not None else None
    trees = [tree if isinstance(tree, Mapping) else _EMPTY for tree in (desired, applied, live)]
    if not trees[0] and not trees[1]:
        yield side  # an empty map that is wanted is a leaf of its own
    elif field is not None and field.shape is Shape.MAP and inner is not None:
        for name in dict.fromkeys((*trees[0], *trees[1])):
            entry = FieldSchema(name, Mapping, Shape.MODEL, inner, Trait.NONE, False, None, "")
            d, a, live_entry = (_at(tree, name, False) for tree in trees)
            yield from _field_sides(Side((*side.path, name), entry, d, a, live_entry))
    else:
        yield from _sides(inner, trees[0], trees[1], trees[2], side.path)


def _names(schema: Schema | None, d: Tree, a: Tree) -> list[str]:
    names = dict.fromkeys((*d, *a))
    if schema is None:
        return list(names)
    return [name for name in schema.fields if name in names] + [name for name in names if name not in schema.fields]


def _at(tree: Tree, name: str, declared: bool) -> Maybe:
    value = tree.get(name, MISSING) if name in tree else MISSING
    return MISSING if declared and value is None else value


def _compare(side: Side, seal: Seal) -> FieldChange | None:
    field = side.field
    if field is not None and field.list_text is not None:
        side = _as_lists(side, field.list_text.separator)
    if field is not None and field.has(Trait.LOCAL):
        side = Side(side.path, field, side.desired, side.applied, side.applied)
    if field is not None and field.has(Trait.WRITE_ONLY):
        return _compare_unread(side, seal)
    if isinstance(side.desired, Missing):
        return _compare_unset(side, seal)
    if covers(side.live, side.desired, field, seal):
        return None
    return _changed(side, side.desired, _origin(side, seal))


def _origin(side: Side, seal: Seal) -> Origin:
    if side.applied is MISSING or covers(side.live, side.applied, side.field, seal):
        return Origin.CONFIG
    return Origin.DRIFT if same(side.applied, side.desired, seal) else Origin.BOTH


def _compare_unset(side: Side, seal: Seal) -> FieldChange | None:
    if side.applied is MISSING or side.live is MISSING:
        return None
    on_remove = side.field.on_remove if side.field is not None else OnRemove.OMIT
    if on_remove is OnRemove.KEEP:
        return None
    after: Value = UNSET
    if on_remove is OnRemove.DEFAULT and side.field is not None:
        if same(side.live, side.field.default, seal):
            return None
        after = side.field.default
    return _changed(side, after, Origin.CONFIG)


def _compare_unread(side: Side, seal: Seal) -> FieldChange | None:
    """A field that the service never returns: the file against the digest of what was sent last."""
    assumed = Side(side.path, side.field, side.desired, side.applied, side.applied)
    if isinstance(side.desired, Missing):
        return _compare_unset(assumed, seal)
    if side.applied is not MISSING and same(side.applied, side.desired, seal):
        return None
    return _changed(assumed, side.desired, Origin.CONFIG)


def _changed(side: Side, after: Value, origin: Origin) -> FieldChange:
    field = side.field
    secret = field is not None and field.secret
    forced = field is not None and (
        field.has(Trait.IMMUTABLE) or (after is UNSET and field.on_remove is OnRemove.REPLACE)
    )
    return FieldChange(
        path=side.path,
        before=_shown(side.live, secret or isinstance(after, Sensitive)),
        after=_shown(after, secret),
        origin=origin,
        applied=None if isinstance(side.applied, Missing) else _shown(side.applied, secret),
        forces_replacement=forced,
        because="no update in the API" if forced else "",
    )


def _shown(value: Maybe, secret: bool) -> Value:
    if isinstance(value, Missing) or value is UNSET:
        return UNSET
    if secret and not isinstance(value, Sensitive | Sealed | Unknown):
        return Sensitive(value)
    return value


def _as_lists(side: Side, separator: str) -> Side:
    def split(value: Maybe) -> Maybe:
        value = bare(value)
        if not isinstance(value, str):
            return value
        return [item.strip() for item in value.split(separator) if item.strip()]

    return Side(side.path, side.field, split(side.desired), split(side.applied), split(side.live))
