"""What holds of the REST half of the SDK whatever the numbers: pages, the budget, waits and tokens."""

from __future__ import annotations

import asyncio

import httpx
from hypothesis import given
from hypothesis import strategies as st

from stackfile.errors import Ambiguous, ProviderError, RateLimited, Unreachable
from stackfile.sdk.rest import PageNumber, Rate, RestClient, Token, TokenAuth, every_item
from stackfile.sdk.rest.ahead import WIDTH
from stackfile.sdk.rest.budget import Budget
from stackfile.sdk.rest.retry import Failed, Retry, wait_before_retry
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import session_of

POLICY = Retry()


@given(
    total=st.integers(0, 40),
    limit=st.integers(1, 9),
    allowed=st.integers(1, 9),
    says=st.booleans(),
    told=st.sampled_from(["right", "many", "not"]) | st.integers(-3, 400),
)
def test_every_item_of_every_list_is_found_in_as_few_pages_as_there_are(
    total: int, limit: int, allowed: int, says: bool, told: str | int
) -> None:
    """`allowed` is how many the service gives at most; it says whether there are more, or gives what it was asked.

    What it tells of the number of items may be wrong: that costs no more calls than are ahead of the walk.
    """
    size = min(limit, allowed) if says else limit
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        asked.append(page)
        items = list(range(total))[(page - 1) * size : page * size]
        more = {"more": page * size < total} if says else {}
        count = {} if told == "not" else {"total": total if told == "right" else told}
        return httpx.Response(200, json={"items": items, **more, **count})

    async def run() -> list[int]:
        client = RestClient("http://h.example", session_of(SimulatedClock(), httpx.MockTransport(answer)))
        pages = PageNumber(limit=limit, more="more" if says else "", total="total")
        return [item async for item in every_item(client, "/things", pages, "items")]

    assert asyncio.run(run()) == list(range(total))
    full, rest = divmod(total, size)
    fewest = max(1, full + (rest > 0)) + (rest == 0 and total > 0 and size == limit)
    assert len(set(asked)) == len(asked)
    assert fewest <= len(asked) <= fewest + (WIDTH if isinstance(told, int) else 0)


@given(
    per_second=st.sampled_from([0.5, 1.0, 3.0, 50.0]),
    burst=st.integers(1, 5),
    arrivals=st.lists(st.floats(0, 3, allow_nan=False), max_size=25),
)
def test_no_stretch_of_time_has_more_requests_than_the_rate_and_the_burst(
    per_second: float, burst: int, arrivals: list[float]
) -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(per_second, burst, concurrency=100))
    starts: list[float] = []

    async def one(after: float) -> None:
        await clock.sleep(after)
        async with budget.turn():
            starts.append(clock.monotonic())

    async def run() -> None:
        await asyncio.gather(*map(one, arrivals))

    asyncio.run(run())
    assert len(starts) == len(arrivals)
    for first, begin in enumerate(starts):
        for last in range(first, len(starts)):
            assert last - first + 1 <= burst + (starts[last] - begin) * per_second + 1e-6


@given(
    kind=st.sampled_from([Ambiguous, Unreachable, RateLimited]),
    attempt=st.integers(1, 12),
    asked=st.none() | st.floats(0, 300),
    repeatable=st.booleans(),
    draw=st.floats(0, 1),
)
def test_a_wait_is_never_shorter_than_was_asked_and_never_longer_than_both_limits(
    kind: type[ProviderError], attempt: int, asked: float | None, repeatable: bool, draw: float
) -> None:
    wait = wait_before_retry(POLICY, Failed(kind, attempt, repeatable, asked=asked), lambda: draw)
    if wait is None:
        return
    assert (asked or 0.0) <= wait <= max(asked or 0.0, POLICY.cap)
    assert wait <= POLICY.patience
    assert repeatable or kind is not Ambiguous


@given(lives=st.floats(1, 7200), gaps=st.lists(st.floats(0, 5000), max_size=30))
def test_no_request_carries_a_token_that_has_ended(lives: float, gaps: list[float]) -> None:
    clock = SimulatedClock()
    ends: dict[str, float] = {}

    async def sign_in() -> Token:
        token = f"token-{len(ends)}"
        ends[f"Bearer {token}"] = clock.monotonic() + lives
        return Token(token, lives)

    async def run() -> None:
        auth = TokenAuth(sign_in, clock)
        for gap in gaps:
            clock.advance(gap)
            assert clock.monotonic() < ends[(await auth.headers())["Authorization"]]

    asyncio.run(run())
    assert len(ends) <= len(gaps)
