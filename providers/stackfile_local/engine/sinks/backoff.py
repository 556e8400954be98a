"""How long to wait for a destination that takes nothing for now: full jitter, from a second doubling to thirty."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from stackfile.errors import ProviderError
from stackfile.sdk.rest.retry import Retry, backoff
from stackfile_local.engine.sinks import Later

_POLICY = Retry(first=1.0, cap=30.0)


@dataclass
class Backoff:
    """`attempts` in a row may fail before it is said that the destination cannot be used; then counting begins anew."""

    attempts: int
    chance: Callable[[], float] = random.random
    """Evenly from 0 to 1."""
    _failed: int = field(default=0, init=False)

    def failed(self, says: str, at_least: float = 0.0) -> ProviderError:
        """What is to be raised after one more failure. `at_least`: seconds that the destination asked for."""
        self._failed += 1
        if self._failed >= self.attempts:
            tries, self._failed = self._failed, 0
            return ProviderError(says if tries == 1 else f"{says}; {tries} tries")
        return Later(says, after=max(backoff(_POLICY, self._failed, self.chance), at_least))

    def worked(self) -> None:
        self._failed = 0
