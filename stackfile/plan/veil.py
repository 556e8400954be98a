"""A plan without its secrets, as it may be saved: each stays where it is, with nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.plan.plan import UNSET, Change, FieldChange, Importing, Learned, OutputChange, Plan
from stackfile.plan.uncompared import unknowns
from stackfile.sdk.schema import FieldSchema, Schema
from stackfile.sdk.traits import Trait
from stackfile.values import Sensitive, Tree, Unknown, Value, contains, rewrite


@dataclass(frozen=True, slots=True)
class Veil:
    """Takes secrets out of plans. `schemas` tells which fields of a resource are secret, whatever is in them; `mask`
    is the redactor, for what slipped through into a text."""

    schemas: Mapping[Address, Schema]
    mask: Callable[[str], str] = str

    def plan(self, plan: Plan) -> Plan:
        return replace(
            plan,
            changes=tuple(map(self.change, plan.changes)),
            settled={at: replace(one, applied=self._tree(one.applied)) for at, one in plan.settled.items()},
            outputs=tuple(map(self._output, plan.outputs)),
            learned={at: self._learned(at, one) for at, one in plan.learned.items()},
            pending=tuple(replace(one, says=self.mask(one.says)) for one in plan.pending),
            skipped=tuple(replace(one, says=self.mask(one.says)) for one in plan.skipped),
            diagnostics=tuple(
                replace(
                    one,
                    message=self.mask(one.message),
                    source=self.mask(one.source) if one.source is not None else None,
                    label=self.mask(one.label),
                    help=tuple(map(self.mask, one.help)),
                )
                for one in plan.diagnostics
            ),
        )

    def change(self, change: Change) -> Change:
        schema = self.schemas.get(change.address)
        return replace(
            change,
            fields=tuple(self._field(one, schema) for one in change.fields),
            desired=self.wish(change.address, change.desired) if change.desired is not None else None,
            live=self._tree(change.live) if change.live is not None else None,
            applied=self._tree(change.applied),
            importing=self._importing(change.importing),
            reason_says=self.mask(change.reason_says),
            impact_says=tuple(map(self.mask, change.impact_says)),
        )

    def _importing(self, one: Importing | None) -> Importing | None:
        return replace(one, applied=self._tree(one.applied)) if one is not None else None

    def _learned(self, address: Address, one: Learned) -> Learned:
        fields = tuple(self._field(field, self.schemas.get(address)) for field in one.fields)
        return replace(one, copy=self._tree(one.copy), fields=fields)

    def wish(self, address: Address, desired: Tree) -> Tree:
        """A desired tree. In a secret field, what is not known yet is secret too: its template may hold a secret."""
        schema = self.schemas.get(address)
        return self._tree(_waiting(schema, desired) if schema is not None and schema.has_secrets else desired)

    def _field(self, one: FieldChange, schema: Schema | None) -> FieldChange:
        sides = (one.before, one.after, one.applied)
        secret = any(contains(side, Sensitive) for side in sides)
        if schema is not None and not secret:
            secret = bool(schema.traits_at(one.path) & (Trait.SENSITIVE | Trait.WRITE_ONLY))
        before, after, applied = (self.value(_without_templates(side) if secret else side) for side in sides)
        return replace(one, before=before, after=after, applied=applied, because=self.mask(one.because))

    def _output(self, one: OutputChange) -> OutputChange:
        sides = (_hide_waiting(side) if one.sensitive else side for side in (one.before, one.after))
        before, after = map(self.value, sides)
        return replace(one, before=before, after=after)

    def _tree(self, tree: Tree) -> Tree:
        return {key: self.value(value) for key, value in tree.items()}

    def value(self, value: Value) -> Value:
        if isinstance(value, str):
            return self.mask(value)
        if value is None or value is UNSET:
            return value
        if isinstance(value, (dict, Mapping)):
            return self._tree(value)
        if isinstance(value, (list, tuple)):
            return [self.value(inner) for inner in value]
        if isinstance(value, Sensitive):
            return Sensitive(_waits(value.value))
        if isinstance(value, Unknown):
            return Unknown(value.waits_for, self.mask(value.template))
        return value


def _waits(value: Value) -> Value:
    """Nothing, or for what waits: what it waits for, without its template."""
    found = list(unknowns(value))
    return Unknown(tuple(dict.fromkeys(need for one in found for need in one.waits_for))) if found else None


def _hide_waiting(value: Value) -> Value:
    return Sensitive(value) if isinstance(value, Unknown) else value


def _without_templates(value: Value) -> Value:
    """What waits as a bare Unknown, which reads as before."""
    if value is UNSET:
        return value
    return rewrite(value, lambda leaf: Unknown(leaf.waits_for) if isinstance(leaf, Unknown) else leaf)


def _waiting(schema: Schema, tree: Tree) -> Tree:
    return {name: _in_field(schema.fields.get(name), value) for name, value in tree.items()}


def _in_field(field: FieldSchema | None, value: Value) -> Value:
    if field is None:
        return value
    if field.secret:
        return Sensitive(value) if contains(value, Unknown) and not isinstance(value, Sensitive) else value
    return field.each(value, _waiting)
