"""Objects that are waited for: a list a look for many, a call for few, and no news that is older than promised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from stackfile.errors import Unreachable
from stackfile.sdk.provider import LOOKS_BACK, Live
from stackfile.sdk.rest.watching import Watch
from stackfile.testing.simulator import SimulatedClock


class Yard:
    """Holds objects, and counts how it is looked at. `hidden` are in no list."""

    def __init__(self, *ids: str, page: int = 0) -> None:
        self.ids, self.hidden = {*ids}, set[str]()
        self.lists, self.reads, self.closed = 0, list[str](), False
        self.clock = SimulatedClock()
        self.watch = Watch(self.take, self.read, self.clock, page)

    async def take(self) -> Sequence[Live]:
        self.lists += 1
        await asyncio.sleep(0)
        if self.closed:
            raise Unreachable("closed")
        return [Live(id, {"seen": self.lists}) for id in sorted(self.ids - self.hidden)]

    async def read(self, id: str) -> Live | None:
        self.reads.append(id)
        return Live(id, {}) if id in self.ids else None

    async def look(self, *ids: str) -> list[str | None]:
        found = await asyncio.gather(*map(self.watch.look, ids))
        return [live.id if live is not None else None for live in found]


FIFTY = tuple(f"b{number}" for number in range(50))


def told(story: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await story()

    asyncio.run(run())


def test_fifty_that_are_waited_for_cost_one_list_a_look() -> None:
    yard = Yard(*FIFTY)

    async def story() -> None:
        for _ in range(3):
            assert await yard.look(*FIFTY) == list(FIFTY)
            await yard.clock.sleep(LOOKS_BACK + 0.1)
        assert (yard.lists, yard.reads) == (3, [FIFTY[0]])  # the first one is alone still

    told(story)


def test_one_that_is_waited_for_is_read_alone() -> None:
    yard = Yard(*FIFTY)

    async def story() -> None:
        for _ in range(3):
            await yard.look("b7")
        assert (yard.lists, yard.reads) == (0, ["b7"] * 3)

    told(story)


def test_a_list_of_more_pages_than_are_waited_for_is_not_asked_for_again() -> None:
    yard = Yard(*FIFTY, page=10)

    async def story() -> None:
        for _ in range(3):
            await yard.look("b1", "b2", "b3", "b4", "b5")
            await yard.clock.sleep(LOOKS_BACK + 0.1)
        assert yard.lists == 1  # which showed how long it is
        assert len(yard.reads) == 1 + 2 * 5

    told(story)


def test_those_that_nobody_waits_for_any_more_do_not_count() -> None:
    yard = Yard(*FIFTY)

    async def story() -> None:
        await yard.look(*FIFTY)
        await yard.clock.sleep(20.0)
        lists = yard.lists
        await yard.look("b7")
        assert (yard.lists, yard.reads[-1]) == (lists, "b7")

    told(story)


def test_what_no_list_shows_is_read_before_it_counts_as_gone() -> None:
    yard = Yard("a", "b", "late")
    yard.hidden.add("late")

    async def story() -> None:
        assert await yard.look("a", "b", "late", "gone") == ["a", "b", "late", None]
        assert yard.reads == ["a", "late", "gone"]

    told(story)


def test_a_list_that_fails_is_not_tried_again_for_each() -> None:
    yard = Yard(*FIFTY)

    async def story() -> None:
        await yard.look(*FIFTY)
        await yard.clock.sleep(LOOKS_BACK)
        yard.lists, yard.closed = 0, True
        ended = await asyncio.gather(*map(yard.watch.look, FIFTY), return_exceptions=True)
        assert {str(one) for one in ended} == {"closed"}
        assert yard.lists == 1
        yard.closed = False
        await yard.clock.sleep(LOOKS_BACK)
        assert await yard.look(*FIFTY) == list(FIFTY)

    told(story)


def test_what_is_seen_is_never_older_than_promised() -> None:
    yard = Yard("a", "b")

    async def story() -> None:
        await yard.look("a", "b")
        await yard.clock.sleep(LOOKS_BACK + 0.01)
        live = await yard.watch.look("a")
        assert live is not None
        assert live.fields == {"seen": 2}

    told(story)
