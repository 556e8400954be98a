"""What names, numbers and times look like in the API."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from stackfile_local.server.errors import ApiError, invalid

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


def check_name(field: str, value: object) -> str:
    """Kafka's rule, for streams, processors and groups. Raises ApiError."""
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value in (".", ".."):
        raise invalid(field, "up to 249 letters, digits, `.`, `_` and `-`, and neither `.` nor `..`")
    return value


def whole(field: str, value: object, low: int, high: int) -> int:
    """A JSON integer within bounds. Raises ApiError."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise invalid(field, f"a whole number from {low} to {high}")
    return value


def object_of(field: str, value: object, allowed: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object with no other members than these. Raises ApiError."""
    if not isinstance(value, dict):
        raise invalid(field, "an object is wanted")
    for name in value:
        if name not in allowed:
            raise invalid(f"{field}.{name}", f"there is no such field; there are {', '.join(allowed)}")
    return value


def time_text(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def number_in(field: str, text: str, error: ApiError | None = None) -> int:
    """A number of a query: digits only. Raises ApiError, by default INVALID_REQUEST."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise error or invalid(field, "a whole number, zero or more")
    return int(text)
