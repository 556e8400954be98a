"""Whether a request is sent again, and when: pure, with randomness and the present moment as arguments.

no connection               always: nothing was sent
429                         always: the service refused to look at it
5xx, timeout, reset         only what may be sent twice; a create is never repeated blindly
everything else             never: the answer would be the same
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from stackfile.errors import Ambiguous, ProviderError, RateLimited, Unreachable

_EPOCH_STARTS = 1_000_000_000
"""A reset header above this is a point in time, below it a number of seconds."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently. Counts are tries in all, times are seconds."""

    tries: int = 5
    unreachable: int = 3
    throttled: int = 10
    first: float = 1.0
    cap: float = 30.0
    patience: float = 120.0
    """A service that asks for a longer wait than this gets no further try."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A try that failed, the `attempt`th in this way.

    `repeatable`: may be sent twice. `lasting`: would fail again. `asked`: seconds that the service wants to be left
    alone.
    """

    kind: type[ProviderError]
    attempt: int
    repeatable: bool
    lasting: bool = False
    asked: float | None = None


def wait_before_retry(policy: Retry, failed: Failed, random: Callable[[], float]) -> float | None:
    """Seconds until the next try; None when there is none."""
    asked = failed.asked or 0.0
    if failed.lasting or asked > policy.patience or failed.attempt >= _tries(policy, failed):
        return None
    return max(asked, backoff(policy, failed.attempt, random))


def backoff(policy: Retry, attempt: int, random: Callable[[], float]) -> float:
    """Full jitter: anything from nothing to a limit that doubles with each try."""
    doublings = min(attempt - 1, 62)
    limit: float = min(policy.cap, policy.first * 2**doublings)
    return random() * limit


def retry_after(headers: Mapping[str, str], now: datetime, kind: type[ProviderError]) -> float | None:
    """Seconds that an answer asks to wait, by `Retry-After` (seconds or a date).

    Without it a throttled request waits for `X-RateLimit-Reset`, which other answers carry too and do not mean.
    """
    asked = headers.get("retry-after")
    if asked is not None:
        seconds = _number(asked)
        return seconds if seconds is not None else _until(asked, now)
    return _until_reset(headers, now) if issubclass(kind, RateLimited) else None


def used_up(policy: Retry, headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to leave a service alone after a good answer: until `X-RateLimit-Reset` where it says that nothing
    remains. One that would be waited for too long is asked all the same, and may say 429."""
    if _number(headers.get("x-ratelimit-remaining", "")) != 0:
        return 0.0
    reset = _until_reset(headers, now) or 0.0
    return reset if reset <= policy.patience else 0.0


def _until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    reset = _number(headers.get("x-ratelimit-reset", ""))
    if reset is None:
        return None
    return max(0.0, reset - now.timestamp()) if reset >= _EPOCH_STARTS else reset


def _tries(policy: Retry, failed: Failed) -> int:
    if issubclass(failed.kind, Unreachable):
        return policy.unreachable
    if issubclass(failed.kind, RateLimited):
        return policy.throttled
    return policy.tries if issubclass(failed.kind, Ambiguous) and failed.repeatable else 1


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
