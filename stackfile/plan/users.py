"""Says of parts that others share, where a plan changes them, which resources of the stack use them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from stackfile.address import Address
from stackfile.graph.build import in_file_order
from stackfile.graph.dag import reverse
from stackfile.language.by_name import meant
from stackfile.plan.draft import Draft
from stackfile.plan.plan import Action, Change
from stackfile.sdk.traits import KindTraits, Reads
from stackfile.state.format import Record

_TOLD: Final = (Action.UPDATE, Action.REPLACE, Action.DELETE)
_NOT_THERE: Final = (Action.CREATE, Action.DELETE, Action.FORGET)
_NAMED = 5


def with_users(changes: Mapping[Address, Change], draft: Draft) -> dict[Address, Change]:
    """The changes, with the kind's sentence on those that use what changes where there are any."""
    parts = {one.address: says for one in changes.values() if one.action in _TOLD and (says := _says(one, draft))}
    if not parts:
        return dict(changes)
    needed_by = reverse(_edges(draft))
    told = {}
    for address, says in parts.items():
        users = [one for one in _users(address, needed_by, draft) if _stays(one, changes, draft)]
        if users:
            sentence = says.replace("{users}", _listed(users))
            told[address] = replace(changes[address], impact_says=(*changes[address].impact_says, sentence))
    return {**changes, **told}


def _says(change: Change, draft: Draft) -> str:
    record = draft.known.state.records.get(change.address)
    return draft.known.kind(record).traits.users_told if record is not None else ""


def _edges(draft: Draft) -> Mapping[Address, Iterable[Address]]:
    """What each resource uses once the plan is done."""
    records = draft.known.state.records
    return {address: _uses(address, draft) for address in {**records, **draft.configuration.resources}}


def _uses(address: Address, draft: Draft) -> list[Address]:
    resource, record = draft.configuration.resources.get(address), draft.known.state.records.get(address)
    if resource is None or address not in draft.desired:  # it stays as it is
        return list(record.dependencies) if record is not None else []
    used = list(resource.dependencies)
    if record is not None and resource.schema.naming:
        gone = (one for one in record.dependencies if one not in draft.configuration.resources)
        used += [one for one in gone if _still_names(address, draft.known.state.records.get(one), draft)]
    return used


def _still_names(address: Address, gone: Record | None, draft: Draft) -> bool:
    """Whether the file names what the stack has no longer: that is nobody's dependency, and missed all the same."""
    resource, desired = draft.configuration.resources[address], draft.desired[address]
    if gone is None or gone.provider != resource.provider:
        return False
    written = ((desired.get(field), names) for field, names in resource.schema.naming)
    return any((gone.kind, gone.name) in meant(value, names) for value, names in written if value)


def _users(address: Address, needed_by: Mapping[Address, Iterable[Address]], draft: Draft) -> set[Address]:
    """Those that use it, directly or by way of a part or definition that they are made with."""
    users: set[Address] = set()
    seen, waiting = {address}, [address]
    while waiting:
        for one in needed_by.get(waiting.pop(), ()):
            if one not in seen:
                seen.add(one)
                (waiting.append if _is_a_part(_traits(one, draft)) else users.add)(one)
    return users


def _is_a_part(traits: KindTraits) -> bool:
    return bool(traits.users_told) or traits.reads is Reads.STATE


def _traits(address: Address, draft: Draft) -> KindTraits:
    resource = draft.configuration.resources.get(address)
    return resource.kind.traits if resource is not None else draft.known.kind(draft.known.state.records[address]).traits


def _stays(address: Address, changes: Mapping[Address, Change], draft: Draft) -> bool:
    """Whether it is there before the plan and after."""
    change = changes.get(address)
    return address in draft.known.state.records and (change is None or change.action not in _NOT_THERE)


def _listed(users: Iterable[Address]) -> str:
    names = [str(one) for one in in_file_order(users)]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
