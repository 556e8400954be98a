"""Waits until an object does its work, saying for what and how long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from stackfile.engine.brake import Brake
from stackfile.errors import ProviderError, StackError
from stackfile.events import Emit, StageWaiting
from stackfile.plan.plan import Stage
from stackfile.sdk.provider import LOOKS_BACK, Clock, Health, Kind, Live
from stackfile.sdk.traits import Wait

FIRST_LOOK_AFTER = LOOKS_BACK
"""Seconds; each further look comes twice as late, up to `LONGEST_GAP`."""
LONGEST_GAP = 10.0

Look = Callable[[str], Awaitable[Live | None]]


class NotReady(StackError):
    """The change was made, and the object does not do its work. The text is the service's last word."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`limit` is how long to wait in seconds; 0: not at all. A pulled brake ends all waiting."""

    clock: Clock
    emit: Emit
    limit: float
    brake: Brake

    def of(self, limit: float | None) -> Patience:
        """With a limit of one change's own, where it has one; who does not wait at all does not wait for it either."""
        return self if limit is None or self.limit <= 0 else replace(self, limit=limit)

    async def until_ready(self, stage: Stage, spoken: str, kind: Kind[Any], live: Live) -> Live:
        """The object once it is ready, or as it was last seen. Raises NotReady when it failed, is gone, or the limit
        has passed."""
        began, gap = self.clock.monotonic(), FIRST_LOOK_AFTER
        health = kind.health(live)
        while health.wait is Wait.PENDING and self.limit > 0 and not self.brake.pulled:
            waited = self.clock.monotonic() - began
            if waited >= self.limit:
                raise NotReady(f"not ready after {self.limit:.0f} s; last: {health.says or 'pending'}")
            self.emit(StageWaiting(stage[0], spoken, health.says, waited, self.limit, self.clock.now()))
            await self.brake.cut_short(self.clock.sleep(min(gap, self.limit - waited)))
            look = kind.look if self.clock.monotonic() - began >= LOOKS_BACK else kind.read
            gap = min(gap * 2, LONGEST_GAP)
            live, health = await self._look(look, kind, live)
        if health.wait is Wait.FAILED:
            raise NotReady(health.says or "the service reports a failure")
        return live

    async def _look(self, look: Look, kind: Kind[Any], before: Live) -> tuple[Live, Health]:
        """A service that does not answer now may do so at the next look."""
        try:
            live = await look(before.id)
        except ProviderError as error:
            return before, Health(Wait.PENDING, str(error))
        if live is None:
            raise NotReady("gone while it was waited for")
        return live, kind.health(live)
