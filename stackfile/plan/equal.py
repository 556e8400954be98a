"""When two values are the same, and when a live value covers a desired one.

Equality is on canonical values: references count by id, `Sensitive` by what is in it, a `Sealed` digest by whether it
seals the other side. Booleans are not numbers; 1 and 1.0 are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeGuard

from stackfile.sdk.schema import FieldSchema
from stackfile.sdk.traits import Trait
from stackfile.state.secrets import Match, Seal
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value, contains


class Missing:
    """The type of `MISSING`, which stands for a field that is not there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
Maybe: TypeAlias = "Value | Missing"
_Element: TypeAlias = Callable[[Maybe, Maybe, Seal], bool]
_PLAIN = (str, int, float, type(None))


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
    """Whether the live value is what is wanted: in elements of lists only the keys that are set are compared.

    `field` is the one that governs the value; None for a value that no model declares.
    """
    live, wanted = bare(live), bare(wanted)
    if field is not None and field.satisfies is not None and _satisfied(live, wanted, field.satisfies.by):
        return True
    element = same if field is not None and field.has(Trait.WHOLE) else element_covers
    if field is not None and _is_list(live) and _is_list(wanted):
        if field.keyed is not None:
            live, wanted = _by_key(live, field.keyed.field), _by_key(wanted, field.keyed.field)
        elif field.has(Trait.UNORDERED):
            return _unordered(live, wanted, seal, element)
    if isinstance(wanted, Mapping):
        return same(live, wanted, seal)
    return element(live, wanted, seal)


def agree(left: Maybe, right: Maybe, field: FieldSchema | None, seal: Seal) -> bool:
    """Whether two values are equal as the field compares: in any order where it keeps none."""
    return covers(left, right, field, seal) and covers(right, left, field, seal)


def element_covers(live: Maybe, wanted: Maybe, seal: Seal) -> bool:
    """Whether live has all that is wanted: maps, at any depth, may hold more; null is the same as not there."""
    live, wanted = bare(live), bare(wanted)
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        return all(element_covers(live.get(key), value, seal) for key, value in wanted.items())
    if _is_list(live) and _is_list(wanted):
        return len(live) == len(wanted) and all(element_covers(a, b, seal) for a, b in zip(live, wanted, strict=True))
    return same(live, wanted, seal)


def bare(value: Maybe) -> Maybe:
    """A value without its wrapper: a reference as its id, a sensitive value as what is in it."""
    while isinstance(value, Sensitive | Ref):
        value = value.value if isinstance(value, Sensitive) else value.id
    return value


def _by_key(items: Sequence[Value], key: str) -> list[Value]:
    def rank(item: Value) -> str:
        inside = bare(item)
        return str(bare(inside.get(key)) if isinstance(inside, Mapping) else inside)

    return sorted(items, key=rank)


def _unordered(live: Sequence[Value], wanted: Sequence[Value], seal: Seal, element: _Element) -> bool:
    """Whether each wanted item has a live one of its own, and none is left over."""
    if len(live) != len(wanted):
        return False
    if all(isinstance(bare(item), _PLAIN) for item in (*live, *wanted)):
        return _counted(live) == _counted(wanted)
    takes = [[i for i, one in enumerate(live) if element(one, item, seal)] for item in wanted]
    return _matched(takes)


def _counted(items: Iterable[Value]) -> Counter[tuple[bool, object]]:
    """Plain items counted, so that a long list costs no comparison of each with each."""
    return Counter((isinstance(item, bool), item) for item in map(bare, items))


def _matched(takes: Sequence[Sequence[int]]) -> bool:
    """Whether each place can have one of the items it takes, no item twice (augmenting paths)."""
    holder: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for item in takes[wanted]:
            if item not in tried:
                tried.add(item)
                if item not in holder or place(holder[item], tried):
                    holder[item] = wanted
                    return True
        return False

    return all(place(wanted, set()) for wanted in range(len(takes)))


def _satisfied(live: Maybe, wanted: Maybe, by: Iterable[tuple[str, tuple[str, ...]]]) -> bool:
    return any(want == wanted and live in good for want, good in by)


def _same_sealed(left: Maybe, right: Maybe, seal: Seal) -> bool:
    if isinstance(left, Sealed) and isinstance(right, Sealed):
        return left.mac == right.mac and left.salt == right.salt and left.kid == right.kid
    sealed, value = (left, right) if isinstance(left, Sealed) else (right, left)
    if isinstance(value, Missing) or not isinstance(sealed, Sealed) or contains(value, Unknown):
        return False
    return seal.matches(sealed, value) is not Match.DIFFERENT


def _is_list(value: Maybe) -> TypeGuard[list[Value] | tuple[Value, ...]]:
    return isinstance(value, list | tuple)


def _same_scalar(left: Maybe, right: Maybe) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right
