"""What a change does to the data: the worst of what the kind and its fields declare, with their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from stackfile.plan.equal import Maybe, bare
from stackfile.plan.plan import UNSET, Action, FieldChange
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import FieldSchema, Schema
from stackfile.sdk.traits import Changes, Effect, Impact
from stackfile.values import Path, Ref, Sealed, Sensitive, Unknown, Value, contains

_Items: TypeAlias = tuple[object, ...]
_VERBS = {Action.UPDATE: "update", Action.REPLACE: "replace", Action.DELETE: "delete"}


class _Turn(NamedTuple):
    """The direction of a change: what came and what went; empty where items only changed their places."""

    added: _Items
    removed: _Items


def impact_of(
    action: Action, kind: type[Kind[Any]], schema: Schema, fields: Iterable[FieldChange], live: Live | None
) -> tuple[Impact, tuple[str, ...]]:
    """The worst impact and every sentence, each once, worst first."""
    effects = list(_effects(action, kind, schema, tuple(fields), live))
    worst = max((effect.impact for effect in effects), default=Impact.NONE)
    ordered = sorted(effects, key=lambda effect: -effect.impact)
    return worst, tuple(dict.fromkeys(effect.says for effect in ordered if effect.says))


def field_effects(schema: Schema, change: FieldChange) -> tuple[Effect, ...]:
    """What the field declares for a change in this direction; for both where items come and go."""
    field = schema.at(change.path)
    if field is None or field.changes is None:
        return ()
    turn = _turn(field, change.path, bare(change.before), bare(change.after))
    secret = any(contains(side, Sensitive) or contains(side, Sealed) for side in (change.before, change.after))
    words = {"{before}": _text(change.before), "{after}": _text(change.after)}

    def told(effect: Effect, items: _Items) -> Effect:
        says = effect.says
        for place, word in {**words, "{items}": ", ".join(map(_text, items))}.items():
            says = says.replace(place, "(sensitive)" if secret else word)
        return Effect(effect.impact, says, effect.replaces)

    return tuple(told(effect, items) for effect, items in _declared(field.changes, turn))


def _effects(
    action: Action, kind: type[Kind[Any]], schema: Schema, fields: tuple[FieldChange, ...], live: Live | None
) -> Iterable[Effect]:
    declared = {
        Action.CREATE: kind.traits.create,
        Action.REPLACE: kind.traits.replace,
        Action.DELETE: kind.traits.delete,
    }
    own = kind.effect(_VERBS[action], live, _pairs(fields)) if live is not None and action in _VERBS else None
    if own is not None:
        yield own
    elif action in declared:
        yield declared[action]
    if action is Action.UPDATE:
        for change in fields:
            yield from field_effects(schema, change)
    elif action is Action.REPLACE and own is None:
        for change in fields:
            if change.forces_replacement:  # what an update of the others would do, a replace does not
                yield from field_effects(schema, change)


def _pairs(fields: tuple[FieldChange, ...]) -> Mapping[Path, tuple[Value, Value]]:
    return {change.path: (change.before, change.after) for change in fields}


def _declared(changes: Changes, turn: _Turn | None) -> Iterable[tuple[Effect, _Items]]:
    added = changes.added if changes.added is not None else changes.any
    removed = changes.removed if changes.removed is not None else changes.any
    if turn is None:  # nobody can tell, so the worst is expected
        return [(max((changes.any, added, removed), key=lambda effect: effect.impact), ())]
    if turn.added and turn.removed and added != removed:
        return [(added, turn.added), (removed, turn.removed)]
    if turn.removed:
        return [(removed, (*turn.removed, *turn.added))]
    return [(added, turn.added)] if turn.added else [(changes.any, ())]


def _turn(field: FieldSchema, path: Path, before: Maybe, after: Maybe) -> _Turn | None:
    """None for values that have no direction."""
    if field.name != path[-1] and (before is UNSET or after is UNSET):
        key = (str(path[-1]),)
        return _Turn(key, ()) if before is UNSET else _Turn((), key)
    before, after = _as_default(field, before), _as_default(field, after)
    old, new = _items(field, before, after), _items(field, after, before)
    if old is not None and new is not None:
        return _Turn(_without(new, old), _without(old, new))
    if isinstance(before, int | float) and isinstance(after, int | float) and not isinstance(after, bool):
        return _Turn((after,), ()) if after > before else _Turn((), (after,))
    return None


def _as_default(field: FieldSchema, value: Maybe) -> Maybe:
    """An unset number is the model's default, as far as anybody knows."""
    is_number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    return field.default if value is UNSET and is_number else value


def _items(field: FieldSchema, value: Maybe, other: Maybe) -> _Items | None:
    """The items of a list or the keys of a map; none of them where it is unset. None for anything else."""
    if value is UNSET:
        return () if other is not UNSET and isinstance(other, Mapping | list | tuple) else None
    if isinstance(value, list | tuple) and field.keyed is not None:
        keys = (item.get(field.keyed.field) if isinstance(item, Mapping) else item for item in map(bare, value))
        return tuple(keys)
    return tuple(value) if isinstance(value, Mapping | list | tuple) else None


def _without(items: _Items, others: _Items) -> _Items:
    try:
        known = frozenset(others)
        return tuple(item for item in items if item not in known)
    except TypeError:  # items that are maps or lists
        return tuple(item for item in items if item not in others)


def _text(value: object) -> str:
    if value is UNSET or value is None:
        return "nothing"
    if isinstance(value, Unknown):
        return "(known after apply)"
    if isinstance(value, Ref):
        return str(value.address)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return str(value)
