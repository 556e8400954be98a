"""What moves: events, what failed and why, and how far an input was read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Event: TypeAlias = tuple[Any, Any, Any, int, int, int]
"""Key, value, headers or None, timestamp in milliseconds, partition and offset. From a file, the partition is 0 and the
offset is the number of the line."""

Position: TypeAlias = Mapping[str, Any]
"""Where the next batch of an input starts, as JSON: `offsets` by partition, and for a file `file`."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One event, or line of a file, that could not be taken: where it was, why, and what is kept of it."""

    partition: int
    offset: int
    reason: str
    kept: Mapping[str, Any]
    key: Any = None


class Receipt(Protocol):
    """Who gave a batch, and wants to know when it is safe."""

    def save(self, transaction: sqlite3.Connection, now: int) -> None:
        """What is to be kept with the batch, in the transaction that saves it; `now` is milliseconds."""

    def done(self) -> None:
        """It is durable."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one read gave. `count` is how many events or lines that was, failed ones too.

    `anew` says that the input is another one than before, and that this is its beginning. `appended` adds up when its
    events were appended, in milliseconds; None where they were not.
    """

    events: Sequence[Event]
    failed: Sequence[Failure]
    next: Position
    count: int
    notes: tuple[str, ...] = ()
    anew: bool = False
    appended: int | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an owner has read its input, and how many events that was, ever."""

    position: Position | None = None
    noted: Position | None = None
    """Up to where failed events are kept already: further than `position` where a destination keeps its own."""
    read: int = 0
    written: int = 0
    failed: int = 0
    notes: tuple[str, ...] = field(default=())


def offset_in(position: Position | None, partition: int) -> int:
    """0 where nothing was read."""
    return 0 if position is None else int(position["offsets"].get(str(partition), 0))


def furthest(one: Position | None, other: Position) -> Position:
    """The position that has both behind it."""
    if one is None:
        return other
    partitions = {**one["offsets"], **other["offsets"]}
    offsets = {p: max(offset_in(one, int(p)), offset_in(other, int(p))) for p in partitions}
    return {**other, "offsets": offsets}


def is_fresh(noted: Position | None, partition: int, offset: int) -> bool:
    """Whether a failure at this place is not kept yet."""
    if noted is None or offset >= offset_in(noted, partition):
        return True
    failed = noted.get("failed")  # older engines noted none
    return failed is not None and offset not in failed.get(str(partition), ())


def noting(before: Position | None, next: Position, failures: Sequence[Failure]) -> Position:
    """Up to where failures are kept: the further of the two, and which they are of those that a destination that is
    behind will meet again. It may judge otherwise then, so that being behind `offsets` alone tells nothing."""
    kept = {} if before is None else before.get("failed", {})
    again = {
        partition: {n for n in offsets if n >= offset_in(next, int(partition))} for partition, offsets in kept.items()
    }
    for failure in failures:
        again.setdefault(str(failure.partition), set()).add(failure.offset)
    failed = {partition: sorted(offsets) for partition, offsets in again.items() if offsets}
    return {**furthest(before, next), "failed": failed}
