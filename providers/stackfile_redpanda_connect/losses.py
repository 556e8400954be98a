"""What a change does to the events that a stream holds at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stackfile.sdk.traits import Effect, Impact

RESTARTS: Final = Effect(
    Impact.RESTART,
    "The stream stops and starts; what it has read is delivered before, as far as that takes no longer than the "
    "provider's `timeout`.",
)
STOPS: Final = Effect(
    Impact.NONE,
    "The stream stops; what it has read is delivered before, as far as that takes no longer than the provider's "
    "`timeout`.",
)
_WINDOW: Final = Effect(
    Impact.DATA_LOSS, "The events of its open window are lost, unless the window ends within the provider's `timeout`."
)
_MEMORY: Final = Effect(
    Impact.DATA_LOSS,
    "What its memory buffer holds is lost, unless it can be delivered within the provider's `timeout`.",
)
_AGAIN: Final = Effect(Impact.REPROCESS, "It had read its input to the end; it starts anew and reads it again.")


def effect(verb: str, buffer: Any, status: Any) -> Effect:
    """Of an update, replace or delete of a stream with this buffer. One that has finished holds nothing any more."""
    if status == "finished":
        return _AGAIN if verb != "delete" else Effect()
    names = set(_names(buffer))
    if "system_window" in names:
        return _WINDOW
    if "memory" in names:
        return _MEMORY
    return STOPS if verb == "delete" else RESTARTS


def _names(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        typed = [value["type"]] if isinstance(value.get("type"), str) else []
        return [*map(str, value), *typed, *(name for one in value.values() for name in _names(one))]
    return [name for one in value for name in _names(one)] if isinstance(value, list | tuple) else []
