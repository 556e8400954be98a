"""Completes what the plan left unknown, as the walk makes it known, and holds apply to what was planned."""

from __future__ import annotations

from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.stackfile import Configuration
from stackfile.plan.applied import to_applied
from stackfile.plan.decide import normal_live
from stackfile.plan.diff import diff
from stackfile.plan.equal import same
from stackfile.plan.known import Known
from stackfile.plan.mask import mask
from stackfile.plan.plan import Change, FieldChange
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Tree, Unknown, Value, contains, print_path


@dataclass(frozen=True, slots=True)
class Work:
    """A change with nothing left unknown: the wish, what the state will record of it, and the fields to send."""

    schema: Schema
    desired: Tree
    applied: Tree
    fields: tuple[FieldChange, ...]


@dataclass
class Resolver:
    """Knows every resource as it is at this moment of the walk."""

    configuration: Configuration
    known: Known
    seal: Seal
    made: dict[Address, Tree] = field(default_factory=dict)

    def work(self, change: Change, record: Record | None) -> Work:
        """Raises DiagnosticError (`inconsistent-plan`) where the outcome is not what was planned."""
        schema = self.configuration.resources[change.address].schema
        before = record.applied if record is not None else {}
        if change.desired is None or not contains(change.desired, Unknown):
            desired = change.desired or {}
            return Work(schema, desired, to_applied(desired, before, self.seal), change.fields)
        desired = self._complete(change, schema)
        fields = change.fields
        live = self.known.live(record) if record is not None and not change.replaces else None
        if record is not None and live is not None:
            fields = diff(schema, desired, before, normal_live(schema, live), self.seal).fields
            self._hold_to_plan(change, fields)
        return Work(schema, desired, to_applied(desired, before, self.seal), fields)

    def done(self, address: Address, work: Work, record: Record, live: Live) -> None:
        """From now on others see the resource as it was made."""
        seen = normal_live(work.schema, live)
        self.made[address] = {**seen, **work.desired, "name": record.name, "id": live.id}

    def attributes(self, address: Address) -> Tree | None:
        if address in self.made:
            return self.made[address]
        resource, record = self.configuration.resources.get(address), self.known.state.records.get(address)
        if resource is None or record is None:
            return self.known.attributes(address)
        desired = self.configuration.resolve(resource, self.attributes, record.name)
        return self.known.attributes(address, desired)

    def _complete(self, change: Change, schema: Schema) -> Tree:
        resource = self.configuration.resources[change.address]
        desired = mask(schema, self.configuration.resolve(resource, self.attributes, change.name))
        for name, planned in (change.desired or {}).items():
            if not self._is_as_planned(planned, desired.get(name)):
                raise _inconsistent(change.address, f"`{name}` became another value than was planned")
        if contains(desired, Unknown):
            raise _inconsistent(change.address, "a value is still not known")
        return desired

    def _is_as_planned(self, planned: Value, now: Value) -> bool:
        return contains(planned, Unknown) or same(planned, now, self.seal)

    def _hold_to_plan(self, change: Change, fields: tuple[FieldChange, ...]) -> None:
        planned = {one.path for one in change.fields}
        for one in fields:
            if one.path not in planned:
                raise _inconsistent(change.address, f"`{print_path(one.path)}` would change too")
            if one.forces_replacement and not change.replaces:
                raise _inconsistent(change.address, f"`{print_path(one.path)}` would force a replacement")


def _inconsistent(address: Address, says: str) -> DiagnosticError:
    help = ("Nothing was sent for it. Plan again: stack plan",)
    return DiagnosticError([Diagnostic("inconsistent-plan", says, address=str(address), help=help)])
