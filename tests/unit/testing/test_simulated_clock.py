"""Simulated time: as long as it says, in order, and at no cost."""

from __future__ import annotations

import asyncio

from stackfile.testing.simulator import SimulatedClock


def test_sleepers_wake_in_the_order_of_their_deadlines_each_at_its_own_moment() -> None:
    async def run() -> tuple[list[tuple[str, float]], float]:
        clock, woken = SimulatedClock(), list[tuple[str, float]]()

        async def sleeper(name: str, *naps: float) -> None:
            for seconds in naps:
                await clock.sleep(seconds)
                woken.append((name, clock.monotonic()))

        await asyncio.gather(sleeper("a", 3600.0), sleeper("b", 10.0, 20.0), sleeper("c", 15.0, 15.0), sleeper("d", 0))
        return woken, (clock.now() - SimulatedClock().now()).total_seconds()

    order = [("d", 0.0), ("b", 10.0), ("c", 15.0), ("b", 30.0), ("c", 30.0), ("a", 3600.0)]
    assert asyncio.run(run()) == (order, 3600.0)


def test_a_sleeper_that_was_cancelled_makes_no_time_pass() -> None:
    async def run() -> float:
        clock = SimulatedClock()
        sleeper = asyncio.create_task(clock.sleep(100.0))
        await asyncio.sleep(0)
        sleeper.cancel()
        await clock.sleep(1.0)
        return clock.monotonic()

    assert asyncio.run(run()) == 1.0


def test_one_clock_serves_one_loop_after_the_other() -> None:
    clock = SimulatedClock()
    for _ in range(2):
        asyncio.run(clock.sleep(5.0))
    assert clock.monotonic() == 10.0
