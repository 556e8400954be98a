"""Durations and sizes as a stackfile writes them: `1h30m` is milliseconds, `1MiB` is bytes."""

from __future__ import annotations

import re

_DURATION_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SIZE_UNITS = {
    "TiB": 2**40,
    "TB": 10**12,
    "GiB": 2**30,
    "GB": 10**9,
    "MiB": 2**20,
    "MB": 10**6,
    "KiB": 2**10,
    "kB": 10**3,
    "B": 1,
}

_LARGEST = 2**63 - 1
_DURATION = re.compile(r"([0-9]{1,19})(d|h|ms|m|s)")
_SIZE = re.compile(r"([0-9]{1,19})(KB|kiB|" + "|".join(_SIZE_UNITS) + r")\Z")
_OTHER_SPELLING = {"KB": "kB", "kiB": "KiB"}


def parse_duration(text: str) -> int:
    """Milliseconds. Raises ValueError, with what to write, for anything but `500ms`, `10s`, `1h30m`, `7d`."""
    total, at, smallest = 0, 0, 0
    order = list(_DURATION_UNITS)
    while match := _DURATION.match(text, at):
        number, unit = match.groups()
        if at and order.index(unit) <= smallest:
            raise ValueError(f"{text!r} is no duration: units go from large to small, each once, as in 1h30m")
        total, at, smallest = total + int(number) * _DURATION_UNITS[unit], match.end(), order.index(unit)
    if not at or at != len(text):
        raise ValueError(f"{text!r} is no duration: write a number and a unit (ms, s, m, h, d), as in 500ms or 1h30m")
    if total > _LARGEST:
        raise ValueError(f"{text!r} is too long a duration: at most {print_duration(_LARGEST)}")
    return total


def print_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back. Raises ValueError below zero."""
    if milliseconds < 0:
        raise ValueError(f"a duration is not negative: {milliseconds}")
    parts: list[str] = []
    rest = milliseconds
    for unit, length in _DURATION_UNITS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_size(text: str) -> int:
    """Bytes. Raises ValueError, with what to write, for anything but `100B`, `512KiB`, `10MB`, `1GiB`."""
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no size: write a whole number and a unit (B, KiB, MiB, GiB, kB, MB), as in 1MiB")
    size = int(match[1]) * _SIZE_UNITS[_OTHER_SPELLING.get(match[2], match[2])]
    if size > _LARGEST:
        raise ValueError(f"{text!r} is too large a size: at most {print_size(_LARGEST)}")
    return size


def print_size(size: int) -> str:
    """The text with the fewest digits that `parse_size` reads back. Raises ValueError below zero."""
    if size < 0:
        raise ValueError(f"a size is not negative: {size}")
    if size == 0:
        return "0B"
    exact = [(size // length, unit) for unit, length in _SIZE_UNITS.items() if size % length == 0]
    count, unit = min(exact, key=lambda pair: len(str(pair[0])))
    return f"{count}{unit}"
