"""One list for all who look, and never one that is older than what they want to see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.errors import Unreachable
from stackfile.sdk.rest import Listing
from stackfile.testing.simulator import SimulatedClock


class Shop:
    """Counts how often it is listed, and tells the count with each thing."""

    def __init__(self) -> None:
        self.lists = 0
        self.closed = False

    async def take(self) -> Mapping[str, int]:
        self.lists += 1
        count = self.lists
        await asyncio.sleep(0)
        if self.closed:
            raise Unreachable("closed")
        return {"a": count, "b": count}


def listing() -> tuple[Listing[int], Shop, SimulatedClock]:
    shop, clock = Shop(), SimulatedClock()
    return Listing(shop.take, clock, lasts=2.0), shop, clock


def test_fifty_who_look_at_once_share_a_list() -> None:
    async def run() -> None:
        wanted, shop, _ = listing()
        assert await asyncio.gather(*(wanted.glance("a") for _ in range(50))) == [1] * 50
        assert shop.lists == 1

    asyncio.run(run())


def test_a_list_counts_for_as_long_as_it_lasts() -> None:
    async def run() -> None:
        wanted, _, clock = listing()
        seen = [await wanted.glance("a")]
        await clock.sleep(2.0)
        seen.append(await wanted.glance("b"))
        await clock.sleep(0.1)
        seen.append(await wanted.glance("a"))
        assert seen == [1, 1, 2]

    asyncio.run(run())


def test_what_was_changed_here_is_seen_in_a_later_list_and_nothing_else_needs_one() -> None:
    async def run() -> None:
        wanted, _, _ = listing()
        await wanted.glance("a")
        wanted.changed("a")
        assert [await wanted.glance("b"), await wanted.glance("a"), await wanted.glance("a")] == [1, 2, 2]

    asyncio.run(run())


def test_a_change_while_a_list_is_on_its_way_is_not_in_it() -> None:
    async def run() -> None:
        wanted, _, _ = listing()
        looking = asyncio.ensure_future(wanted.glance("a"))
        await asyncio.sleep(0)
        wanted.changed("a")
        assert [await looking, await wanted.glance("a")] == [1, 2]

    asyncio.run(run())


def test_everything_is_listed_anew_and_counts_for_those_who_look_after() -> None:
    async def run() -> None:
        wanted, shop, _ = listing()
        await wanted.glance("a")
        assert [(await wanted.all())["a"], (await wanted.all())["a"], await wanted.glance("b")] == [2, 3, 3]
        assert shop.lists == 3

    asyncio.run(run())


def test_a_list_that_failed_counts_for_nobody_else() -> None:
    async def run() -> None:
        wanted, shop, _ = listing()
        shop.closed = True
        with pytest.raises(Unreachable):
            await wanted.glance("a")
        shop.closed = False
        assert (await wanted.glance("a"), await wanted.glance("nothing")) == (2, None)

    asyncio.run(run())


def test_what_a_recent_list_is_without_is_told_without_another() -> None:
    async def run() -> None:
        wanted, shop, clock = listing()
        assert not wanted.lacks("c")
        await wanted.all()
        assert (wanted.lacks("c"), wanted.lacks("a")) == (True, False)
        wanted.changed("c")
        assert not wanted.lacks("c")
        clock.advance(2.5)
        assert not wanted.lacks("d")
        assert shop.lists == 1

    asyncio.run(run())
