"""Groups as keys of a dictionary and as JSON again, and the order in which their results come."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

_canonical = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode

Group: TypeAlias = Any
"""Text and numbers as they are; any other JSON value as a tuple of its canonical text; several values as a tuple of
such, and no value as an empty one. To Python true is 1; here it is not."""


def group_of(value: Any) -> Group:
    """One value as a group; None for null."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is float:
        return int(value) if value.is_integer() else value
    return (_canonical(value).decode(),)


def value_of(group: Group) -> Any:
    """The JSON value that `group_of` was given; whole fractions come back as whole numbers."""
    return _decode(group[0]) if type(group) is tuple else group


def from_json(raw: Any) -> Group:
    """A group that was saved as JSON, where tuples became lists."""
    return tuple(map(from_json, raw)) if type(raw) is list else raw


def order_of(group: Group) -> Any:
    """Sorts groups: numbers, texts, anything else; several values by the first that differs."""
    if type(group) is tuple:
        return (2, 0, tuple(map(order_of, group)))
    return (1, 0, group) if type(group) is str else (0, group, ())
