"""What can go wrong with a service: on order, at each route once, or by chance from a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One way to fail. The value is its name in `stack sandbox --fault`."""

    REFUSED = "refused"
    THROTTLED = "throttled"
    THROTTLED_SILENTLY = "throttled-silently"
    ERROR_BEFORE = "error-before"
    ERROR_AFTER = "error-after"
    LOST = "lost"
    GATEWAY = "gateway"
    EMPTY = "empty"
    EXPIRED = "expired"

    @property
    def says(self) -> str:
        return _SAYS[self]

    @property
    def commits(self) -> bool:
        """Whether the service does what it was asked to, and only the answer is bad."""
        return self in (Fault.ERROR_AFTER, Fault.LOST, Fault.GATEWAY, Fault.EMPTY)


_SAYS: Mapping[Fault, str] = {
    Fault.REFUSED: "the connection is refused: the request does not arrive",
    Fault.THROTTLED: "429 with Retry-After",
    Fault.THROTTLED_SILENTLY: "429 without Retry-After",
    Fault.ERROR_BEFORE: "500, and nothing was done",
    Fault.ERROR_AFTER: "500, but it was done",
    Fault.LOST: "it was done, and the connection broke before the answer",
    Fault.GATEWAY: "it was done, and a gateway answers 504 with a web page",
    Fault.EMPTY: "it was done, and the answer is 200 with an empty body",
    Fault.EXPIRED: "all tokens end before the request is looked at",
}


class Paging(StrEnum):
    """How a list cut into pages is wrong while others change it. The value is its name in `--fault`."""

    EXACT = "exact"
    REPEATS = "list-repeats"
    """The last item of a page is the first of the next one, too."""
    SKIPS = "list-skips"
    """The first item of each further page is shown on no page."""


@dataclass
class Faults:
    """Switches of a running service; tests change them as they go. Times are seconds of the service's clock.

    `met` counts the faults that struck.
    """

    seed: int = 0
    chances: Mapping[Fault, float] = field(default_factory=dict)
    """How often each fault hits a request, 0 to 1 in all."""
    latency: float = 0.0
    per_second: int = 0
    """Requests that are let through in each second of the clock; those beyond meet THROTTLED. 0: all."""
    retry_after: str = "2"
    """What a 429 says that says it."""
    late_lists: int = 0
    """How many listings a new object stays out of, and a deleted one stays in."""
    paging: Paging = Paging.EXACT
    ordered: list[tuple[str, Fault]] = field(default_factory=list)
    met: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._everywhere: Fault | None = None
        self._struck: set[str] = set()
        self._let_through: Counter[int] = Counter()

    def order(self, request: str, *faults: Fault) -> None:
        """The next requests that begin like this (`POST /v1/sources`, a path or its template) meet these, one each."""
        self.ordered.extend((request, fault) for fault in faults)

    def at_each_route(self, fault: Fault | None) -> None:
        """From now on the first request to each route meets this fault; None: no more."""
        self._everywhere = fault
        self._struck.clear()

    def pick(self, method: str, path: str, template: str = "", at: float = 0.0) -> Fault | None:
        """What the request of this moment meets, if anything."""
        fault = self._picked(f"{method} {path}", f"{method} {template or path}")
        if fault is None and self._is_beyond(at):
            fault = Fault.THROTTLED
        if fault is not None:
            self.met[fault] += 1
        return fault

    def _is_beyond(self, at: float) -> bool:
        self._let_through[int(at)] += 1
        return 0 < self.per_second < self._let_through[int(at)]

    def _picked(self, request: str, route: str) -> Fault | None:
        for index, (wanted, fault) in enumerate(self.ordered):
            if request.startswith(wanted) or route.startswith(wanted):
                del self.ordered[index]
                return fault
        if self._everywhere is not None and route not in self._struck:
            self._struck.add(route)
            return self._everywhere
        draw = self._random.random() if self.chances else 1.0
        for fault, chance in self.chances.items():
            draw -= chance
            if draw < 0:
                return fault
        return None
