"""Looks at objects that are waited for: by a list for all of them, where that takes fewer calls than one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stackfile.errors import ProviderError
from stackfile.sdk.provider import LOOKS_BACK, Clock, Live
from stackfile.sdk.rest.listing import Listing

_LONGEST_ABSENCE = 20.0
"""Seconds after which an object that nobody looked at is not waited for any more: twice the longest gap of looks."""


@dataclass
class Watch:
    """The objects of one kind that are waited for. `take` lists all of the kind, `read` reads one; `page` is how many
    objects one call of a list shows, 0: all."""

    take: Callable[[], Awaitable[Sequence[Live]]]
    read: Callable[[str], Awaitable[Live | None]]
    clock: Clock
    page: int
    _listing: Listing[Live] = field(init=False)
    _asked: dict[str, float] = field(default_factory=dict)
    """When each was last looked at, in that order."""
    _there: int = 0
    _failed: tuple[float, ProviderError] | None = None

    def __post_init__(self) -> None:
        # Less than that, so that a list which counts was surely begun after the change.
        self._listing = Listing(self._by_id, self.clock, 0.9 * LOOKS_BACK)

    async def look(self, id: str) -> Live | None:
        """The object as it was at most `LOOKS_BACK` seconds ago; None when it is gone. Raises ProviderError."""
        self._ask(id)
        if len(self._asked) <= self._calls:
            return await self.read(id)
        # A list may lag, and what is new may be in none yet.
        return await self._listing.glance(id) or await self.read(id)

    @property
    def _calls(self) -> int:
        """What a list costs."""
        return max(1, -(-self._there // self.page)) if self.page else 1

    def _ask(self, id: str) -> None:
        now = self.clock.monotonic()
        self._asked.pop(id, None)
        self._asked[id] = now
        while now - self._asked[oldest := next(iter(self._asked))] >= _LONGEST_ABSENCE:
            del self._asked[oldest]

    async def _by_id(self) -> Mapping[str, Live]:
        """All that wait are told of a list that failed: it is not tried again for each."""
        if self._failed is not None and self.clock.monotonic() - self._failed[0] < LOOKS_BACK:
            raise self._failed[1]
        try:
            found = await self.take()
        except ProviderError as error:
            self._failed = self.clock.monotonic(), error
            raise
        self._there = len(found)
        return {live.id: live for live in found}
