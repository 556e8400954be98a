"""From a desired tree to what the state keeps: references as ids, secrets sealed, seals kept where nothing changed."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.state.secrets import Match, Seal
from stackfile.values import Ref, Sealed, Sensitive, Tree, Unknown, Value, contains


def to_applied(desired: Tree, before: Tree, seal: Seal) -> dict[str, Value]:
    """The tree to record as applied. `before` is the earlier one: its digests stay where they still hold.

    Unknown values, and lists and secrets that hold one, are left out: they are recorded when they are known.
    """
    return {key: _value(value, before.get(key), seal) for key, value in desired.items() if _is_known(value)}


def _value(value: Value, before: Value, seal: Seal) -> Value:
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sensitive):
        if isinstance(before, Sealed) and seal.matches(before, value) is not Match.DIFFERENT:
            return before
        return seal.seal(value)
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, (dict, Mapping)):
        return to_applied(value, before if isinstance(before, Mapping) else {}, seal)
    if isinstance(value, (list, tuple)):
        olds = before if isinstance(before, (list, tuple)) and len(before) == len(value) else [None] * len(value)
        return [_value(item, old, seal) for item, old in zip(value, olds, strict=True)]
    return value


def _is_known(value: Value) -> bool:
    return isinstance(value, (str, dict, Mapping)) or not contains(value, Unknown)
