"""Completes what the plan left unknown, as the walk makes it known, and holds apply to what was planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.dag import topological
from stackfile.language.stackfile import Configuration
from stackfile.plan.applied import to_applied
from stackfile.plan.decide import normal_live
from stackfile.plan.equal import same
from stackfile.plan.ignored import Kept, compared, kept, with_kept
from stackfile.plan.known import Known
from stackfile.plan.mask import mask
from stackfile.plan.plan import Change, FieldChange
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Tree, Unknown, Value, contains, get, print_path


@dataclass(frozen=True, slots=True)
class Work:
    """A change with nothing left unknown: the wish, what the state will record of it, and the fields to send.

    `typed` is the wish as the provider's model.
    """

    schema: Schema
    desired: Tree
    typed: Any = field(repr=False)
    applied: Tree
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """A resource as it was just made. Most have nobody who asks for more."""

    schema: Schema
    desired: Tree
    name: str
    live: Live

    @property
    def attributes(self) -> Tree:
        return {**normal_live(self.schema, self.live), **self.desired, "name": self.name, "id": self.live.id}


@dataclass
class Resolver:
    """Knows every resource as it is at this moment of the walk.

    `made` holds those that were made and not asked for since, `seen` those that were asked for, each worked out once.
    """

    configuration: Configuration
    known: Known
    seal: Seal
    made: dict[Address, _Made] = field(default_factory=dict)
    seen: dict[Address, Tree | None] = field(default_factory=dict)

    def work(self, change: Change, record: Record | None) -> Work:
        """Raises DiagnosticError (`inconsistent-plan`) where the outcome is not what was planned."""
        schema = self.configuration.resources[change.address].schema
        desired, fields = change.desired or {}, change.fields
        before = record.applied if record is not None else {}
        if contains(desired, Unknown):
            live = self.known.live(record) if record is not None and not change.replaces else None
            seen = normal_live(schema, live) if live is not None else {}
            held = self._complete(change, schema, before, seen)
            desired = held.desired
            if live is not None:
                fields = compared(schema, held, seen, self.seal).fields
                self._hold_to_plan(change, fields)
                fields = (*fields, *_again(change, desired, fields))
            applied = with_kept(held, schema, to_applied(desired, before, self.seal))
        elif change.ignored:
            applied = dict(change.applied)
        else:
            applied = to_applied(desired, before, self.seal)
        return Work(schema, desired, self._typed(change.address, schema, desired), applied, fields)

    def done(self, address: Address, work: Work, record: Record, live: Live) -> None:
        """From now on others see the resource as it was made."""
        self.made[address] = _Made(work.schema, work.desired, record.name, live)

    def attributes(self, address: Address) -> Tree | None:
        """What others may know of a resource; None where it is not there."""
        for needed in self._not_seen(address):
            self.seen[needed] = self._unchanged(needed)
        if (made := self.made.pop(address, None)) is not None:
            self.seen[address] = made.attributes
        return self.seen[address]

    def _not_seen(self, address: Address) -> list[Address]:
        """The resource and all that it needs, needs first, so that none is resolved from within another."""
        needs: dict[Address, tuple[Address, ...]] = {}
        waiting = [address]
        while waiting:
            at = waiting.pop()
            if at not in self.made and at not in self.seen and at not in needs:
                resource = self.configuration.resources.get(at)
                needs[at] = resource.dependencies if resource is not None else ()
                waiting.extend(needs[at])
        return topological(needs)

    def _unchanged(self, address: Address) -> Tree | None:
        resource, record = self.configuration.resources.get(address), self.known.state.records.get(address)
        if resource is None or record is None:
            return self.known.attributes(address)
        return self.known.attributes(address, self.configuration.resolve(resource, self.attributes, record.name))

    def _complete(self, change: Change, schema: Schema, before: Tree, live: Tree) -> Kept:
        resource = self.configuration.resources[change.address]
        wish = mask(schema, self.configuration.resolve(resource, self.attributes, change.name))
        planned = change.desired or {}
        begun = {one.name: planned[one.name] for one in schema.beginnings if one.name in planned}
        held = kept(schema, change.ignored, {**wish, **begun}, before, live)
        desired = held.desired
        for name in {**planned, **desired}:
            if not self._is_as_planned(planned.get(name), desired.get(name)):
                raise _inconsistent(change.address, f"`{name}` became another value than was planned")
        if contains(desired, Unknown):
            raise _inconsistent(change.address, "a value is still not known")
        return held

    def _is_as_planned(self, planned: Value, now: Value) -> bool:
        """What was unknown may have become anything; all around it must have stayed."""
        if isinstance(planned, Mapping) and isinstance(now, Mapping):
            return all(self._is_as_planned(planned.get(key), now.get(key)) for key in {**planned, **now})
        return contains(planned, Unknown) or same(planned, now, self.seal)

    def _hold_to_plan(self, change: Change, fields: tuple[FieldChange, ...]) -> None:
        planned = {one.path for one in change.fields}
        for one in fields:
            if one.path not in planned:
                raise _inconsistent(change.address, f"`{print_path(one.path)}` would change too")
            if one.forces_replacement and not change.replaces:
                raise _inconsistent(change.address, f"`{print_path(one.path)}` would force a replacement")

    def _typed(self, address: Address, schema: Schema, desired: Tree) -> Any:
        try:
            return schema.typed(desired)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise _inconsistent(address, f"`{'.'.join(map(str, wrong['loc']))}`: {wrong['msg']}") from None


def _again(change: Change, desired: Tree, differing: tuple[FieldChange, ...]) -> Iterable[FieldChange]:
    """What the plan sends although it does not differ, with what it has become."""
    already = {one.path for one in differing}
    for one in change.fields:
        if one.again and one.path not in already:
            yield replace(one, after=get(desired, one.path)) if contains(one.after, Unknown) else one


def _inconsistent(address: Address, says: str) -> DiagnosticError:
    help = ("Nothing was sent for it. Plan again: stack plan",)
    return DiagnosticError([Diagnostic("inconsistent-plan", says, address=str(address), help=help)])
