"""When two values are the same, and when a live value covers a desired one.

Equality is on canonical values: references count by id, `Sensitive` by what is in it, a `Sealed` digest by whether it
seals the other side. Booleans are not numbers; 1 and 1.0 are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

from stackfile.sdk.schema import FieldSchema
from stackfile.sdk.traits import Trait
from stackfile.state.secrets import Match, Seal
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value


class Missing:
    """The type of `MISSING`, which stands for a field that is not there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
Maybe = Value | Missing


def same(left: Maybe, right: Maybe, seal: Seal) -> bool:
    """Whether two values are equal in full. An Unknown equals nothing; a digest of an unknown key equals everything."""
    left, right = bare(left), bare(right)
    if isinstance(left, Sealed) or isinstance(right, Sealed):
        return _same_sealed(left, right, seal)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return False
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(value, right[key], seal) for key, value in left.items())
    if _is_list(left) and _is_list(right):
        return len(left) == len(right) and all(same(a, b, seal) for a, b in zip(left, right, strict=True))
    return _same_scalar(left, right)


def covers(live: Maybe, wanted: Maybe, field: FieldSchema | None, seal: Seal) -> bool:
    """Whether the live value is what is wanted: in elements of lists only the keys that are set are compared."""
    live, wanted = bare(live), bare(wanted)
    if _is_list(live) and _is_list(wanted):
        return _list_covers(live, wanted, field, seal)
    if _satisfied(live, wanted, field):
        return True
    return same(live, wanted, seal)


def bare(value: Maybe) -> Maybe:
    """A value without its wrapper: a reference as its id, a sensitive value as what is in it."""
    while isinstance(value, Sensitive | Ref):
        value = value.value if isinstance(value, Sensitive) else value.id
    return value


def _list_covers(live: Sequence[Value], wanted: Sequence[Value], field: FieldSchema | None, seal: Seal) -> bool:
    if len(live) != len(wanted):
        return False
    if field is not None and field.keyed is not None:
        live, wanted = _by_key(live, field.keyed.field), _by_key(wanted, field.keyed.field)
    elif field is not None and field.has(Trait.UNORDERED):
        return _unordered_covers(list(live), wanted, seal)
    return all(_element_covers(a, b, seal) for a, b in zip(live, wanted, strict=True))


def _unordered_covers(live: list[Value], wanted: Sequence[Value], seal: Seal) -> bool:
    for item in wanted:
        match = next((i for i, one in enumerate(live) if _element_covers(one, item, seal)), None)
        if match is None:
            return False
        del live[match]
    return True


def _element_covers(live: Value, wanted: Value, seal: Seal) -> bool:
    live_bare, wanted_bare = bare(live), bare(wanted)
    if isinstance(live_bare, Mapping) and isinstance(wanted_bare, Mapping):
        return all(_element_covers(live_bare.get(key), value, seal) for key, value in wanted_bare.items())
    return same(live, wanted, seal)


def _by_key(items: Sequence[Value], key: str) -> list[Value]:
    return sorted(items, key=lambda item: str(item.get(key)) if isinstance(item, Mapping) else str(item))


def _satisfied(live: Maybe, wanted: Maybe, field: FieldSchema | None) -> bool:
    if field is None or field.satisfies is None:
        return False
    return any(want == wanted and live in good for want, good in field.satisfies.by)


def _same_sealed(left: Maybe, right: Maybe, seal: Seal) -> bool:
    if isinstance(left, Sealed) and isinstance(right, Sealed):
        return left.mac == right.mac and left.salt == right.salt and left.kid == right.kid
    sealed, value = (left, right) if isinstance(left, Sealed) else (right, left)
    if isinstance(value, Missing | Unknown) or not isinstance(sealed, Sealed):
        return False
    return seal.matches(sealed, value) is not Match.DIFFERENT


def _is_list(value: Maybe) -> TypeGuard[list[Value] | tuple[Value, ...]]:
    return isinstance(value, list | tuple)


def _same_scalar(left: Maybe, right: Maybe) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right
