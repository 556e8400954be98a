"""What can go wrong with the peer service, on order or by chance from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    REFUSED = "connection refused: the request does not arrive"
    THROTTLED = "429"
    ERROR_BEFORE = "500, and nothing was done"
    ERROR_AFTER = "500, but it was done"
    LOST = "it was done, and the connection was reset before the answer"


@dataclass
class Faults:
    """Switches of a running service; tests change them as they go. Times are seconds of the service's clock."""

    seed: int = 0
    chances: Mapping[Fault, float] = field(default_factory=dict)
    """How often each fault hits a request, 0 to 1 in all."""
    latency: float = 0.0
    retry_after: str | None = "2"
    """What a 429 says; None: nothing."""
    late_lists: int = 0
    """How many listings a new object stays out of, and a deleted one stays in."""
    ordered: list[tuple[str, Fault]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def order(self, request: str, *faults: Fault) -> None:
        """The next requests that begin like this (`POST /v1/sources`) meet these faults, one each."""
        self.ordered.extend((request, fault) for fault in faults)

    def pick(self, method: str, path: str) -> Fault | None:
        for index, (request, fault) in enumerate(self.ordered):
            if f"{method} {path}".startswith(request):
                del self.ordered[index]
                return fault
        draw = self._random.random() if self.chances else 1.0
        for fault, chance in self.chances.items():
            draw -= chance
            if draw < 0:
                return fault
        return None
