"""The walk that every provider must pass, told step by step, through the whole engine: file, plan, apply, state.

A provider's author gives a `World` (a fresh service and how to reach it) and a `KindCase` for each kind; `kit` makes
tests of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stackfile.engine.absence import is_outline
from stackfile.plan.export import Exporter, Found
from stackfile.plan.plan import Action, Change, Origin, Plan
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text
from stackfile.sdk.provider import Kind, Live, Update
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Reads
from stackfile.testing.bench import World
from stackfile.testing.cases import KindCase, NoJournal, NotConforming, Story, expect_held, story_of, summary, writes
from stackfile.values import Tree, Value, get, parse_path, reveal, rewrite

__all__ = ["KindCase", "NotConforming", "walk"]


async def walk(make_world: Callable[[], World], case: KindCase) -> list[str]:
    """The narrated walk over one kind. Returns the story; raises NotConforming."""
    async with story_of(make_world, case) as story:
        for part in _PARTS if (await story.reads()).seen else _UNSEEN:
            await part(story)
        return story.steps


async def _create(story: Story) -> None:
    case = story.case
    story.tell("the object is declared: the plan creates it")
    change = await story.only_change(case.body)
    story.expect(change.action is Action.CREATE, f"a create was expected, not {change.action.name}")
    story.tell("it is applied: the plan is empty")
    await story.settle(case.body)
    live, kind = await story.live(), await story.kind()
    if not kind.traits.reads.seen:
        return
    story.tell("read gives it, and the list holds the same")
    listed = {one.id: one for one in await kind.list_all()} if kind.traits.can_list else {live.id: live}
    story.expect(live.id in listed, f"the list lacks {live.id}")
    if not is_outline(kind, listed[live.id]):
        story.expect(_settable(story, listed[live.id]) == _settable(story, live), "list and read differ")
    story.tell("reading an object that was never there gives None")
    story.expect(await kind.read(f"{live.id}-no-such") is None, "read gives something for an id that is not there")


async def _change_in_place(story: Story) -> None:
    case = story.case
    for path, value in case.changes.items():
        story.tell(f"{path} is changed to {value!r}: the plan updates that field and no other")
        id, body = (await story.live()).id, case.with_value(path, value)
        change = await story.only_change(body)
        story.expect(change.action is Action.UPDATE, f"an update was expected, not {change.action.name}")
        fields = {one.path[: len(parse_path(path))] for one in change.fields}
        story.expect(fields == {parse_path(path)}, f"fields {sorted(map(str, fields))} would change")
        story.expect({one.origin for one in change.fields} == {Origin.CONFIG}, "the origin must be config")
        await (_sent if await story.reads() is Reads.NONE else Story.settle)(story, body)
        story.expect((await story.live()).id == id, "an update in place must keep the id")
        story.tell(f"{path} is changed back")
        await story.settle(case.body)


async def _sent(story: Story, body: Tree) -> None:
    """Settles what nobody can see: that it was sent is told by requests that an apply of nothing does not make."""
    before = writes(story.bench.world)
    await story.settle(story.case.body)
    between = writes(story.bench.world)
    await story.settle(body)
    after = writes(story.bench.world)
    story.expect(after - between > between - before or story.bench.world.service is None, "nothing was sent")


async def _unset(story: Story) -> None:
    case = story.case
    for path, value in case.unset.items():
        story.tell(f"{path} is taken out of the file: the service has {value!r} then")
        await story.settle(case.without(path))
        now = get((await story.live()).fields, parse_path(path))
        story.expect(now == value or not (await story.reads()).seen, f"the service has {now!r}")
        await story.settle(case.body)


async def _drift(story: Story) -> None:
    case = story.case
    for text, value in case.changes.items():
        if get(case.body, parse_path(text)) is None:
            continue  # a field that the file does not set is the service's own
        story.tell(f"{text} is changed behind the file's back: the plan says so, and repairs it")
        await _change_live(story, text, value)
        change = await story.only_change(case.body)
        origins = {one.origin for one in change.fields}
        story.expect(origins == {Origin.DRIFT}, f"the origin must be drift, not {origins}")
        await story.settle(case.body)


async def _change_live(story: Story, text: str, value: Value) -> None:
    case, path = story.case, parse_path(text)
    kind, live = await story.bench.kind(case.at), await story.live()
    schema, desired = await story.bench.desired(case.resources(case.with_value(text, value)), case.at)
    name = case.apart
    if name != text and name not in case.body and name in live.fields:
        desired = {**desired, name: live.fields[name]}  # a name stays as it was once given
    await kind.update(Update(live, schema.typed(desired), {path: reveal(get(desired, path))}), NoJournal())


async def _both(story: Story) -> None:
    case = story.case
    for text, value in case.changes.items():
        if text not in case.thirds or get(case.body, parse_path(text)) is None:
            continue  # both sides can only move a field that the file sets
        story.tell(f"{text} is changed in the file and behind its back: the plan names both, and the file wins")
        await _change_live(story, text, case.thirds[text])
        body = case.with_value(text, value)
        change = await story.only_change(body)
        origins = {one.origin for one in change.fields}
        story.expect(origins == {Origin.BOTH}, f"the origin must be both, not {origins}")
        await story.settle(body)
        story.tell(f"{text} is changed back in the file, and by somebody else to the same: nothing is to do")
        await _change_live(story, text, get(case.body, parse_path(text)))
        plan = await story.bench.plan(case.resources())
        story.expect(plan.empty, f"both sides agree, and the plan has {summary(plan)}")
        await story.settle(case.body)


async def _lose(story: Story) -> None:
    story.tell("the object is deleted behind the file's back: the plan creates it anew")
    kind = await story.bench.kind(story.case.at)
    await kind.delete(await story.live(), NoJournal())
    change = await story.only_change(story.case.body)
    story.expect(change.action is Action.CREATE, f"a create was expected, not {change.action.name}")
    await story.settle(story.case.body)


async def _rotate(story: Story) -> None:
    case = story.case
    for text, secret in case.rotated.items():
        story.tell(f"the secret {text} is rotated: the plan sees it, the service gets it, and nobody can read it")
        body = case.with_value(text, secret)
        change = await story.only_change(body)
        story.expect(change.action is Action.UPDATE, f"an update was expected, not {change.action.name}")
        said = _said(await story.bench.plan(case.resources(body)))
        await story.settle(body)
        expect_held(story.bench.world, secret, story.expect)
        said += _said(await story.bench.plan(case.resources()))
        story.expect(secret not in said, "the secret is in a plan")
        story.expect(secret.encode() not in story.bench.world.kept(), "the secret is in the store")
        story.expect(secret not in repr(story.bench.events), "the secret is in an event")
        await story.settle(case.body)


def _said(plan: Plan) -> str:
    """All that is ever printed of a plan."""
    return f"{plan!r}\n{plan_text(plan)}\n{json.dumps(plan_json(plan), default=str)}"


async def _import(story: Story) -> None:
    case, before = story.case, await story.live()
    story.tell("the state forgets the object: an import takes it back as it is")
    change = await _taken_back(story, case.body)
    story.expect(change.action is Action.NO_OP, f"nothing was to change, and the plan has a {change.action.name}")
    for text, value in case.changes.items():
        if get((await story.live()).fields, parse_path(text)) == value:
            continue  # a name stays as it was once given
        story.tell(f"the state forgets it while {text} is changed: it is imported and updated, and nothing else")
        change = await _taken_back(story, case.with_value(text, value))
        story.expect(change.action is Action.UPDATE, f"an update was expected, not {change.action.name}")
        story.expect({one.path[:1] for one in change.fields} == {parse_path(text)[:1]}, "other fields would change")
        await story.settle(case.body)
    story.expect((await story.live()).id == before.id, "an import must keep the object")


async def _taken_back(story: Story, body: Tree) -> Change:
    """The object imported with this body in the file; the change that did it."""
    case, live = story.case, await story.live()
    await story.bench.forget(case.at)
    wanted = {**case.resources(body), "": {"imports": [{"to": case.address, "id": live.id}]}}
    applied = await story.bench.apply(wanted)
    found = [one for one in applied.plan.changes if one.importing is not None and one.address == case.at]
    story.expect(len(found) == 1, f"one import was expected: {summary(applied.plan)}")
    plan = await story.bench.plan(wanted)
    story.expect(plan.empty, f"the plan after an import must be empty, and has {summary(plan)}")
    return found[0]


async def _export(story: Story) -> None:
    case, live = story.case, await story.live()
    if schema_of((await story.kind()).model).brought:
        return  # what others say of it cannot be told from it
    story.tell("the object is exported, forgotten and imported as it was exported: the plan is empty")
    records = story.bench.state.records if story.bench.state is not None else {}
    kinds = {at: await story.bench.kind(at) for at in records}
    there = {at: await kinds[at].read(record.id) for at, record in records.items()}
    name = story.bench.world.provider.name
    found = {at: Found(name, _type_of(story, kinds[at]), one) for at, one in there.items() if one is not None}
    exported = Exporter(found).write(case.at, found[case.at])
    given: dict[str, Tree] = {
        f"variables.{one}": {"sensitive": True, "default": _by_hand(case, one)} for one in exported.variables
    }
    change = await _taken_back(replace(story, case=replace(case, needs={**given, **case.needs})), _texts(exported.body))
    story.expect(change.action is Action.NO_OP, f"nothing was to change, and the plan has a {change.action.name}")
    story.expect((await story.live()).id == live.id, "an import must keep the object")
    await story.settle(case.body)


def _by_hand(case: KindCase, variable: str) -> str:
    """A secret that is valid where the variable stands for it."""
    fitting = [secret for path, secret in case.rotated.items() if variable.endswith(path)]
    return fitting[0] if fitting else "given-by-hand"


def _type_of(story: Story, bound: Kind[Any]) -> type[Kind[Any]]:
    return story.bench.catalog.kinds(story.bench.world.provider.name, bound.section)[bound.name]


def _texts(tree: Tree) -> dict[str, Value]:
    """The tree with its templates as they are written."""
    return {
        name: rewrite(value, lambda leaf: str(leaf) if isinstance(leaf, str) else leaf) for name, value in tree.items()
    }


async def _replace(story: Story) -> None:
    case = story.case
    for text, value in case.replacing.items():
        before = await story.live()
        story.tell(f"{text} is changed to {value!r}: the plan replaces the object")
        body = case.with_value(text, value)
        change = await story.only_change(body)
        story.expect(change.action is Action.REPLACE, f"a replace was expected, not {change.action.name}")
        await story.settle(body)
        kind, after = await story.kind(), await story.live()
        if kind.traits.reads.seen and after.id != before.id:
            story.expect(await kind.read(before.id) is None, "the old object is still there")
        await story.settle(case.body)


async def _delete(story: Story) -> None:
    case = story.case
    kind, live = await story.kind(), await story.live()
    story.tell("the object is taken out of the file: it is deleted")
    await story.bench.apply(case.needs)
    if kind.traits.reads.seen:
        story.expect(await kind.read(live.id) is None, "read must give None for a deleted object")
    story.tell("deleting it once more is no error")
    await kind.delete(live, NoJournal())
    story.tell("everything is taken out of the file: nothing is left")
    await story.bench.apply({})
    plan = await story.bench.plan(case.resources())
    story.expect(not plan.unmanaged, f"objects are left: {dict(plan.unmanaged)}")


def _settable(story: Story, live: Live) -> dict[str, Any]:
    names = set(story.case.body)
    return {name: value for name, value in live.fields.items() if name in names}


_UNSEEN = (_create, _change_in_place, _unset, _rotate, _replace, _delete)
_PARTS = (_create, _change_in_place, _unset, _drift, _both, _lose, _rotate, _import, _export, _replace, _delete)
