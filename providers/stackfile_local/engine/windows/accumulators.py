"""What an aggregate holds of one group: a list, the number of events first, then places for each aggregation.

Sums are exact, so that a result does not depend on the order of events, on where batches end or on merges: whole
numbers are added as they are, fractions as a short list of floats whose exact sum is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from stackfile.portable.models import Aggregation, AggregationName
from stackfile_local.engine.runtime import NOT_FINITE, Failed, kind_word, number

Accumulator: TypeAlias = list[Any]

_INT64 = 2**63
_WIDTH = {"sum": 3, "avg": 3, "min": 1, "max": 1, "count": 1}
_EMPTY: dict[str, list[Any]] = {"sum": [0, 0, None], "avg": [0, 0, None], "min": [None], "max": [None], "count": [0]}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an aggregation keeps what it knows: from `at` on."""

    name: AggregationName
    at: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of all aggregations of one aggregate. A count of events needs none of its own."""

    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, aggregations: Sequence[Aggregation]) -> Layout:
        slots: list[Slot] = []
        at = 1
        for aggregation in aggregations:
            if aggregation.of is None:
                slots.append(Slot("count", 0))
            else:
                slots.append(Slot(aggregation.name, at))
                at += _WIDTH[aggregation.name]
        return cls(tuple(slots))

    @property
    def empty(self) -> Accumulator:
        return [0, *(each for slot in self._own() for each in _EMPTY[slot.name])]

    @property
    def has_sums(self) -> bool:
        return any(slot.name in ("sum", "avg") for slot in self.slots)

    def _own(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.at]

    def merge(self, into: Accumulator, other: Accumulator) -> None:
        """Adds what `other` holds."""
        into[0] += other[0]
        for slot in self._own():
            at = slot.at
            if slot.name == "count":
                into[at] += other[at]
            elif slot.name in ("sum", "avg"):
                into[at] += other[at]
                into[at + 1] += other[at + 1]
                if other[at + 2] is not None:
                    into[at + 2] = exact([*(into[at + 2] or ()), *other[at + 2]])
            elif other[at] is not None and (into[at] is None or PRECEDES[slot.name](other[at], into[at])):
                into[at] = other[at]

    def settle(self, accumulator: Accumulator) -> None:
        """Makes lists of fractions short."""
        for slot in self.slots:
            if slot.name in ("sum", "avg") and accumulator[slot.at + 2] is not None:
                accumulator[slot.at + 2] = exact(accumulator[slot.at + 2])

    def result(self, slot: Slot, accumulator: Accumulator) -> Any:
        """Raises Failed for a sum that is no number of ours."""
        return result_of(slot.name, slot.at, accumulator)

    def to_json(self, accumulator: Accumulator) -> list[Any]:
        return [str(each) if type(each) is int and not -_INT64 <= each < _INT64 else each for each in accumulator]

    def from_json(self, raw: list[Any]) -> Accumulator:
        for slot in self.slots:
            if slot.name in ("sum", "avg"):
                raw[slot.at + 1] = int(raw[slot.at + 1])
        return raw


def exact(values: list[Any]) -> list[Any]:
    """A few floats that have the same exact sum, the same ones for the same sum. `["over"]`: it is too large."""
    if values and "over" in (values[0], values[-1]):
        return ["over"]
    found: list[Any] = []
    rest = values
    try:
        while (part := math.fsum(rest)) != 0.0:
            found.append(part)
            rest = [*rest, -part]
    except OverflowError:
        return ["over"]
    return found


def result_of(name: str, at: int, accumulator: Accumulator) -> Any:
    """What an aggregation gives that keeps what it knows from `at` on. Raises Failed."""
    if name not in ("sum", "avg"):
        return accumulator[at]
    count, whole, parts = accumulator[at : at + 3]
    if not count:
        return None
    if parts == ["over"]:
        raise Failed(NOT_FINITE)
    if parts is None and name == "sum":
        return number(whole)
    total = whole + sum(map(Fraction, parts or ()), Fraction())
    try:
        return number(float(total / count if name == "avg" else total))
    except OverflowError as error:
        raise Failed(NOT_FINITE) from error


def measured(value: Any, by: str) -> Any:
    """A number to add, or None for null. Raises Failed for anything else."""
    kind = type(value)
    if kind is int or kind is float:
        return number(value)
    if value is None:
        return None
    raise Failed(f"`{by}` takes a number, got {kind_word(value)}")


def compared(value: Any, by: str) -> Any:
    """A number or text to compare, or None for null. Raises Failed for anything else."""
    return value if type(value) is str else measured(value, by)


def smaller(one: Any, other: Any) -> bool:
    """Numbers come before texts; of a whole number and a fraction that are equal, the whole one is taken."""
    return bool(_rank(one) < _rank(other))


def larger(one: Any, other: Any) -> bool:
    if type(one) is not str and type(other) is not str and one == other:
        return type(one) is int and type(other) is not int
    return bool(_rank(one) > _rank(other))


def _rank(value: Any) -> Any:
    return (1, value) if type(value) is str else (0, value, type(value) is float)


PRECEDES = {"min": smaller, "max": larger}
