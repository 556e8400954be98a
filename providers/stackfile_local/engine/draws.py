"""Random columns of a generator: each is one call in its template, and depends on nothing but a seed.

Only `random` and `getrandbits` are asked, whose sequences Python promises to keep; what is made of them is made here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

Column: TypeAlias = Callable[[Random, int], list[Any]]
"""So many values, drawn one after the other."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LARGEST = 2**53
_LONGEST = 1000
_VERSION, _VARIANT = 4 << 76, 2 << 62
_PLAIN = ~((15 << 76) | (3 << 62))


@dataclass(frozen=True, slots=True)
class Draw:
    """What a call in a template may be. `make` raises ValueError for arguments that cannot be."""

    signature: str
    least: int
    most: int
    make: Callable[..., Column]


def _int(low: object, high: object) -> Column:
    if type(low) is not int or type(high) is not int or not -_LARGEST < low <= high < _LARGEST:
        raise ValueError("takes two whole numbers, the smaller one first")
    first, width = low, high - low + 1

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return [first + int(draw() * width) for _ in range(count)]

    return column


def _float(low: object, high: object, digits: object = None) -> Column:
    first, last = _number(low), _number(high)
    if first is None or last is None or first > last:
        raise ValueError("takes two numbers, the smaller one first")
    if digits is not None and (type(digits) is not int or not 0 <= digits <= 15):
        raise ValueError("takes 0 to 15 digits")
    width = last - first

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        if digits is None:
            return [first + draw() * width for _ in range(count)]
        return [round(first + draw() * width, digits) for _ in range(count)]

    return column


def _normal(mean: object, deviation: object) -> Column:
    middle, spread = _number(mean), _number(deviation)
    if middle is None or spread is None or spread < 0:
        raise ValueError("takes two numbers, the second not below zero")

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return [
            middle + spread * math.sqrt(-2.0 * math.log(1.0 - draw())) * math.cos(math.tau * draw())
            for _ in range(count)
        ]

    return column


def _choice(items: object, weights: object = None) -> Column:
    if not isinstance(items, list) or not items:
        raise ValueError("takes a list of at least one item")
    if weights is not None:
        return _weighted(items, weights)
    many = len(items)

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return [items[int(draw() * many)] for _ in range(count)]

    return column


def _weighted(items: Sequence[Any], weights: object) -> Column:
    numbers = [_number(weight) for weight in weights] if isinstance(weights, list) else []
    known = [weight for weight in numbers if weight is not None and weight >= 0]
    if len(known) != len(items) or len(numbers) != len(items) or not sum(known):
        raise ValueError("takes as many weights as items: numbers not below zero, and one above it")
    ends = list(accumulate(known))
    total, last = ends[-1], max(index for index, weight in enumerate(known) if weight)

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return [items[min(bisect_right(ends, draw() * total), last)] for _ in range(count)]

    return column


def _chance(probability: object) -> Column:
    limit = _number(probability)
    if limit is None or not 0 <= limit <= 1:
        raise ValueError("takes a number from 0 to 1")

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return [draw() < limit for _ in range(count)]

    return column


def _uuid() -> Column:
    def column(random: Random, count: int) -> list[Any]:
        texts = [f"{random.getrandbits(128) & _PLAIN | _VERSION | _VARIANT:032x}" for _ in range(count)]
        return [f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}" for text in texts]

    return column


def _text(length: object) -> Column:
    if type(length) is not int or not 0 <= length <= _LONGEST:
        raise ValueError(f"takes a length of 0 to {_LONGEST:,}")
    long = length

    def column(random: Random, count: int) -> list[Any]:
        draw = random.random
        return ["".join([_LETTERS[int(draw() * 26)] for _ in range(long)]) for _ in range(count)]

    return column


def _number(value: object) -> float | None:
    return value if type(value) in (int, float) and isinstance(value, int | float) and math.isfinite(value) else None


DRAWS: Mapping[str, Draw] = MappingProxyType(
    {
        "int": Draw("int(low, high)", 2, 2, _int),
        "float": Draw("float(low, high[, digits])", 2, 3, _float),
        "normal": Draw("normal(mean, deviation)", 2, 2, _normal),
        "choice": Draw("choice(list[, weights])", 1, 2, _choice),
        "chance": Draw("chance(probability)", 1, 1, _chance),
        "uuid": Draw("uuid()", 0, 0, _uuid),
        "text": Draw("text(length)", 1, 1, _text),
    }
)
"""By name. `int` and `float` of one argument are functions of the expression language."""
