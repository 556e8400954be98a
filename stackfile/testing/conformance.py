"""The walk that every provider must pass, told step by step, through the whole engine: file, plan, apply, state.

A provider's author gives a `World` (a fresh service and how to reach it) and a `KindCase` for each kind:

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_the_walk(case, tmp_path):
        asyncio.run(walk(lambda: world(tmp_path), case))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import Address
from stackfile.plan.plan import Action, Change, Origin, Plan
from stackfile.sdk.provider import Live, Provider, Session, Update
from stackfile.sdk.schema import schema_for
from stackfile.state.store import Store
from stackfile.testing.bench import Bench
from stackfile.testing.faults import Fuse, Killed, Side
from stackfile.values import Path, Tree, Value, get, parse_path, put


class NotConforming(AssertionError):
    """What the provider did that it must not, with the steps that led there."""


@dataclass(frozen=True)
class World:
    """One service, fresh, and how a stackfile reaches it. `close` ends it."""

    provider: type[Provider[Any]]
    settings: Tree
    session: Callable[[str], Session]
    store: Store
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class KindCase:
    """One kind: a valid body, and by path of a field another valid value for it.

    `changes` must be taken in place, `replacing` must replace, `rotated` holds secrets that the service never returns.
    `needs` are other resources that the body refers to, by address.
    """

    address: str
    body: Tree
    changes: Mapping[str, Value] = field(default_factory=dict)
    replacing: Mapping[str, Value] = field(default_factory=dict)
    rotated: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, Tree] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.address

    @property
    def at(self) -> Address:
        return Address.parse(self.address)

    def resources(self, body: Tree | None = None) -> dict[str, Tree]:
        """Every resource of the case by address, with the given body in place of the case's own."""
        return {**self.needs, self.address: self.body if body is None else body}


@dataclass
class _Story:
    """One walk: what was done so far, for the message of whoever fails."""

    bench: Bench
    case: KindCase
    steps: list[str] = field(default_factory=list)

    def tell(self, step: str) -> None:
        self.steps.append(step)

    def expect(self, holds: bool, says: str) -> None:
        if not holds:
            story = "\n".join(f"  {number}. {step}" for number, step in enumerate(self.steps, 1))
            raise NotConforming(f"{self.case.address}: {says}\nafter\n{story}")

    async def only_change(self, body: Tree) -> Change:
        plan = await self.bench.plan(self.case.resources(body))
        mine = [change for change in plan.changes if change.address == self.case.at]
        self.expect(len(mine) == 1, f"one change was expected, the plan has {_summary(plan)}")
        return mine[0]

    async def settle(self, body: Tree) -> None:
        """Applies, and then nothing may be left to do."""
        await self.bench.apply(self.case.resources(body))
        plan = await self.bench.plan(self.case.resources(body))
        self.expect(plan.empty, f"the plan after an apply must be empty, and has {_summary(plan)}")

    async def live(self) -> Live | None:
        record = self.bench.record(self.case.at)
        kind = await self.bench.kind(self.case.at)
        return await kind.read(record.id) if record is not None else None


async def walk(make_world: Callable[[], World], case: KindCase) -> list[str]:
    """The narrated walk over one kind. Returns the story; raises NotConforming."""
    world = make_world()
    story = _Story(Bench.over(world), case)
    try:
        await _create(story)
        await _change_in_place(story)
        await _drift(story)
        await _rotate(story)
        await _replace(story)
        await _delete(story)
    finally:
        await story.bench.close()
        world.close()
    return story.steps


async def _create(story: _Story) -> None:
    case = story.case
    story.tell("the object is declared: the plan creates it")
    change = await story.only_change(case.body)
    story.expect(change.action is Action.CREATE, f"a create was expected, not {change.action}")
    story.tell("it is applied: the plan is empty")
    await story.settle(case.body)
    live = await story.live()
    story.tell("read gives it, and the list holds the same")
    if live is None:
        return story.expect(False, "read gives None for an object that was just created")
    kind = await story.bench.kind(case.at)
    listed = {one.id: one for one in await kind.list_all()} if kind.traits.can_list else {live.id: live}
    story.expect(live.id in listed, f"the list lacks {live.id}")
    story.expect(_settable(story, listed[live.id]) == _settable(story, live), "list and read differ")


async def _change_in_place(story: _Story) -> None:
    case = story.case
    for path, value in case.changes.items():
        story.tell(f"{path} is changed to {value!r}: the plan updates that field and no other")
        body = put(case.body, parse_path(path), value)
        change = await story.only_change(body)
        story.expect(change.action is Action.UPDATE, f"an update was expected, not {change.action} {change.reason_says}")
        fields = {one.path[: len(parse_path(path))] for one in change.fields}
        story.expect(fields == {parse_path(path)}, f"fields {sorted(map(str, fields))} would change")
        story.expect(all(one.origin is Origin.CONFIG for one in change.fields), "the origin must be config")
        await story.settle(body)
        story.tell(f"{path} is changed back")
        await story.settle(case.body)


