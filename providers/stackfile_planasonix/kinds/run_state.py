"""From the run state that a stream is in to the one that it should be in: which call, or how to wait.

Of the API's states and calls only the results are documented; from which state each call is meant follows from the
page's words (docs.planasonix.com, api-reference/streams), and everything else is refused with 409 or not said.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from stackfile.errors import Conflict, Rejected
from stackfile.sdk.provider import Clock

Wanted = Literal["running", "paused", "stopped"]
Verb = Literal["start", "stop", "pause", "resume"]

_THERE: Final = "there"
_WAIT: Final = "wait"
_NEXT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "running": {"created": "start", "stopped": "start", "paused": "resume", "error": "start", "starting": _THERE},
        "paused": {"created": "start", "stopped": "start", "running": "pause", "error": "start", "starting": _WAIT},
        "stopped": {"created": _THERE, "running": "stop", "paused": "stop", "error": "stop", "starting": _WAIT},
    }
)
"""What to do by the wish and the state. A stream that is starting is on its way to `running`, and whoever applies waits
for that; one that was never started is as good as stopped."""

_FIRST_LOOK_AFTER = 2.0
_LONGEST_GAP = 15.0
_PATIENCE = 600.0
"""Seconds. The first connection of a stream can be slow."""


async def reach(
    wanted: str,
    status: str,
    clock: Clock,
    call: Callable[[str], Awaitable[str]],
    look: Callable[[], Awaitable[str]],
) -> str:
    """The status once it is as wanted. `call` makes one call, `look` changes nothing, and both tell the status then.
    Raises Rejected where it cannot be reached, and ProviderError."""
    began, gap, tried_again = clock.monotonic(), _FIRST_LOOK_AFTER, False
    while True:
        step = _NEXT[wanted].get(status, _THERE if status == wanted else _WAIT)
        if step is _THERE:
            return status
        if step is not _WAIT:
            if status == "error" and tried_again:
                raise Rejected(f"it was started, and its status is error again; {wanted} was asked for")
            tried_again = tried_again or status == "error"
            status = await _called(step, wanted, call, look)
            continue
        waited = clock.monotonic() - began
        if waited >= _PATIENCE:
            raise Rejected(f"not {wanted} after {waited:.0f} s; last status: {status}")
        await clock.sleep(gap)
        gap = min(2 * gap, _LONGEST_GAP)
        status = await look()


async def _called(
    step: str, wanted: str, call: Callable[[str], Awaitable[str]], look: Callable[[], Awaitable[str]]
) -> str:
    """A call that comes from a state which it is not for may have been overtaken: then what counts is where it is."""
    try:
        return await call(step)
    except Conflict:
        status = await look()
        if _NEXT[wanted].get(status, _THERE if status == wanted else _WAIT) == step:
            raise
        return status
