"""Names the action for one address: from what is desired, recorded and live to a Change, or to nothing.

Most resources did not change, so the question is asked from the cheap end: equal as they are, then equal once
references and secrets are as the state has them, and only then compared field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stackfile.address import Address
from stackfile.language.stackfile import Resource
from stackfile.plan.applied import to_applied
from stackfile.plan.diff import Comparison, diff
from stackfile.plan.ignored import Kept, compared, kept, with_kept
from stackfile.plan.impact import field_effects, impact_of
from stackfile.plan.mask import mask, mask_like
from stackfile.plan.plan import Action, Change, FieldChange, Reason
from stackfile.plan.quick import agrees, untouched
from stackfile.plan.resend import with_all_sent
from stackfile.plan.wishes import Wish
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Impact, Reads, Trait
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Path, Ref, Tree, Value, leaves, print_path


@dataclass(frozen=True, slots=True)
class Subject:
    """One declared resource with everything known of it. `live` is raw; `replaced` are targets that go and come,
    of which those `made_first` come before they go.

    `was` is the kind of the recorded object and its schema, where the file asks for another provider or kind now.
    `ignored` are the fields that keep their live value, `triggered` the sentences of what asks for a new object.
    """

    resource: Resource
    desired: Tree
    record: Record | None
    live: Live | None
    replaced: frozenset[Address] = frozenset()
    made_first: frozenset[Address] = frozenset()
    was: tuple[type[Kind[Any]], Schema] | None = None
    wish: Wish = Wish.NONE
    ignored: tuple[Path, ...] = ()
    triggered: tuple[str, ...] = ()


def has_moved(resource: Resource, record: Record) -> bool:
    """Whether the record is of another provider or kind than the file asks for now."""
    kind = resource.kind
    return (
        record.kind != kind.name
        or record.provider != resource.provider
        or record.section != kind.section
        or record.service != resource.service
    )


def normal_live(schema: Schema, live: Live) -> Tree:
    """A live object in normal form, secrets marked. What does not fit the model is taken as it came."""
    return mask(schema, schema.accept(live.fields))


def as_known(schema: Schema, live: Live, applied: Tree) -> Live:
    """A live object with what was applied in the place of the fields that the service left out, or does not know."""
    local = (one.name for one in schema.with_trait(Trait.LOCAL) if one.name in applied)
    held = {name: applied[name] for name in (*schema.unread_in(live.fields, applied), *local)}
    return replace(live, fields={**live.fields, **held}) if held else live


def decide(subject: Subject, seal: Seal) -> Change | Tree:
    """The change that a resource needs, or for none the `applied` tree that its record should have."""
    record, live, schema = subject.record, subject.live, subject.resource.schema
    if record is None or live is None:
        return _create(subject, seal, Reason.NONE if record is None else Reason.LOST)
    if subject.was is not None:
        return _replace_kind(subject, record, live, subject.was, seal)
    subject = _begun(subject, live)
    triggers = _triggers(subject) if subject.replaced else {}
    must = bool(triggers or subject.triggered) or subject.wish is not Wish.NONE
    if not must and untouched(subject.desired, record.applied, live):
        return record.applied
    applied = to_applied(subject.desired, record.applied, seal)
    if not must and agrees(schema, subject.desired, applied, record.applied, live):
        return applied
    normal = mask_like(mask_like(normal_live(schema, live), record.applied), subject.desired)
    held = kept(schema, subject.ignored, subject.desired, record.applied, normal)
    found = compared(schema, held, normal, seal)
    if subject.wish is Wish.RESEND:
        found = with_all_sent(subject.resource, held.desired, normal, found, seal)
    if held.paths:
        applied = with_kept(held, schema, to_applied(held.desired, record.applied, seal))
    if not found.fields and not must:
        return applied
    change = replace(_changed(subject, found, triggers, live), live=normal, id=record.id, scope=record.scope)
    return replace(change, applied=applied) if not held.paths else _holding(change, held, subject, applied, seal)


def _begun(subject: Subject, live: Live) -> Subject:
    """With the wish for what a new object gets once, where it was made and did not get it."""
    begun: dict[str, Value] = {}
    for one in subject.resource.schema.beginnings:
        if (
            one.begins is not None
            and one.name not in subject.desired
            and live.fields.get(one.name) in one.begins.before
        ):
            begun[one.name] = one.begins.value
    return replace(subject, desired={**subject.desired, **begun}) if begun else subject


def _holding(change: Change, held: Kept, subject: Subject, applied: Tree, seal: Seal) -> Change:
    """An update keeps the live values of ignored fields; a new object gets the file's, which the plan then shows."""
    if not change.replaces:
        name = str(held.desired.get("name", ""))
        return replace(change, desired=held.desired, name=name, ignored=held.paths, applied=applied)
    before = subject.record.applied if subject.record is not None else {}
    every = diff(subject.resource.schema, subject.desired, before, change.live or {}, seal).fields
    known = {one.path: one for one in change.fields}
    fields = tuple(known.get(one.path) or replace(one, forces_replacement=False, because="") for one in every)
    return replace(change, fields=fields, applied=to_applied(subject.desired, before, seal))


