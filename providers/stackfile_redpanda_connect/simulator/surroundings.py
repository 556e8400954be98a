"""What the engine takes from its surroundings when it reads a body: variables of its environment, and durations."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_VARIABLE = re.compile(r"\$\{[0-9A-Za-z_.]+(:((\$\{[^}]+\})|[^}])*)?(?:\|[0-9A-Za-z]+)?\}")
_ESCAPED = re.compile(r"\$\{(\{[0-9A-Za-z_.]+(:((\$\{[^}]+\})|[^}])*)?\})\}")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)")


class Unresolved(Exception):
    """A variable cannot be put in, in the words of the engine."""


@dataclass(slots=True)
class Filled:
    """A body with its variables put in; those in `missing` stand there as nothing."""

    text: str
    missing: list[str] = field(default_factory=list)


def filled(body: str, environment: Mapping[str, str]) -> Filled:
    """Raises Unresolved for a function that is unknown or fails; a missing variable is told in the result."""
    missing: list[str] = []
    faults: list[str] = []

    def put(found: re.Match[str]) -> str:
        name, colon, rest = found[0][2:-1].partition(":")
        plain, function = _piped(rest if colon else name)
        if not colon and plain not in environment:
            missing.append(plain)
        value = environment.get(name if colon else plain, "") or (plain if colon else "")
        return _applied(function, value, faults).replace("\n", "\\n")

    text = _VARIABLE.sub(put, body)
    if faults:
        raise Unresolved("\n".join(faults))
    return Filled(_ESCAPED.sub(r"$\1", text), missing)


def _piped(text: str) -> tuple[str, str]:
    """What stands before the last pipe, and the function after it."""
    before, pipe, function = text.rpartition("|")
    return (before, function) if pipe else (text, "")


def _applied(function: str, value: str, faults: list[str]) -> str:
    if function == "base64decode":
        try:
            return base64.b64decode(value, validate=True).decode(errors="replace")
        except binascii.Error:
            wrong = next((at for at, one in enumerate(value) if not re.match(r"[0-9A-Za-z+/=]", one)), len(value))
            faults.append(f"failed to decode base64-encoded env var: illegal base64 data at input byte {wrong}")
    elif function:
        faults.append(f"unknown env var decode function: {function}")
    return value


class Untimely(Exception):
    """A text is no duration, in the words of Go."""


def seconds(text: str) -> float:
    """How long a Go duration is. Raises Untimely."""
    rest = text.lstrip("+-") if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    total, at = 0.0, 0
    while at < len(rest) or at == 0:
        part = _PART.match(rest, at)
        if part is None:
            raise Untimely(f'time: invalid duration "{text}"')
        if not part[2]:
            raise Untimely(f'time: missing unit in duration "{text}"')
        if part[2] not in _UNITS:
            raise Untimely(f'time: unknown unit "{part[2]}" in duration "{text}"')
        total, at = total + float(part[1]) * _UNITS[part[2]], part.end()
    return -total if text.startswith("-") else total


def duration(length: float) -> str:
    """As Go prints one."""
    if length <= 0:
        return "0s"
    nanoseconds = round(length * 1e9)
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if nanoseconds < size * 1000:
            return f"{_trimmed(nanoseconds, size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{said}{_trimmed(rest, 1_000_000_000)}s"


def _trimmed(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    digits = str(part).zfill(len(str(size)) - 1).rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)
