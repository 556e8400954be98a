"""How many events a mover takes at once, and so how often it saves where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST, LEAST, MOST = 10_000, 1_000, 80_000
QUICK = 0.4
"""Seconds: what is to be had between two checkpoints was had with batches of this length, and more only makes others
wait."""


@dataclass
class Stride:
    """Batches grow while they are quick and shrink while they are slow, so that each is saved within `interval`
    seconds of the one before, and mostly much sooner."""

    interval: float = QUICK
    limit: int = field(default_factory=lambda: MOST)
    most: int = field(default_factory=lambda: FIRST)

    def __post_init__(self) -> None:
        self.interval = min(self.interval, QUICK)
        if self.interval <= 0:
            self.most = LEAST

    def took(self, seconds: float, count: int) -> None:
        """Counts a batch."""
        if seconds > self.interval:
            self.most = max(LEAST, self.most // 2)
        elif seconds < self.interval / 2 and count >= self.most:
            self.most = min(self.limit, self.most * 2)
