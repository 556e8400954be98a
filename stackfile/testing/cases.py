"""What a provider's author gives to the conformance kit, a case for each kind; and how a story over one is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import Address
from stackfile.errors import StackError
from stackfile.plan.plan import Change, Plan
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.traits import Reads
from stackfile.testing.bench import Bench, World
from stackfile.values import Tree, Value, drop, parse_path, print_path, put


class NotConforming(AssertionError):
    """What the provider did that it must not, with the steps that led there."""


@dataclass(frozen=True)
class KindCase:
    """One kind: a valid body, and by path of a field another valid value for it. Of a kind whose objects nobody can see
    (`Reads.NONE`, `Reads.STATE`) what needs a look is left out.

    `changes` must be taken in place, `replacing` must replace, `rotated` are secrets that the service never returns.
    `unset` are fields that the body sets, with what the service has once the file sets them no more (None: nothing).
    `needs` are other resources that the body refers to, by address. `thirds` are third valid values of fields in
    `changes`, for a field that the file and somebody else change at once. `page` is how many objects the provider asks
    for in one page of a list; None: a list is one call, however long. `apart` is the text field by which two objects
    are told apart. `list_lags`: the list may lag behind; where objects have no natural key and are read from the list
    alone, nobody could tell what was made from what was not.
    """

    address: str
    body: Tree
    changes: Mapping[str, Value] = field(default_factory=dict)
    replacing: Mapping[str, Value] = field(default_factory=dict)
    rotated: Mapping[str, str] = field(default_factory=dict)
    unset: Mapping[str, Value] = field(default_factory=dict)
    needs: Mapping[str, Tree] = field(default_factory=dict)
    thirds: Mapping[str, Value] = field(default_factory=dict)
    page: int | None = None
    apart: str = "name"
    list_lags: bool = True

    def __str__(self) -> str:
        return self.address

    @property
    def at(self) -> Address:
        return Address.parse(self.address)

    def resources(self, body: Tree | None = None) -> dict[str, Tree]:
        """Every resource of the case by address, with the given body in place of the case's own."""
        return {**self.needs, self.address: self.body if body is None else body}

    def with_value(self, path: str, value: Value) -> Tree:
        return put(self.body, parse_path(path), value)

    def without(self, path: str) -> Tree:
        return drop(self.body, parse_path(path))

    def turns(self) -> Mapping[str, Tree]:
        """Bodies by what is different, one for each way that a change can go: a field in place, a replacement, each
        secret, each field that is unset."""
        found = {**dict([*self.changes.items()][:1]), **dict([*self.replacing.items()][:1]), **self.rotated}
        turns: dict[str, Tree] = {f"{path} changed": self.with_value(path, value) for path, value in found.items()}
        return turns | {f"{path} unset": self.without(path) for path in self.unset}


@dataclass
class Story:
    """One walk: what was done so far, for the message of whoever fails."""

    bench: Bench
    case: KindCase
    steps: list[str] = field(default_factory=list)
    kind_name: str = ""
    """As soon as it was asked for."""

    def tell(self, step: str) -> None:
        self.steps.append(step)

    def expect(self, holds: bool, says: str) -> None:
        if not holds:
            raise self.ends(says)

    def ends(self, says: str) -> NotConforming:
        story = "\n".join(f"  {number}. {step}" for number, step in enumerate(self.steps, 1))
        return NotConforming(f"{self.case.address}: {says}\nafter\n{story}")

    async def only_change(self, body: Tree) -> Change:
        plan = await self.bench.plan(self.case.resources(body))
        mine = [change for change in plan.changes if change.address == self.case.at]
        self.expect(len(mine) == 1, f"one change was expected, the plan has {summary(plan)}")
        return mine[0]

    async def settle(self, body: Tree) -> None:
        """Applies, and then nothing may be left to do, and nothing be there that the state does not know."""
        await self.bench.apply(self.case.resources(body))
        plan = await self.bench.plan(self.case.resources(body))
        self.expect(plan.empty, f"the plan after an apply must be empty, and has {summary(plan)}")
        self.expect(not plan.unmanaged, f"objects are left that the state does not know: {dict(plan.unmanaged)}")

    async def kind(self) -> Kind[Any]:
        """The kind of the case, on a connection of its own."""
        if not self.kind_name:
            resources = self.bench.configuration(self.case.resources()).resources
            self.kind_name = resources[self.case.at].kind.name
        return await self.bench.kind_named(self.case.at.section, self.kind_name)

    async def reads(self) -> Reads:
        return (await self.kind()).traits.reads

    async def live(self) -> Live:
        """What is there; of a kind that cannot be seen, the id that the state has."""
        record, kind = self.bench.record(self.case.at), await self.kind()
        if record is not None and not kind.traits.reads.seen:
            return Live(record.id, {})
        live = await kind.read(record.id) if record is not None else None
        if live is None:
            self.expect(False, "read gives None for an object that is there")
            raise AssertionError
        return live


@asynccontextmanager
async def story_of(make_world: Callable[[], World], case: KindCase) -> AsyncIterator[Story]:
    """A story over a new world, which ends with it. What the engine or the provider raises fails the story."""
    world = make_world()
    story = Story(Bench.over(world), case)
    try:
        yield story
    except NotConforming:
        raise
    except (StackError, AssertionError) as error:
        raise story.ends(f"{type(error).__name__}: {error}") from error
    finally:
        await story.bench.close()
        world.close()


class NoJournal:
    """A step outside a run."""

    mark = ""

    async def created(self, id: str) -> None:
        return None

    async def phase(self, name: str) -> None:
        return None


def writes(world: World) -> int:
    """Requests so far that may have changed something; 0 where nobody counts them."""
    made = world.service.calls.made if world.service is not None else ()
    return sum(call.method not in ("GET", "HEAD") for call in made)


def expect_held(world: World, secret: str, expect: Callable[[bool, str], None]) -> None:
    if world.holds is not None:
        expect(world.holds(secret), "the service has not got the secret")


def summary(plan: Plan) -> str:
    parts = [
        f"{change.action.name} {change.address} ({', '.join(print_path(f.path) for f in change.fields)})"
        for change in plan.changes
    ]
    return "; ".join(parts) or "no change"
