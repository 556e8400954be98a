"""Times and durations as reports print them: UTC, and two units at most."""

from __future__ import annotations

from datetime import UTC, datetime

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def duration(seconds: float) -> str:
    """`8 ms`, `1.2 s`, `10 m 5 s`, `2 h 10 m`, `41 d`: with a decimal below a minute, then in whole units."""
    if seconds < 0.0995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < _MINUTE - 0.05:
        return f"{seconds:.1f} s"
    return whole_duration(seconds)


def whole_duration(seconds: float) -> str:
    """`32 s`, `10 m`, `2 m 10 s`, `2 h 10 m`, `41 d`."""
    total = max(round(seconds), 0)
    if total < _MINUTE:
        return f"{total} s"
    if total < _HOUR:
        return _two(total, _MINUTE, "m", 1, "s")
    return _two(total, _HOUR, "h", _MINUTE, "m") if total < _DAY else f"{total // _DAY} d"


def _two(total: int, unit: int, name: str, smaller: int, smaller_name: str) -> str:
    rest = total % unit // smaller
    return f"{total // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo is not None else at


def minute(at: datetime) -> str:
    """`2026-11-20 14:02 UTC`."""
    return f"{_utc(at):%Y-%m-%d %H:%M} UTC"


def second(at: datetime) -> str:
    """`2026-11-21 03:12:04 UTC`."""
    return f"{_utc(at):%Y-%m-%d %H:%M:%S} UTC"


def clock(at: datetime) -> str:
    """`03:12:05`, in UTC."""
    return f"{_utc(at):%H:%M:%S}"


def rfc3339(at: datetime) -> str:
    """`2026-11-20T16:40:00Z`, with microseconds only where there are any."""
    return _utc(at).replace(tzinfo=None).isoformat() + "Z"
