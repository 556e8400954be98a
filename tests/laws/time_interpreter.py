"""Times and durations as the expression language has them, and what every function asks of a value: slow and plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any


class Fails(Exception):
    """The event cannot be evaluated."""


def kind(value: Any) -> str:
    if value is None:
        return "null"
    for name, types in (("bool", bool), ("number", int | float), ("text", str), ("list", list), ("map", dict)):
        if isinstance(value, types):
            return name
    raise TypeError(value)


def need(value: Any, *kinds: str) -> Any:
    if kind(value) not in kinds:
        raise Fails
    return value


def whole(value: Any) -> int:
    if not isinstance(need(value, "number"), int):
        raise Fails
    return int(value)


def time(value: Any) -> int:
    if not isinstance(value, str):
        return whole(value)
    clock = r"([01]\d|2[0-3]):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?"
    match = re.fullmatch(rf"(\d{{4}})-(\d\d)-(\d\d)(?:[T ]{clock})?", value, re.ASCII)
    if match is None:
        raise Fails
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    ahead = timedelta(0)
    if zone not in (None, "Z"):
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    start = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=timezone(ahead))
    moment = start.replace(second=int(second or 0), microsecond=int(f"{fraction or 0:0<6}"[:6]))
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def time_text(milliseconds: Any) -> str:
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=whole(milliseconds))
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def part_of(pattern: str) -> Callable[[Any], int]:
    def part(milliseconds: Any) -> int:
        return int((datetime(1970, 1, 1) + timedelta(milliseconds=whole(milliseconds))).strftime(pattern))

    return part


def time_floor(milliseconds: Any, size: Any) -> int:
    if whole(size) <= 0:
        raise Fails
    return whole(milliseconds) // whole(size) * whole(size)


def duration(text: Any) -> int:
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    if not re.fullmatch(r"(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?", need(text, "text"), re.ASCII):
        raise Fails
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(d|h|ms|m|s)", text))
