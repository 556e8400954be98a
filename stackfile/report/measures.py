"""Measured values as columns of text: which there are, in which order, what heads them, and how a value is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from stackfile.report.moments import clock, duration, minute, whole_duration
from stackfile.report.text import safe
from stackfile.sdk.measures import Measured, Unit

COMMON: Final = ("lag", "events_per_s", "errors", "since")
"""What any object may have: kinds with no other values share a table."""

_KNOWN: Final = (
    *("read", "written", "received", "sent", "events", "bytes", "partitions", "retention"),
    *("lag", "events_per_s", "bytes_per_s", "latency"),
    *("errors", "error_rate", "errors_per_min", "dead_letters", "late", "watermark", "last_event"),
)
_ORDER: Final = {name: place for place, name in enumerate(_KNOWN)}
_LAST: Final = {"since": 1}
_SIZES: Final = ("KiB", "MiB", "GiB", "TiB")
_RIGHT: Final = frozenset(Unit) - {Unit.TEXT, Unit.SECONDS, Unit.EVENTS, Unit.RECORDS, Unit.MOMENT}


def columns_of(rows: Iterable[Sequence[Measured]]) -> tuple[str, ...]:
    """The names that have a value anywhere, in the order of columns: those that nobody knows come last but `since`."""
    names = {one.name for values in rows for one in values if one.value is not None}
    return tuple(sorted(names, key=lambda name: (_LAST.get(name, 0), _ORDER.get(name, len(_ORDER)), name)))


def heading(name: str) -> str:
    """`EVENTS/S` for events_per_s."""
    return safe(name).upper().replace("_PER_", "/").replace("_", " ")


def stands_right(rows: Iterable[Sequence[Measured]], name: str) -> bool:
    """Whether a column is of plain numbers, which stand below each other by their last digit."""
    return all(one.unit in _RIGHT for values in rows for one in values if one.name == name and one.value is not None)


def cells(values: Sequence[Measured], names: Sequence[str], at: datetime) -> tuple[str, ...]:
    """One cell a column, `-` where there is no value; `at` is when it was read."""
    by_name = {one.name: one for one in values if one.value is not None}
    return tuple(printed(by_name[name], at) if name in by_name else "-" for name in names)


def printed(measured: Measured, at: datetime) -> str:
    """The value with its unit. A moment of the last day is a time, an earlier one has its date."""
    value = measured.value
    if measured.unit is Unit.MOMENT and isinstance(value, int | float):
        moment = datetime.fromtimestamp(value, UTC)
        return clock(moment) if abs((at - moment).total_seconds()) < 86_400 else minute(moment)
    if value is None or isinstance(value, str):
        return safe(value or "-")
    return _number(value, measured.unit)


def counted(measured: Measured) -> str:
    """The value before what it counts: `14 streams`, `1 stream`, `18,420 events/min`."""
    value, name = measured.value, safe(measured.name).replace("_per_", "/").replace("_", " ")
    name = name.removesuffix("s") if value == 1 and measured.unit is Unit.COUNT else name
    number = f"{value:,}" if isinstance(value, int | float) else safe(value or "-")
    return f"{number} {name}"


def _number(value: float, unit: Unit) -> str:
    match unit:
        case Unit.SECONDS:
            return whole_duration(value) if isinstance(value, int) else duration(value)
        case Unit.BYTES:
            return _size(value)
        case Unit.BYTES_PER_SECOND:
            return f"{_size(value)}/s"
        case Unit.EVENTS:
            return f"{value:,.0f} event{'' if value == 1 else 's'}" if value else "0"
        case Unit.RECORDS:
            return f"{value:,.0f} rec" if value else "0"
        case Unit.FRACTION:
            return f"{value:.2%}" if value else "0%"
        case Unit.PER_SECOND | Unit.PER_MINUTE:
            return f"{value:,.1f}" if value else "0"
    return f"{value:,}"


def _size(size: float) -> str:
    """`812 B`, `45.2 KiB`."""
    if size < 1024:
        return f"{size:,.0f} B"
    power = 1
    while power < len(_SIZES) and size / 1024**power >= 1023.95:
        power += 1
    return f"{size / 1024**power:,.1f} {_SIZES[power - 1]}"
