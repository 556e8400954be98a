"""What happens to one address: declared, left out, gone from the file, or only looked at."""

from __future__ import annotations

from dataclasses import replace

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.copies import look_at
from stackfile.plan.decide import Subject, decide, delete, has_moved, left_alive
from stackfile.plan.draft import Draft
from stackfile.plan.first import with_new_first
from stackfile.plan.holding import STATUS, kept_in_new
from stackfile.plan.ignored import ignored_paths
from stackfile.plan.plan import Change, Reason, Settled
from stackfile.plan.triggers import pulled
from stackfile.plan.wishes import Wish
from stackfile.state.format import Record
from stackfile.values import Tree


def leave(draft: Draft, address: Address) -> None:
    """It is not part of this plan: others see it as the state has it."""
    if address in draft.known.state.records:
        draft.unchanged += 1


def learn(draft: Draft, address: Address) -> None:
    """What the state would come to know of a resource, whatever the file says of it."""
    known, record = draft.known, draft.known.state.records.get(address)
    if record is None:
        return
    found = look_at(record, known.kind(record), known.schema(record), known.live(record))
    if isinstance(found, Change):
        draft.changes[address] = found
        return
    if found is not None:
        draft.learned[address] = found
    draft.unchanged += found is None or not found.fields


def plan_declared(draft: Draft, resource: Resource) -> None:
    address, known = resource.address, draft.known
    record = known.state.records.get(address)
    desired = _resolve(draft, resource, record)
    if desired is None:
        draft.failed.add(address)
        return
    draft.desired[address] = desired
    live, was = None, None
    if record is not None:
        live = known.live(record)
        was = (known.kind(record), known.schema(record)) if has_moved(resource, record) else None
        record = draft.handed.record(resource, desired, record, known, draft.seal)
    wish = draft.wishes.get(address, Wish.NONE)
    try:
        verdict = decide(_subject(draft, Subject(resource, desired, record, live, was=was, wish=wish)), draft.seal)
        if isinstance(verdict, Change) and verdict.replaces and record is not None and address in draft.first:
            verdict = with_new_first(verdict, resource, record, draft.changes, draft.configuration)
        change = draft.handed.change(record, verdict, known)
    except DiagnosticError as error:
        draft.problems.extend(error.diagnostics)
        return
    if change is not None:
        hold = draft.holds.active.get(address)
        draft.changes[address] = kept_in_new(change, resource.schema, hold) if hold is not None else change
    if change is not None or isinstance(verdict, Change):
        return
    draft.unchanged += 1
    if record is not None and verdict is not record.applied and resource.schema.has_secrets:
        draft.unverified.look(resource, record)
    _settle(draft, resource, record, verdict)


def _subject(draft: Draft, subject: Subject) -> Subject:
    """With what the lifecycle says, and what happens to others, where there is any of it."""
    resource, lifecycle = subject.resource, subject.resource.lifecycle
    replaced = _replaced(draft, resource)
    held = (STATUS,) if resource.address in draft.holds.active else ()
    if not (replaced or held or lifecycle.ignore_changes or lifecycle.replace_triggered_by):
        return subject
    ignored = (*ignored_paths(resource, draft.now), *held)
    first = frozenset(one for one in replaced if draft.changes[one].create_first)
    triggered = pulled(resource, draft.changes)
    return replace(subject, replaced=replaced, made_first=first, ignored=ignored, triggered=triggered)


def _resolve(draft: Draft, resource: Resource, record: Record | None) -> Tree | None:
    if draft.failed and any(need in draft.failed for need in resource.dependencies):
        return None
    try:
        return draft.resolve(resource, record)
    except DiagnosticError as error:
        draft.problems.extend(error.diagnostics)
        return None


def _replaced(draft: Draft, resource: Resource) -> frozenset[Address]:
    """Of what the resource needs, that which goes and comes."""
    if not draft.changes or not resource.dependencies:
        return frozenset()
    changes = ((need, draft.changes.get(need)) for need in resource.dependencies)
    return frozenset(need for need, change in changes if change is not None and change.replaces)


def _settle(draft: Draft, resource: Resource, record: Record | None, applied: Tree) -> None:
    if record is None:
        return
    protected = resource.lifecycle.prevent_destroy
    if (applied, resource.dependencies, protected) != (record.applied, record.dependencies, record.prevent_destroy):
        draft.settled[resource.address] = Settled(applied, resource.dependencies, protected)


def plan_gone(draft: Draft, address: Address, *, destroy: bool) -> None:
    known = draft.known
    record = known.state.records[address]
    reason = Reason.DESTROY if destroy else _why_gone(draft.configuration, address)
    change = delete(record, reason, known.kind(record), known.schema(record), known.live(record))
    if draft.handed.removals.stays_alive(address) or address in draft.configuration.lookups:
        change = left_alive(change)
    declared = draft.configuration.resources.get(address)
    if declared is not None:  # the file has the last word on what it declares
        protected = declared.lifecycle.prevent_destroy
        change = replace(change, prevent_destroy=protected, timeouts=declared.timeouts)
    draft.changes[address] = change


def _why_gone(configuration: Configuration, address: Address) -> Reason:
    if configuration.is_disabled(address):
        return Reason.DISABLED
    if not configuration.has_module(address.modules):
        return Reason.NO_MODULE
    if address.instance is not None and configuration.has_declaration(address):
        return Reason.EACH_KEY
    return Reason.NOT_IN_FILE
