"""What an operation is: typed values, one class for each kind, the same for every back end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from stackfile.portable.fields import FieldPath
from stackfile.portable.syntax import Expression


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps the events for which the predicate is true; false and null let an event go."""

    predicate: Expression


@dataclass(frozen=True, slots=True)
class Map:
    """Sets fields of the value and keeps the rest. Every expression sees the value as it was before."""

    assignments: tuple[tuple[FieldPath, Expression], ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Keeps these fields of the value only; one that is missing stays missing."""

    fields: tuple[FieldPath, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Takes these fields out of the value."""

    fields: tuple[FieldPath, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """Moves fields within the value, all at once; a missing one moves nothing."""

    moves: tuple[tuple[FieldPath, FieldPath], ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """Hands the event to a function that the back end knows by name; what it gives for null is let go."""

    function: str


@dataclass(frozen=True, slots=True)
class Route:
    """Gives the event to each stream whose predicate is true; one that goes to no stream goes on."""

    routes: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Dedupe:
    """Lets go of an event whose ids were seen within so many milliseconds; one that has a null among them passes."""

    by: tuple[Expression, ...]
    within: int


WindowKind: TypeAlias = Literal["tumbling", "hopping", "session"]


@dataclass(frozen=True, slots=True)
class Window:
    """Which stretches of time the `Aggregate` behind it looks at. Milliseconds.

    `size` is the length of a window, and of a session the gap that ends it; `advance` is the way from the start of one
    window to that of the next (of a session: 0). `time` yields the time of an event; None: the time it came with.
    """

    kind: WindowKind
    size: int
    advance: int
    time: Expression | None = None
    lateness: int = 0


AggregationName: TypeAlias = Literal["count", "sum", "avg", "min", "max"]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`of` is None for a count of events; otherwise what is null does not count."""

    name: AggregationName
    of: Expression | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One result for each group: of a window where a `Window` stands before it, else a running one for each event.

    An event with a null among its `by` belongs to no group.
    """

    by: tuple[tuple[FieldPath, Expression], ...]
    set: tuple[tuple[FieldPath, Aggregation], ...]


Operation: TypeAlias = Filter | Map | Select | Drop | Rename | Apply | Route | Dedupe | Window | Aggregate
