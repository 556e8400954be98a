"""Names the action for one address: from what is desired, recorded and live to a Change, or to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stackfile.address import Address
from stackfile.language.stackfile import Resource
from stackfile.plan.applied import to_applied
from stackfile.plan.diff import Comparison, diff
from stackfile.plan.impact import impact_of
from stackfile.plan.mask import mask
from stackfile.plan.plan import Action, Change, FieldChange, Reason
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Path, Ref, Tree, leaves, print_path


@dataclass(frozen=True, slots=True)
class Subject:
    """One declared resource with everything known of it. `live` is raw; `replaced` are targets that go and come."""

    resource: Resource
    desired: Tree
    record: Record | None
    live: Live | None
    replaced: Mapping[Address, str]

    @property
    def moved_kind(self) -> bool:
        """Whether the record is of another provider or kind than the file asks for now."""
        record, resource = self.record, self.resource
        return record is not None and (record.provider, record.service, record.section, record.kind) != (
            resource.provider,
            resource.service,
            resource.kind.section,
            resource.kind.name,
        )


def normal_live(schema: Schema, live: Live) -> Tree:
    """A live object in normal form, secrets marked. What does not fit the model is taken as it came."""
    fields = {name: value for name, value in live.fields.items() if value is not None}
    normal, problems = schema.normalise({k: v for k, v in fields.items() if not _computed(schema, k)})
    for problem in problems:
        name = problem.path[0]
        if isinstance(name, str) and name in fields:
            normal[name] = fields[name]
    computed = {name: value for name, value in fields.items() if _computed(schema, name)}
    return mask(schema, {**normal, **computed})


def agrees(desired_applied: Tree, record: Record, live: Live) -> bool:
    """The quick road for the many that did not change: file, record and raw live object say the same."""
    fields = live.fields
    return desired_applied == record.applied and all(
        key in fields and fields[key] == value for key, value in desired_applied.items()
    )


def decide(subject: Subject, seal: Seal) -> Change | Tree:
    """The change that a resource needs, or for none the `applied` tree that its record should have."""
    record, live = subject.record, subject.live
    if record is None or live is None:
        return _create(subject, seal, Reason.NONE if record is None else Reason.LOST)
    if subject.moved_kind:
        return _replace_kind(subject, record, live, seal)
    applied = to_applied(subject.desired, record.applied, seal)
    triggers = _triggers(subject)
    if not triggers and agrees(applied, record, live):
        return applied
    normal = normal_live(subject.resource.schema, live)
    found = diff(subject.resource.schema, subject.desired, record.applied, normal, seal)
    if not found.fields and not triggers:
        return applied
    return replace(_changed(subject, found, triggers, live), applied=applied, live=normal, id=record.id, scope=record.scope)


def _changed(subject: Subject, found: Comparison, triggers: Mapping[Path, str], live: Live) -> Change:
    resource = subject.resource
    fields = tuple(_forced(change, resource.kind, triggers) for change in found.fields)
    forced = any(change.forces_replacement for change in fields)
    action = Action.REPLACE if forced or triggers else Action.UPDATE
    impact, says = impact_of(action, resource.kind, resource.schema, fields, live)
    reason = Reason.TRIGGERED if triggers else Reason.CANNOT_UPDATE if forced else Reason.NONE
    return replace(
        _change(subject, action, {}),
        reason=reason,
        reason_says="; ".join(f"{print_path(path)}: {why}" for path, why in triggers.items()),
        fields=fields,
        unchanged=found.unchanged,
        impact=impact,
        impact_says=says,
    )


def _create(subject: Subject, seal: Seal, reason: Reason) -> Change:
    resource, record = subject.resource, subject.record
    impact, says = impact_of(Action.CREATE, resource.kind, resource.schema, (), None)
    lost = f"gone outside the stackfile (it was {record.id})" if record is not None else ""
    return replace(
        _change(subject, Action.CREATE, to_applied(subject.desired, {}, seal)),
        reason=reason,
        reason_says=lost,
        impact=impact,
        impact_says=says,
    )


def _replace_kind(subject: Subject, record: Record, live: Live, seal: Seal) -> Change:
    resource = subject.resource
    impact, says = impact_of(Action.REPLACE, resource.kind, resource.schema, (), live)
    return replace(
        _change(subject, Action.REPLACE, to_applied(subject.desired, {}, seal)),
        id=record.id,
        scope=record.scope,
        reason=Reason.CANNOT_UPDATE,
        reason_says=f"was {record.provider} {record.kind}",
        impact=impact,
        impact_says=says,
    )


def delete(record: Record, reason: Reason, kind: type[Kind[Any]], schema: Schema, live: Live | None) -> Change:
    """The change for a record that no declaration stands for; a forget where the object is gone already."""
    action = Action.DELETE if live is not None else Action.FORGET
    impact, says = impact_of(action, kind, schema, (), live)
    return Change(
        address=record.address,
        action=action,
        provider=record.provider,
        service=record.service,
        section=record.section,
        kind=record.kind,
        name=record.name,
        scope=record.scope,
        id=record.id,
        reason=reason,
        reason_says="" if live is not None else "gone already",
        live=normal_live(schema, live) if live is not None else None,
        impact=impact,
        impact_says=says,
        depends_on=record.dependencies,
        prevent_destroy=record.prevent_destroy,
    )


def _change(subject: Subject, action: Action, applied: Tree) -> Change:
    resource = subject.resource
    return Change(
        address=resource.address,
        action=action,
        provider=resource.provider,
        service=resource.service,
        section=resource.kind.section,
        kind=resource.kind.name,
        name=str(subject.desired.get("name", "")),
        desired=subject.desired,
        applied=applied,
        depends_on=resource.dependencies,
        prevent_destroy=resource.lifecycle.prevent_destroy,
    )


def _forced(change: FieldChange, kind: type[Kind[Any]], triggers: Mapping[Path, str]) -> FieldChange:
    if change.path in triggers:
        return replace(change, forces_replacement=True, because=triggers[change.path])
    if not kind.traits.can_update and not change.forces_replacement:
        return replace(change, forces_replacement=True, because="no update in the API")
    return change


def _triggers(subject: Subject) -> dict[Path, str]:
    """References that cannot stand while their target goes and comes, with the reason."""
    if not subject.replaced:
        return {}
    found: dict[Path, str] = {}
    for path, leaf in leaves(subject.desired):
        if isinstance(leaf, Ref) and leaf.address in subject.replaced:
            field = subject.resource.schema.at(path)
            if field is not None and _cannot_stand(field.traits, leaf):
                found[path] = f"{leaf.address} is replaced"
    return found


def _cannot_stand(traits: Trait, reference: Ref) -> bool:
    if traits & Trait.PINS:
        return True
    return bool(traits & Trait.IMMUTABLE) and not isinstance(reference.id, str)


def _computed(schema: Schema, name: str) -> bool:
    field = schema.fields.get(name)
    return field is None or field.has(Trait.COMPUTED)


