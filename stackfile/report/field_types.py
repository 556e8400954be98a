"""What a field takes, read off its annotation: a word for the type, the values that are allowed, and the range."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo

from stackfile.sdk.schema import FieldSchema, Shape

_WORDS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "text"}
"""In this order: a boolean is an integer too."""


@dataclass(frozen=True, slots=True)
class Takes:
    """`type` is empty where no word tells it. `enum` holds plain values; `min` and `max` are themselves allowed."""

    type: str
    enum: tuple[Any, ...] = ()
    min: Any = None
    max: Any = None

    def __str__(self) -> str:
        if self.enum:
            return f"one of {', '.join(_shown(one) for one in self.enum)}"
        if self.min is not None and self.max is not None:
            return f"{self.type} from {self.min} to {self.max}"
        if self.min is not None or self.max is not None:
            return f"{self.type}, {f'{self.min} or more' if self.min is not None else f'{self.max} or less'}"
        return self.type


def takes(field: FieldSchema) -> Takes:
    if field.shape in (Shape.MODEL, Shape.MAP, Shape.LIST):
        return Takes("list" if field.shape is Shape.LIST else "map")
    bounds = dict(_bounds(field.annotation))
    plain = [one for one in _plain(field.annotation) if one is not type(None)]
    values = tuple(value for one in plain for value in _values(one))
    if values and all(_values(one) for one in plain):
        return Takes(_word(type(values[0])), values)
    words = {_word(one) for one in plain}
    return Takes(words.pop() if len(words) == 1 else "", (), bounds.get("min"), bounds.get("max"))


def _plain(hint: Any) -> Iterator[Any]:
    """The members of a union, without what `Annotated` says of them."""
    if typing.get_origin(hint) is typing.Annotated:
        yield from _plain(hint.__origin__)
    elif typing.get_origin(hint) in (typing.Union, types.UnionType):
        for one in typing.get_args(hint):
            yield from _plain(one)
    else:
        yield hint


def _values(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    return tuple(one.value for one in hint) if isinstance(hint, type) and issubclass(hint, Enum) else ()


def _word(hint: Any) -> str:
    return next((word for type_, word in _WORDS.items() if isinstance(hint, type) and issubclass(hint, type_)), "")


def _bounds(hint: Any) -> Iterator[tuple[str, Any]]:
    """Of the outermost annotation last, as it counts."""
    for one in typing.get_args(hint):
        yield from _bounds(one)
    for mark in getattr(hint, "__metadata__", ()):
        for said in mark.metadata if isinstance(mark, FieldInfo) else (mark,):
            if isinstance(said, annotated_types.Ge):
                yield "min", said.ge
            elif isinstance(said, annotated_types.Le):
                yield "max", said.le


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
