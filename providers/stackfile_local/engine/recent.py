"""What a mover did in its last seconds. It is kept beside the mover's position, in the same transaction, so that every
process can tell what another one moves, and nothing of it is lost or counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

SECONDS = 10
"""How far rates look back, and how many seconds in which something came are kept."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One batch, committed at `now` in milliseconds. `appended` adds up the times at which its events were appended;
    None where they were not."""

    now: int
    read: int
    failed: int
    appended: int | None = None


class _Second(NamedTuple):
    """Events that were read and that failed; of `timed` events, the milliseconds from append to commit, added up."""

    at: int
    read: int = 0
    failed: int = 0
    timed: int = 0
    waited: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[_Second]).decode


@dataclass(frozen=True, slots=True)
class Recent:
    """The last seconds in which something came, the oldest first. Moments are milliseconds."""

    seconds: Sequence[_Second] = ()

    @classmethod
    def parse(cls, text: str) -> Recent:
        return cls(_decode(text))

    def __str__(self) -> str:
        return _encode(self.seconds).decode()

    def after(self, moved: Moved) -> Recent:
        """With one batch more."""
        if not moved.read and not moved.failed:
            return self
        at = moved.now // 1000
        last = self.seconds[-1] if self.seconds and self.seconds[-1].at == at else _Second(at)
        timed = moved.read if moved.appended is not None else 0
        waited = moved.now * timed - (moved.appended or 0)
        now = _Second(at, last.read + moved.read, last.failed + moved.failed, last.timed + timed, last.waited + waited)
        return Recent([*(one for one in self.seconds if one.at != at), now][-SECONDS:])

    def per_second(self, now: int) -> float:
        """Events a second over the last ten."""
        return sum(one.read for one in self._within(now)) / SECONDS

    def latency(self, now: int) -> float | None:
        """Milliseconds from append to commit, on average over the last ten seconds; None where nothing came that was
        appended."""
        within = self._within(now)
        timed = sum(one.timed for one in within)
        return max(0.0, sum(one.waited for one in within) / timed) if timed else None

    @property
    def error_rate(self) -> float:
        """How many of the events that came last failed, from 0 to 1."""
        read = sum(one.read for one in self.seconds)
        return min(1.0, sum(one.failed for one in self.seconds) / read) if read else 0.0

    def _within(self, now: int) -> Sequence[_Second]:
        return [one for one in self.seconds if 0 <= now // 1000 - one.at < SECONDS]
