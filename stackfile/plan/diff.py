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
from dataclasses import dataclass, replace
from typing import cast

from stackfile.plan.equal import MISSING, Maybe, Missing, agree, bare, covers, element_covers, same
from stackfile.plan.mask import mask_like
from stackfile.plan.plan import UNSET, FieldChange, Origin
from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import OnRemove, Trait
from stackfile.state.secrets import Seal
from stackfile.values import Path, Sealed, Sensitive, Tree, Unknown, Value, contains, get

_NEVER_COMPARED = Trait.COMPUTED | Trait.VOLATILE
_AS_ONE = Trait.WHOLE | Trait.SENSITIVE | Trait.WRITE_ONLY
_REACHES_DOWN = Trait.IMMUTABLE | Trait.LOCAL | Trait.UNREAD
_EMPTY: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class Side:
    """One leaf as the three sides have it.

    `field` governs it and is the innermost that a model declares; `within` are the steps from there, for a leaf of
    opaque JSON. `traits` are the field's own, with those of the fields around it that reach down.
    """

    path: Path
    field: FieldSchema | None
    within: Path
    traits: Trait
    desired: Maybe
    applied: Maybe
    live: Maybe

    @property
    def rule(self) -> FieldSchema | None:
        """The field, where the leaf is all of it."""
        return None if self.within else self.field


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changed fields in the order of the model, and how many set leaves are as they should be.

    `unread` are the fields that the service did not return: the state's values stand for the live ones.
    """

    fields: tuple[FieldChange, ...]
    unchanged: int
    unread: tuple[str, ...] = ()


def diff(schema: Schema, desired: Tree, applied: Tree, live: Tree, seal: Seal) -> Comparison:
    """Compares one object; all three trees in normal form, `applied` with references as ids."""
    fields: list[FieldChange] = []
    unread = schema.unread_in(live, desired, applied)
    unchanged = 0
    for side in _declared(schema, (desired, applied, live), (), Trait.NONE):
        change = _compare(side, seal)
        if change is not None:
            fields.append(change)
        elif side.desired is not MISSING and side.path[0] not in unread:
            unchanged += 1
    return Comparison(tuple(fields), unchanged, unread)


def standing(schema: Schema, desired: Tree, applied: Tree, live: Tree, seal: Seal) -> Iterator[tuple[Path, Value]]:
    """How each path that the file sets, or has set, stands in the live object: as it was applied, as it is desired, or
    else what is there, in a list. The same object always stands the same, in whatever order a service lists it."""
    for side in _declared(schema, (desired, applied, live), (), Trait.NONE):
        if side.traits & (Trait.LOCAL | Trait.WRITE_ONLY) or _is_held_back(side):
            continue
        if side.rule is not None and side.rule.list_text is not None:
            side = _as_lists(side, side.rule.list_text.separator)
        yield side.path, _stand(side, seal)


def _stand(side: Side, seal: Seal) -> Value:
    live = bare(side.live)
    if isinstance(live, Missing):
        return []
    if side.applied is not MISSING and covers(live, side.applied, side.field, seal):
        return "applied"
    if side.desired is not MISSING and not contains(side.desired, Unknown) and _is_met(side, seal):  # type: ignore[arg-type]
        return "desired"
    if side.rule is not None and side.rule.has(Trait.UNORDERED) and isinstance(live, list | tuple):
        live = sorted(live, key=repr)
    return [live]


def _declared(schema: Schema, trees: tuple[Tree, Tree, Tree], at: Path, around: Trait) -> Iterator[Side]:
    for name in _names(schema, trees[0], trees[1]):
        field = schema.fields.get(name)
        if field is None:
            yield from _sides(Side((*at, name), None, (), around, *(tree.get(name, MISSING) for tree in trees)))
        elif not field.has(_NEVER_COMPARED):
            desired, applied, live = (MISSING if tree.get(name) is None else tree[name] for tree in trees)
            values = (desired, applied, applied if field.unread_in(trees[2]) else live)
            traits = around | field.traits if around else field.traits
            yield from _sides(Side((*at, name), field, (), traits, *values))


def _names(schema: Schema, desired: Tree, applied: Tree) -> list[str]:
    names = {*desired, *applied}
    return [name for name in schema.fields if name in names] + sorted(names - schema.fields.keys())


def _sides(side: Side) -> Iterator[Side]:
    """A leaf, or the leaves below it where maps merge."""
    if not _merges(side):
        yield side
        return
    desired, applied, live = (_map(value) for value in (side.desired, side.applied, side.live))
    if not desired and side.desired is not MISSING:
        yield side  # an empty map that is wanted is a leaf of its own
    field = side.rule
    inner = field.inner if field is not None else None
    if field is not None and inner is not None and field.shape is Shape.MODEL:
        yield from _declared(inner, (desired, applied, live), side.path, side.traits & _REACHES_DOWN)
        return
    for name in sorted({*desired, *applied}):
        values = (tree.get(name, MISSING) for tree in (desired, applied, live))
        below = Side((*side.path, name), side.field, (*side.within, name), side.traits, *values)
        if inner is None:
            yield from _sides(below)
        elif _merges(below) and below.desired is not MISSING and below.live is not MISSING:
            maps = (_map(below.desired), _map(below.applied), _map(below.live))
            yield from _declared(inner, maps, below.path, side.traits & _REACHES_DOWN)
        else:
            yield below  # an entry of the inner model comes and goes as one


def _merges(side: Side) -> bool:
    """Whether the leaves are further down: the file sets a map there, or did and leaves it out now."""
    if side.traits & _AS_ONE or isinstance(side.desired, Sensitive):
        return False
    if isinstance(side.desired, Mapping):
        return isinstance(side.applied, Mapping | Missing)
    goes_as_one = side.rule is not None and side.rule.on_remove is not OnRemove.OMIT
    return side.desired is MISSING and isinstance(side.applied, Mapping) and not goes_as_one


def _map(value: Maybe) -> Mapping[str, Value]:
    value = bare(value)
    return value if isinstance(value, Mapping) else _EMPTY


def _compare(side: Side, seal: Seal) -> FieldChange | None:
    if side.rule is not None and side.rule.list_text is not None:
        side = _as_lists(side, side.rule.list_text.separator)
    if side.traits & (Trait.LOCAL | Trait.WRITE_ONLY) or _is_held_back(side):
        side = replace(side, live=side.applied)  # what was set last is all that is known
    if isinstance(side.desired, Missing):
        return _compare_unset(side, seal)
    if _is_met(side, seal):
        return None
    return _changed(side, side.desired, _origin(side, seal))


def _is_held_back(side: Side) -> bool:
    """Whether it is a secret within what a service returns in part: without its secrets, that is."""
    return bool(side.traits & Trait.UNREAD) and side.live in (MISSING, None) and _holds_secret(side.applied)


def _is_met(side: Side, seal: Seal) -> bool:
    desired, live = bare(side.desired), bare(side.live)
    if isinstance(desired, str) and desired == live:
        return True
    if not isinstance(desired, Mapping) or side.traits & Trait.WHOLE:
        return covers(live, desired, side.field, seal)
    if side.traits & _AS_ONE and not same(side.applied, desired, seal):
        return same(live, desired, seal)  # the digest cannot tell what was taken out
    nothing_to_set = not desired and live is MISSING and side.rule is not None and side.rule.shape is Shape.MAP
    return nothing_to_set or element_covers(live, desired, seal)


def _origin(side: Side, seal: Seal) -> Origin:
    if side.applied is MISSING or covers(side.live, side.applied, side.field, seal):
        return Origin.CONFIG
    return Origin.DRIFT if agree(side.applied, side.desired, side.field, seal) else Origin.BOTH


def _compare_unset(side: Side, seal: Seal) -> FieldChange | None:
    if side.applied is MISSING or side.live is MISSING:
        return None
    on_remove = side.field.on_remove if side.field is not None else OnRemove.OMIT
    if on_remove is OnRemove.KEEP:
        return None
    if on_remove is OnRemove.DEFAULT and side.field is not None:
        default = get(side.field.default, side.within)
        if default is not None:
            return None if same(side.live, default, seal) else _changed(side, default, Origin.CONFIG)
    return _changed(side, UNSET, Origin.CONFIG)


def _changed(side: Side, after: Value, origin: Origin) -> FieldChange:
    cannot_unset = after is UNSET and side.field is not None and side.field.on_remove is OnRemove.REPLACE
    forced = cannot_unset or bool(side.traits & Trait.IMMUTABLE)
    declared = bool(side.traits & (Trait.SENSITIVE | Trait.WRITE_ONLY))
    sides = (side.desired, side.applied, side.live)
    secret = declared or any(map(_holds_secret, sides))
    if secret and not declared and all(isinstance(one, Mapping | Missing) for one in sides):
        secret, side = False, _alike_hidden(side)
    return FieldChange(
        path=side.path,
        before=_shown(side.live, secret),
        after=_shown(after, declared),
        origin=origin,
        applied=None if isinstance(side.applied, Missing) else _shown(side.applied, secret),
        forces_replacement=forced,
        because="cannot be unset in the API" if cannot_unset else "no update in the API" if forced else "",
    )


def _alike_hidden(side: Side) -> Side:
    """Maps in which each leaf is hidden that is secret on any side, so that the others can be told."""
    maps = [one for one in (side.desired, side.applied, side.live) if isinstance(one, Mapping)]

    def hidden(value: Maybe) -> Maybe:
        for other in maps if isinstance(value, Mapping) else ():
            value = mask_like(cast(Tree, value), other)
        return value

    return replace(side, applied=hidden(side.applied), live=hidden(side.live))


def _holds_secret(value: Maybe) -> bool:
    """What is secret on one side must not be told by another: a service may give back in plain what was sensitive."""
    return not isinstance(value, Missing) and contains(value, (Sensitive, Sealed))


def _shown(value: Maybe, secret: bool) -> Value:
    if isinstance(value, Missing) or value is UNSET:
        return UNSET
    if secret and not isinstance(value, Sensitive | Sealed | Unknown):
        return Sensitive(value)
    return value


def _as_lists(side: Side, separator: str) -> Side:
    def split(value: Maybe) -> Maybe:
        if isinstance(value, Sensitive):
            inside = split(value.value)
            return value if isinstance(inside, Missing) else Sensitive(inside)
        if isinstance(value, list | tuple):
            return [str(item) if isinstance(item, int | float) else item for item in value]
        if not isinstance(value, str):
            return value
        return [item.strip() for item in value.split(separator) if item.strip()]

    return replace(side, desired=split(side.desired), applied=split(side.applied), live=split(side.live))
