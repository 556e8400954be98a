"""Run state as data: what an operation by hand did to a resource, and which holds count at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from stackfile.address import Address
from stackfile.graph.build import in_file_order
from stackfile.plan.plan import Action, Change
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Hold, State
from stackfile.values import Path

STATUS: Path = ("status",)
"""The field that is a resource's run state."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one resource. `was` is the status before; `hold` counts from now on; `failure` says why not.

    `released` is a hold that was taken away; `restores` is the status that the stackfile says instead, which the next
    apply sees to. `says` is what that does meanwhile, in the provider's words.
    """

    address: Address
    was: str = ""
    status: str = ""
    hold: Hold | None = None
    failure: str = ""
    released: Hold | None = None
    restores: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Holds:
    """The holds of a state, in the order of the file: those that count, and those whose time has passed."""

    active: Mapping[Address, Hold] = field(default_factory=dict)
    lapsed: Mapping[Address, Hold] = field(default_factory=dict)


def holds_of(state: State, now: datetime | None) -> Holds:
    """Without a `now` every hold counts."""
    held = {address: record.hold for address, record in state.records.items() if record.hold is not None}
    held = {**state.holds, **held}
    in_order = {address: held[address] for address in in_file_order(held)} if held else {}
    active = {address: hold for address, hold in in_order.items() if now is None or hold.counts(now)}
    return Holds(active, {address: hold for address, hold in in_order.items() if address not in active})


def kept_in_new(change: Change, schema: Schema, hold: Hold) -> Change:
    """A new object in the place of one that is held begins in that status, where the service takes one."""
    status = schema.fields.get("status")
    if change.action not in (Action.CREATE, Action.REPLACE) or status is None or status.has(Trait.COMPUTED):
        return change
    desired = {**(change.desired or {}), "status": hold.status}
    fields = tuple(one for one in change.fields if one.path != STATUS)
    return replace(change, desired=desired, fields=fields, applied={**change.applied, "status": hold.status})
