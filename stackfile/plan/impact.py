"""What a change does to the data: the worst of what the kind and its fields declare, with their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stackfile.plan.equal import bare
from stackfile.plan.plan import UNSET, Action, FieldChange
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Effect, Impact
from stackfile.values import Path, Sensitive, Value

_VERBS = {Action.UPDATE: "update", Action.REPLACE: "replace", Action.DELETE: "delete"}


def impact_of(
    action: Action, kind: type[Kind[Any]], schema: Schema, fields: Iterable[FieldChange], live: Live | None
) -> tuple[Impact, tuple[str, ...]]:
    """The worst impact and every sentence, each once, worst first."""
    effects = list(_effects(action, kind, schema, tuple(fields), live))
    worst = max((effect.impact for effect in effects), default=Impact.NONE)
    ordered = sorted(effects, key=lambda effect: -effect.impact)
    return worst, tuple(dict.fromkeys(effect.says for effect in ordered if effect.says))


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
    if action is Action.UPDATE or (action is Action.REPLACE and own is None):
        for change in fields:
            yield _field_effect(schema, change)


def _pairs(fields: tuple[FieldChange, ...]) -> Mapping[Path, tuple[Value, Value]]:
    return {change.path: (change.before, change.after) for change in fields}


def _field_effect(schema: Schema, change: FieldChange) -> Effect:
    field = schema.at(change.path)
    if field is None or field.changes is None:
        return Effect()
    before, after = bare(change.before), bare(change.after)
    added, removed = _direction(before, after)
    changes = field.changes
    effect = changes.any
    if removed and changes.removed is not None:
        effect = changes.removed
    elif added and not removed and changes.added is not None:
        effect = changes.added
    says = effect.says
    if says and not isinstance(change.after, Sensitive):
        items = ", ".join(str(item) for item in removed or added)
        says = says.replace("{items}", items).replace("{before}", str(before)).replace("{after}", str(after))
    return Effect(effect.impact, says)


def _direction(before: object, after: object) -> tuple[list[object], list[object]]:
    """Items, keys, or the number itself, that were added and removed."""
    if before is UNSET:
        return [after], []
    if after is UNSET:
        return [], [before]
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return [x for x in after if x not in before], [x for x in before if x not in after]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [k for k in after if k not in before], [k for k in before if k not in after]
    if isinstance(before, int | float) and isinstance(after, int | float):
        return ([after], []) if after > before else ([], [after])
    return [], []