def _changed(subject: Subject, found: Comparison, triggers: Mapping[Path, str], live: Live) -> Change:
    resource = subject.resource
    fields = tuple(_forced(change, resource, triggers) for change in found.fields)
    replaces = any(change.forces_replacement for change in fields)
    told = (*subject.triggered, *(f"{print_path(path)}: {why}" for path, why in triggers.items()))
    action = Action.REPLACE if replaces or told or subject.wish is Wish.REPLACE else Action.UPDATE
    known = as_known(resource.schema, live, subject.record.applied if subject.record is not None else {})
    impact, says = impact_of(action, resource.kind, resource.schema, fields, known)
    return replace(
        _change(subject, action, {}),
        reason=_reason(subject.wish, action, told),
        reason_says="; ".join(told),
        fields=fields,
        unchanged=found.unchanged,
        unread=found.unread if resource.kind.traits.reads is not Reads.STATE else (),
        impact=impact,
        impact_says=says,
    )


def _reason(wish: Wish, action: Action, told: tuple[str, ...]) -> Reason:
    if wish is Wish.REPLACE:
        return Reason.REPLACE_REQUEST
    if action is Action.REPLACE:
        return Reason.TRIGGERED if told else Reason.CANNOT_UPDATE
    return Reason.RESEND if wish is Wish.RESEND else Reason.NONE


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


def _replace_kind(
    subject: Subject, record: Record, live: Live, was: tuple[type[Kind[Any]], Schema], seal: Seal
) -> Change:
    """The old object goes as one of its own kind, and a new one comes."""
    kind, schema = was
    impact, says = impact_of(Action.REPLACE, kind, schema, (), as_known(schema, live, record.applied))
    return replace(
        _change(subject, Action.REPLACE, to_applied(subject.desired, {}, seal)),
        id=record.id,
        scope=record.scope,
        reason=Reason.CANNOT_UPDATE,
        reason_says=f"was {record.provider} {record.kind}",
        live=mask_like(normal_live(schema, live), record.applied),
        impact=impact,
        impact_says=says,
    )


def delete(record: Record, reason: Reason, kind: type[Kind[Any]], schema: Schema, live: Live | None) -> Change:
    """The change for a record that no declaration stands for; a forget where the object is gone already."""
    action = Action.DELETE if live is not None else Action.FORGET
    known = as_known(schema, live, record.applied) if live is not None else None
    impact, says = impact_of(action, kind, schema, (), known)
    return replace(
        of_record(record, action),
        reason=reason,
        reason_says="" if live is not None else "gone already",
        live=mask_like(normal_live(schema, live), record.applied) if live is not None else None,
        impact=impact,
        impact_says=says,
    )


def left_alive(change: Change) -> Change:
    """The change for a record that the file gives up, whose object stays."""
    if change.action is not Action.DELETE:
        return change
    return replace(change, action=Action.FORGET, reason=Reason.NONE, impact=Impact.NONE, impact_says=())


def stays(record: Record, schema: Schema, live: Live | None) -> Change:
    """Nothing happens to the object of a record, and something to the record. `live` None: it was not read."""
    seen = mask_like(normal_live(schema, live), record.applied) if live is not None else None
    return replace(of_record(record, Action.NO_OP), live=seen, applied=record.applied)


def of_record(record: Record, action: Action) -> Change:
    """A change of what the state knows, whatever the file says of it: of its object nothing is in it yet."""
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
        timeouts=resource.timeouts,
    )


def _forced(change: FieldChange, resource: Resource, triggers: Mapping[Path, str]) -> FieldChange:
    if change.path in triggers:
        return replace(change, forces_replacement=True, because=triggers[change.path])
    return forced(change, resource.kind, resource.schema)


def forced(change: FieldChange, kind: type[Kind[Any]], schema: Schema) -> FieldChange:
    """The change, told to force a replacement where the service has no update for it."""
    if change.forces_replacement or schema.traits_at(change.path) & Trait.LOCAL:
        return change
    if kind.traits.can_update and not any(effect.replaces for effect in field_effects(schema, change)):
        return change
    return replace(change, forces_replacement=True, because="no update in the API")


def _triggers(subject: Subject) -> dict[Path, str]:
    """References that cannot stand while their target goes and comes, with the reason."""
    found: dict[Path, str] = {}
    for path, leaf in leaves(subject.desired):
        if not isinstance(leaf, Ref) or leaf.address not in subject.replaced:
            continue
        traits = subject.resource.schema.traits_at(path)
        if not traits & Trait.PINS and any(path[: len(one)] == one for one in subject.ignored):
            continue
        if leaf.address in subject.made_first:
            traits &= ~Trait.PINS  # it lets go of the old one before that is deleted
        if _cannot_stand(traits, leaf):
            found[path] = f"{leaf.address} is replaced"
    return found


def _cannot_stand(traits: Trait, reference: Ref) -> bool:
    if traits & Trait.PINS:
        return True
    return bool(traits & Trait.IMMUTABLE) and not isinstance(reference.id, str)
