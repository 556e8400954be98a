"""When a request is sent again, and how long it waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    Unreachable,
)
from stackfile.sdk.rest.retry import Failed, Retry, backoff, retry_after, used_up, wait_before_retry

POLICY = Retry()
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
RESET = str(int(NOW.timestamp()) + 30)

DECISIONS: dict[str, tuple[Failed, float | None]] = {
    "no connection, a read": (Failed(Unreachable, 1, True), 1.0),
    "no connection, a create: nothing was sent": (Failed(Unreachable, 1, False), 1.0),
    "no connection for the third time": (Failed(Unreachable, 3, True), None),
    "no connection, and there never will be": (Failed(Unreachable, 1, True, lasting=True), None),
    "429, a read": (Failed(RateLimited, 1, True), 1.0),
    "429, a create: the service did not look at it": (Failed(RateLimited, 1, False), 1.0),
    "429 with Retry-After": (Failed(RateLimited, 1, False, asked=7.0), 7.0),
    "429 with a Retry-After below the backoff": (Failed(RateLimited, 4, False, asked=0.0), 8.0),
    "429 with a Retry-After beyond our patience": (Failed(RateLimited, 1, False, asked=3600.0), None),
    "429 for the ninth time": (Failed(RateLimited, 9, False), 30.0),
    "429 for the tenth time": (Failed(RateLimited, 10, False), None),
    "5xx or lost answer, may be repeated": (Failed(Ambiguous, 1, True), 1.0),
    "5xx or lost answer, may be repeated, fourth time": (Failed(Ambiguous, 4, True), 8.0),
    "5xx or lost answer, may be repeated, fifth time": (Failed(Ambiguous, 5, True), None),
    "5xx or lost answer, a create": (Failed(Ambiguous, 1, False), None),
    "5xx with Retry-After, a create": (Failed(Ambiguous, 1, False, asked=1.0), None),
    "5xx with Retry-After": (Failed(Ambiguous, 1, True, asked=5.0), 5.0),
    "refused": (Failed(Rejected, 1, True), None),
    "not found": (Failed(NotFound, 1, True), None),
    "conflict": (Failed(Conflict, 1, True), None),
    "not allowed": (Failed(AuthFailed, 1, True), None),
    "an error of its own kind": (Failed(ProviderError, 1, True), None),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_a_failed_try_is_followed_by_another_only_where_that_is_safe(case: str) -> None:
    failed, expected = DECISIONS[case]
    assert wait_before_retry(POLICY, failed, lambda: 1.0) == expected


def test_the_backoff_doubles_from_one_second_to_thirty() -> None:
    limits = [backoff(POLICY, attempt, lambda: 1.0) for attempt in range(1, 9)]
    assert limits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_jitter_is_full() -> None:
    assert [backoff(POLICY, 3, lambda draw=draw: draw) for draw in (0.0, 0.25, 1.0)] == [0.0, 1.0, 4.0]  # type: ignore[misc]


def test_the_backoff_of_the_ten_thousandth_try_is_still_a_number() -> None:
    assert backoff(POLICY, 10_000, lambda: 1.0) == 30.0


RETRY_AFTER: dict[str, tuple[dict[str, str], float | None]] = {
    "nothing said": ({}, None),
    "seconds": ({"retry-after": "12"}, 12.0),
    "no wait": ({"retry-after": "0"}, 0.0),
    "a fraction": ({"retry-after": "0.5"}, 0.5),
    "a date ahead": ({"retry-after": "Sat, 21 Nov 2026 03:01:30 GMT"}, 90.0),
    "a date behind": ({"retry-after": "Sat, 21 Nov 2026 02:00:00 GMT"}, 0.0),
    "a date in no known zone": ({"retry-after": "Sat, 21 Nov 2026 03:00:10 -0000"}, 10.0),
    "nonsense": ({"retry-after": "soon"}, None),
    "below zero": ({"retry-after": "-5"}, None),
    "not a number": ({"retry-after": "nan"}, None),
    "for ever": ({"retry-after": "inf"}, None),
    "a reset in seconds": ({"x-ratelimit-reset": "30"}, 30.0),
    "a reset as a point in time": ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 45)}, 45.0),
    "a reset that is over": ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 45)}, 0.0),
    "both: Retry-After counts": ({"retry-after": "3", "x-ratelimit-reset": "30"}, 3.0),
}


@pytest.mark.parametrize("case", RETRY_AFTER)
def test_the_wait_that_a_service_asks_for_is_read(case: str) -> None:
    headers, expected = RETRY_AFTER[case]
    assert retry_after(headers, NOW, RateLimited) == expected


def test_only_a_throttled_request_waits_for_the_reset_of_the_rate_limit() -> None:
    headers = {"x-ratelimit-reset": "3000"}
    assert retry_after(headers, NOW, RateLimited) == 3000.0
    assert retry_after(headers, NOW, Ambiguous) is None
    assert retry_after({"retry-after": "4"}, NOW, Ambiguous) == 4.0


USED_UP: dict[str, tuple[dict[str, str], float]] = {
    "nothing remains, and the reset is a moment": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET}, 30.0),
    "nothing remains, and the reset is in seconds": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, 7.0),
    "something remains": ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": RESET}, 0.0),
    "nothing remains, and no reset is told": ({"x-ratelimit-remaining": "0"}, 0.0),
    "the reset is further away than we wait": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}, 0.0),
    "nothing is told": ({}, 0.0),
}


@pytest.mark.parametrize("case", USED_UP)
def test_a_service_of_which_nothing_remains_is_left_alone_until_its_reset(case: str) -> None:
    headers, seconds = USED_UP[case]
    assert used_up(Retry(), headers, NOW) == seconds
