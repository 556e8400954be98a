"""What can be measured of an object: values with a name and a unit, which reports print without knowing the service."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """How a value is printed, and what it is in JSON.

    Whole `SECONDS` are printed whole (`41 d`, `42 s`), others with a decimal (`1.2 s`, `8 ms`). A `MOMENT` is in
    seconds since 1970, UTC; a `FRACTION` goes from 0 to 1.
    """

    COUNT = "count"
    EVENTS = "events"
    RECORDS = "records"
    BYTES = "bytes"
    SECONDS = "seconds"
    PER_SECOND = "per_second"
    BYTES_PER_SECOND = "bytes_per_second"
    PER_MINUTE = "per_minute"
    FRACTION = "fraction"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Measured:
    """One value. Columns are by `name`, in snake_case: `events_per_s` is headed EVENTS/S.

    `total` is of a rate: of how much it is the rate. It only rises, but where the service counts anew. Who looks twice
    tells from it the rate between; `value` may be None then, where the service knows no rate of its own.
    """

    name: str
    value: int | float | str | None
    unit: Unit = Unit.COUNT
    total: int | None = None


def known(*measured: Measured | None) -> tuple[Measured, ...]:
    """Those that have something to say."""
    return tuple(one for one in measured if one is not None and (one.value is not None or one.total is not None))


def rate(value: float | None, total: int | None = None) -> Measured:
    """Events a second."""
    return Measured("events_per_s", value, Unit.PER_SECOND, total)


def lag(value: float | None, unit: Unit) -> Measured:
    """What is still to come, in events, records, bytes or seconds."""
    return Measured("lag", value, unit)
