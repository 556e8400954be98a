"""Bearer tokens of a simulated service: given out, looked at, and ended early where a fault says so."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.sdk.provider import Clock


class Tokens:
    """Tokens that live for `life` seconds of the clock."""

    def __init__(self, clock: Clock, life: float = 3600.0, prefix: str = "token") -> None:
        self.life = life
        self.issued = 0
        self._clock = clock
        self._prefix = prefix
        self._ends: dict[str, float] = {}

    def issue(self) -> str:
        """A new token; those before it go on to live."""
        self.issued += 1
        token = f"{self._prefix}-{self.issued:04d}"
        self._ends[token] = self._clock.monotonic() + self.life
        return token

    def holds(self, headers: Mapping[str, str]) -> bool:
        """Whether a request with these headers (names in lower case) brings a token that lives."""
        token = headers.get("authorization", "").removeprefix("Bearer ")
        return self._ends.get(token, 0.0) > self._clock.monotonic()

    def expire(self) -> None:
        """Ends every token."""
        self._ends.clear()
