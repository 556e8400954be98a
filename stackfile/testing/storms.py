"""The life of a resource while its service fails in one way at every route: nothing is lost, and nothing is twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from stackfile.errors import ProviderError
from stackfile.plan.plan import Plan
from stackfile.sdk.traits import Reads
from stackfile.testing.bench import Disturbed, World
from stackfile.testing.cases import KindCase, Story, expect_held, story_of, summary
from stackfile.testing.simulator.faults import Fault
from stackfile.values import Tree, get, parse_path

_APPLIES = 4
"""So often somebody gives the command again before the weather must be fair."""

_LATE = 2


async def survive(make_world: Callable[[], World], case: KindCase, fault: Fault) -> list[str]:
    """From create to delete, while in each apply the first request to each route meets the fault. After each change
    there is what was asked for, once, and the state knows it. Returns the story; raises NotConforming."""
    return await _live(make_world, case, fault.says, lambda service: service.faults.at_each_route(fault))


async def survive_late_lists(make_world: Callable[[], World], case: KindCase) -> list[str]:
    """From create to delete, while lists show each change only after a few listings, and answers are lost."""

    def disturb(service: Disturbed) -> None:
        service.faults.late_lists = _LATE if case.list_lags else 0
        service.faults.at_each_route(Fault.LOST)

    return await _live(make_world, case, f"lists are {_LATE} listings late, and answers are lost", disturb)


async def _live(
    make_world: Callable[[], World], case: KindCase, says: str, disturb: Callable[[Disturbed], None]
) -> list[str]:
    async with story_of(make_world, case) as story:
        service = story.bench.world.service
        if service is None:
            raise ValueError("a world without a service has no weather")
        for what, wanted in _stages(case):
            story.tell(f"{what}, while {says}")
            disturb(service)
            await _persist(story, wanted)
            service.faults.at_each_route(None)
            service.faults.late_lists = 0
            story.tell("the weather is fair, and it is applied once more: all is as the file says")
            await _expect_whole(story, wanted)
        asks = bool(case.needs) or await story.reads() is not Reads.STATE
        story.expect(bool(service.faults.met) or not asks, "no request met the fault")
        return story.steps


def _stages(case: KindCase) -> Iterator[tuple[str, Mapping[str, Tree]]]:
    yield "everything is created", case.resources()
    for what, body in case.turns().items():
        yield what, case.resources(body)
    yield "it is deleted", case.needs
    yield "everything is deleted", {}


async def _persist(story: Story, wanted: Mapping[str, Tree]) -> None:
    """As a person does: the same command again, as long as it fails for the service's sake."""
    for _ in range(_APPLIES):
        applied = await story.bench.attempt(wanted)
        errors = [report.error for report in applied.reports.values() if report.error is not None]
        for error in errors:
            story.expect(isinstance(error, ProviderError), f"the apply failed: {error!r}")
        if applied.complete and not applied.plan.skipped:
            return


async def _expect_whole(story: Story, wanted: Mapping[str, Tree]) -> None:
    await story.bench.apply(wanted)
    plan = await story.bench.plan(wanted)
    _expect_known(story, plan)
    records = story.bench.state.records if story.bench.state is not None else {}
    story.expect(len(records) == len(wanted), f"the state has {len(records)} of {len(wanted)} resources")
    for path in story.case.rotated:
        secret = get(wanted.get(story.case.address, {}), parse_path(path))
        if isinstance(secret, str):
            expect_held(story.bench.world, secret, story.expect)
            story.expect(secret.encode() not in story.bench.world.kept(), f"the secret {path} is in the store")
            story.expect(secret not in repr(story.bench.events), f"the secret {path} is in an event")


def _expect_known(story: Story, plan: Plan) -> None:
    story.expect(plan.empty, f"the plan has {summary(plan)}")
    story.expect(not plan.pending, f"calls are still open: {plan.pending}")
    story.expect(not plan.unmanaged, f"there are objects that the state does not know: {dict(plan.unmanaged)}")
