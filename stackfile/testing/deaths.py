"""Death at every effect of every verb of a provider, and a second run that must make it good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stackfile.testing.bench import World
from stackfile.testing.cases import KindCase, NotConforming, Story, expect_held, story_of, summary
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.values import Tree, get, parse_path


async def kill_everywhere(make_world: Callable[[], World], case: KindCase) -> int:
    """Kills create, update, replace and delete before every effect, and after the last; each time a second run must
    make it good: one object, a plan that is empty, no secret lost. Returns the number of deaths.

    Death after an effect is death before the next one: nobody outside can tell the two apart.
    """
    deaths = await _kill_through(_Killing(make_world, case, "the create", None, case.body))
    for what, body in case.turns().items():
        deaths += await _kill_through(_Killing(make_world, case, what, case.body, body))
    return deaths + await _kill_through(_Killing(make_world, case, "the delete", case.body, None))


@dataclass(frozen=True)
class _Killing:
    """From one body to another, None being no object, with a death on the way."""

    make_world: Callable[[], World]
    case: KindCase
    what: str
    before: Tree | None
    after: Tree | None

    def wanted(self, body: Tree | None) -> Mapping[str, Tree]:
        return self.case.resources(body) if body is not None else self.case.needs


async def _kill_through(killing: _Killing) -> int:
    at = 1
    while await _dies(killing, Fuse(at, Side.BEFORE)):
        at += 1
    if not await _dies(killing, Fuse(at - 1, Side.AFTER)):
        raise NotConforming(f"{killing.case.address}: {killing.what} has another number of effects each time")
    return at


async def _dies(killing: _Killing, fuse: Fuse) -> bool:
    """Whether the run got as far as to die; then a second one made it good."""
    case, wanted = killing.case, killing.wanted(killing.after)
    async with story_of(killing.make_world, case) as story:
        bench = story.bench
        story.tell(f"before {killing.what}")
        await bench.apply(killing.wanted(killing.before))
        try:
            await bench.apply(wanted, fuse)
            return False
        except Killed:
            story.tell(f"{killing.what}, killed {fuse.side.value} effect {fuse.at} ({fuse.log[-1]})")
        story.tell("a second run")
        await bench.apply(wanted)
        await _expect_good(story, killing)
        return True


async def _expect_good(story: Story, killing: _Killing) -> None:
    case, bench, expect = story.case, story.bench, story.expect
    plan = await bench.plan(killing.wanted(killing.after))
    expect(plan.empty, f"the plan has {summary(plan)}")
    expect(not plan.pending, f"calls are still open: {plan.pending}")
    expect(not plan.unmanaged, f"there are objects that nobody knows: {dict(plan.unmanaged)}")
    for path, value in case.unset.items() if (await story.reads()).seen else ():
        if killing.after == case.without(path):
            record, kind = bench.record(case.at), await bench.kind(case.at)
            live = await kind.read(record.id) if record is not None else None
            expect(live is not None and get(live.fields, parse_path(path)) == value, f"{path} is still set")
    for path in case.rotated:
        secret = get(killing.after, parse_path(path)) if killing.after is not None else None
        if isinstance(secret, str):
            expect_held(bench.world, secret, expect)
            expect(secret.encode() not in bench.world.kept(), f"the secret {path} is in the store")
