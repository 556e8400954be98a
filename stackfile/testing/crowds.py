"""More objects than fit on a page: what a list of them costs, and what a plan makes of pages that are off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from stackfile.sdk.provider import Kind
from stackfile.testing.bench import World
from stackfile.testing.cases import KindCase, NoJournal, Story, story_of, summary
from stackfile.testing.simulator.faults import Paging
from stackfile.values import parse_path, put


async def list_in_pages(make_world: Callable[[], World], case: KindCase) -> list[str]:
    """A list of one object more than a page costs two calls, has each object once, and misleads no plan when it
    repeats or skips one between its pages. Returns the story; raises NotConforming."""
    async with story_of(make_world, case) as story:
        await story.bench.apply(case.needs)
        kind = await story.kind()
        if not (kind.traits.can_list and kind.traits.reads.seen):
            story.tell("there is no list")
            return story.steps
        count = await _fill(story, kind, case.page or 0)
        story.tell(f"there are {count} objects of others, and then ours")
        await story.bench.apply(case.resources())
        story.tell("all are listed")
        calls = -(-(count + 1) // case.page) if case.page else 1
        await _expect_list(story, kind, count + 1, calls)
        await _expect_steady(story, kind, count + 1)
        return story.steps


async def _fill(story: Story, kind: Kind[Any], upto: int) -> int:
    """Objects of others beside those that are there, so that the next one is the first of the second page."""
    case, there = story.case, len(await kind.list_all())
    schema, desired = await story.bench.desired(case.resources(), case.at)
    for number in range(there, upto):
        body = put(desired, parse_path(case.apart), f"crowd-{number:04}")
        await kind.create(schema.typed(body), NoJournal())
    return max(there, upto)


async def _expect_list(story: Story, kind: Kind[Any], count: int, calls: int) -> None:
    before = story.bench.connections.requests
    listed = Counter(live.id for live in await kind.list_all())
    took = story.bench.connections.requests - before
    story.expect(len(listed) == count, f"the list has {len(listed)} of {count} objects")
    story.expect(max(listed.values()) == 1, "the list has an object twice")
    story.expect(took == calls, f"the list took {took} calls, and {calls} would do")


async def _expect_steady(story: Story, kind: Kind[Any], count: int) -> None:
    service = story.bench.world.service
    if service is None or story.case.page is None:
        return
    for paging in (Paging.REPEATS, Paging.SKIPS):
        story.tell(f"the pages are off ({paging}): the plan is empty still")
        service.faults.paging = paging
        listed = Counter(live.id for live in await kind.list_all())
        story.expect(max(listed.values()) == 1, "the list has an object twice")
        if paging is Paging.REPEATS:
            story.expect(len(listed) == count, f"the list has {len(listed)} of {count} objects")
        plan = await story.bench.plan(story.case.resources())
        story.expect(plan.empty, f"the plan has {summary(plan)}")
        service.faults.paging = Paging.EXACT
