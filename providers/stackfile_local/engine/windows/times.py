"""The time of an event: what its own field says, else what the result of a window carries, else its append time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stackfile_local.engine.runtime import Failed, kind_word
from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS

EVENT_TIME = "stackfile-event-time"
"""The header in which results of windows carry their time: milliseconds, as text."""
EVENT_ID = "stackfile-event-id"
"""The header that is the same whenever the same result is computed again."""

EARLIEST, LATEST = -30_610_224_000_000, 221_845_392_000_000
"""The years 1000 to 8999: the edges of every window can still be written."""

_parse = IMPLEMENTATIONS["time"]
time_text = IMPLEMENTATIONS["time_text"]


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return str(time_text(seconds * 1000))[:-4]


def moment_text(milliseconds: int) -> str:
    """As `time_text`, quicker for many moments that are near each other."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}{rest:03}Z"


def event_time(value: Any) -> int:
    """Milliseconds of what a `time` yields. Raises Failed."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) not in (int, str):
        raise Failed(
            "the event has no time" if value is None else f"a time is a number or text, got {kind_word(value)}"
        )
    found = _parse(value)
    if not EARLIEST <= found <= LATEST:
        raise Failed("the time is not within the years 1000 to 8999")
    return int(found)


def carried(headers: Any, timestamp: int) -> int:
    """The time that came with an event; nobody but the engine writes it, and what is no time does not count."""
    text = headers.get(EVENT_TIME) if isinstance(headers, Mapping) else None
    try:
        found = timestamp if text is None else int(text)
    except (ValueError, TypeError):
        return timestamp
    return found if EARLIEST <= found <= LATEST else timestamp
