"""How fast and how many at once: the bucket, the pause, and the number that gives way."""

from __future__ import annotations

import asyncio

from stackfile.sdk.rest.budget import Budget, Budgets, Rate
from stackfile.testing.simulator import SimulatedClock


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(per_second=2, burst=3, concurrency=10))
    starts: list[float] = []

    async def one() -> None:
        async with budget.turn():
            starts.append(clock.monotonic())

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(7)))

    asyncio.run(all_of_them())
    assert starts == [0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0]


def test_an_idle_budget_saves_no_more_than_its_burst() -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(per_second=1, burst=2, concurrency=10))
    clock.advance(1000)

    async def four() -> None:
        for _ in range(4):
            async with budget.turn():
                pass

    asyncio.run(four())
    assert clock.monotonic() == 1002.0


def test_no_more_are_under_way_than_the_limit_and_they_come_in_order() -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(concurrency=3))
    started: list[int] = []
    running = most = 0

    async def one(number: int) -> None:
        nonlocal running, most
        async with budget.turn():
            started.append(number)
            running += 1
            most = max(most, running)
            await clock.sleep(1)
            running -= 1

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(10)))

    asyncio.run(all_of_them())
    assert (most, started) == (3, list(range(10)))


def test_throttling_halves_the_limit_once_for_all_that_were_under_way() -> None:
    async def limits() -> list[int]:
        clock = SimulatedClock()
        budget = Budget(clock, Rate(concurrency=8))
        async with budget.turn() as first, budget.turn() as second:
            seen = [budget.concurrency]
            budget.throttled(first, 0)
            seen.append(budget.concurrency)
            budget.throttled(second, 0)
            seen.append(budget.concurrency)
        for _ in range(4):
            async with budget.turn() as later:
                budget.throttled(later, 0)
            seen.append(budget.concurrency)
        return seen

    assert asyncio.run(limits()) == [8, 4, 4, 2, 1, 1, 1]


def test_good_answers_raise_the_limit_by_one_a_round_up_to_the_maximum() -> None:
    async def limits() -> list[int]:
        budget = Budget(SimulatedClock(), Rate(concurrency=4))
        for _ in range(3):
            async with budget.turn() as turn:
                budget.throttled(turn, 0)
        seen = []
        for _ in range(12):
            budget.answered()
            seen.append(budget.concurrency)
        return seen

    assert asyncio.run(limits()) == [2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4]


def test_a_pause_holds_for_everybody_who_comes_after() -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(concurrency=4))
    starts: list[float] = []

    async def one() -> None:
        async with budget.turn():
            starts.append(clock.monotonic())

    async def run() -> None:
        async with budget.turn() as turn:
            budget.throttled(turn, 7)
        await asyncio.gather(one(), one())

    asyncio.run(run())
    assert starts == [7.0, 7.0]


def test_a_cancelled_wait_gives_its_place_to_the_next() -> None:
    async def run() -> list[str]:
        budget = Budget(SimulatedClock(), Rate(concurrency=1))
        done: list[str] = []

        async def one(name: str) -> None:
            async with budget.turn():
                done.append(name)

        async with budget.turn():
            tasks = [asyncio.create_task(one(name)) for name in ("first", "second", "third")]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
        tasks[1].cancel()  # in the moment in which the place was given to it
        await asyncio.gather(*tasks, return_exceptions=True)
        return done

    assert asyncio.run(run()) == ["third"]


def test_clients_of_one_host_share_a_budget_and_others_do_not() -> None:
    budgets = Budgets(SimulatedClock())
    one = budgets.of("api.example:443", Rate(per_second=5))
    assert budgets.of("api.example:443", Rate(per_second=500)) is one
    assert budgets.of("other.example:443", Rate()) is not one


def test_changes_are_sent_apart_and_whoever_comes_later_waits_for_nobody() -> None:
    clock = SimulatedClock()
    budget = Budget(clock, Rate(apart=0.5))
    sent: list[float] = []

    async def change() -> None:
        await budget.spaced()
        sent.append(clock.monotonic())

    async def changes() -> None:
        await asyncio.gather(*(change() for _ in range(3)))
        clock.advance(10)
        await change()

    asyncio.run(changes())
    assert sent == [0.0, 0.5, 1.0, 11.0]
