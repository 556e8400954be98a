"""Waits until an object does its work, saying for what and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stackfile.errors import StackError
from stackfile.events import Emit, StageWaiting
from stackfile.plan.plan import Stage
from stackfile.sdk.provider import Clock, Kind, Live
from stackfile.sdk.traits import Wait

FIRST_LOOK_AFTER = 0.5
"""Seconds; each further look comes twice as late, up to `LONGEST_GAP`."""
LONGEST_GAP = 10.0


class NotReady(StackError):
    """The change was made, and the object does not do its work. The text is the service's last word."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`limit` is how long to wait in seconds; 0: not at all."""

    clock: Clock
    emit: Emit
    limit: float

    async def until_ready(self, stage: Stage, spoken: str, kind: Kind[Any], live: Live) -> Live:
        """The object once it is ready. Raises NotReady when it failed, is gone, or the limit has passed."""
        began, gap = self.clock.monotonic(), FIRST_LOOK_AFTER
        health = kind.health(live)
        while health.wait is Wait.PENDING and self.limit > 0:
            waited = self.clock.monotonic() - began
            if waited >= self.limit:
                raise NotReady(f"not ready after {self.limit:.0f} s; last: {health.says or 'pending'}")
            self.emit(StageWaiting(stage[0], spoken, health.says, waited, self.limit, self.clock.now()))
            await self.clock.sleep(min(gap, self.limit - waited))
            gap = min(gap * 2, LONGEST_GAP)
            seen = await kind.read(live.id)
            if seen is None:
                raise NotReady("gone while it was waited for")
            live, health = seen, kind.health(seen)
        if health.wait is Wait.FAILED:
            raise NotReady(health.says or "the service reports a failure")
        return live