async def _drift(story: _Story) -> None:
    case = story.case
    for text, value in case.changes.items():
        path = parse_path(text)
        if get(case.body, path) is None:
            continue  # a field that the file does not set is the service's own
        story.tell(f"{text} is changed behind the file's back: the plan says so, and repairs it")
        await _change_live(story, path, value)
        change = await story.only_change(case.body)
        origins = {one.origin for one in change.fields}
        story.expect(origins == {Origin.DRIFT}, f"the origin must be drift, not {origins}")
        await story.settle(case.body)


async def _change_live(story: _Story, path: Path, value: Value) -> None:
    kind = await story.bench.kind(story.case.at)
    live = await story.live()
    if live is None:
        return story.expect(False, "the object is gone")
    desired = put(await story.bench.desired(story.case.resources(), story.case.at), path, value)
    schema = schema_for(type(kind), desired)
    await kind.update(Update(live, schema.typed(desired), {path: value}), _NoJournal())


async def _rotate(story: _Story) -> None:
    case = story.case
    for text, secret in case.rotated.items():
        story.tell(f"the secret {text} is rotated: the plan sees it and nobody can read it")
        body = put(case.body, parse_path(text), secret)
        change = await story.only_change(body)
        story.expect(change.action is Action.UPDATE, f"an update was expected, not {change.action}")
        await story.settle(body)
        story.expect(secret not in await story.bench.at_rest(), "the secret is in the state")
        await story.settle(case.body)


async def _replace(story: _Story) -> None:
    case = story.case
    for text, value in case.replacing.items():
        before = story.bench.record(case.at)
        story.tell(f"{text} is changed to {value!r}: the plan replaces the object")
        body = put(case.body, parse_path(text), value)
        change = await story.only_change(body)
        story.expect(change.action is Action.REPLACE, f"a replace was expected, not {change.action}")
        await story.settle(body)
        kind, after = await story.bench.kind(case.at), story.bench.record(case.at)
        if before is not None and after is not None and before.id != after.id:
            story.expect(await kind.read(before.id) is None, "the old object is still there")
        await story.settle(case.body)


async def _delete(story: _Story) -> None:
    case = story.case
    kind, live = await story.bench.kind(case.at), await story.live()
    story.tell("the object is taken out of the file: it is deleted")
    await story.bench.apply(case.needs)
    if live is None:
        return story.expect(False, "the object was gone before it was deleted")
    story.expect(await kind.read(live.id) is None, "read must give None for a deleted object")
    story.tell("deleting it once more is no error")
    await kind.delete(live, _NoJournal())
    await story.bench.apply({})


async def kill_everywhere(make_world: Callable[[], World], case: KindCase) -> int:
    """Kills create, update, replace and delete at every effect, before and after it; each time a second run must make
    it good: one object, a plan that is empty. Returns the number of deaths."""
    deaths = 0
    bodies = [case.body, *(put(case.body, parse_path(p), v) for p, v in {**case.changes, **case.replacing}.items())]
    for index, body in enumerate([*bodies, None]):
        before = None if index == 0 else case.body
        for side in Side:
            deaths += await _kill_through(make_world, case, before, body, side)
    return deaths


async def _kill_through(
    make_world: Callable[[], World], case: KindCase, before: Tree | None, body: Tree | None, side: Side
) -> int:
    at = 0
    while True:
        at += 1
        world = make_world()
        bench, fuse = Bench.over(world), Fuse(at, side)
        try:
            if before is not None:
                await bench.apply(case.resources(before))
            wanted = case.resources(body) if body is not None else dict(case.needs)
            died = await _dies(bench, wanted, fuse)
            await bench.apply(wanted)
            await _is_good(bench, case, wanted, f"killed {side.value} effect {at} ({fuse.log[-1:]})")
        finally:
            await bench.close()
            world.close()
        if not died:
            return at - 1


async def _dies(bench: Bench, wanted: Mapping[str, Tree], fuse: Fuse) -> bool:
    try:
        await bench.apply(wanted, fuse)
    except Killed:
        await bench.bury()
        return True
    return False


async def _is_good(bench: Bench, case: KindCase, wanted: Mapping[str, Tree], how: str) -> None:
    plan = await bench.plan(wanted)
    if not plan.empty:
        raise NotConforming(f"{case.address}: {how}: the plan after the second run has {_summary(plan)}")
    if plan.unmanaged:
        raise NotConforming(f"{case.address}: {how}: objects that nobody knows: {dict(plan.unmanaged)}")


class _NoJournal:
    """A step outside a run."""

    async def created(self, id: str) -> None:
        return None

    async def phase(self, name: str) -> None:
        return None


def _settable(story: _Story, live: Live) -> dict[str, Any]:
    names = set(story.case.body)
    return {name: value for name, value in live.fields.items() if name in names}


def _summary(plan: Plan) -> str:
    parts = [
        f"{change.action.value} {change.address} ({', '.join(str(f.path) for f in change.fields)})"
        for change in plan.changes
    ]
    return "; ".join(parts) or "no change"
