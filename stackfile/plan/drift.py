"""Drift: what is live compared with what was applied. The stackfile has no say in it: an edit of it is no drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from stackfile.address import Address
from stackfile.graph.build import in_file_order
from stackfile.language.stackfile import Ignored
from stackfile.plan.decide import as_known, forced, normal_live, of_record
from stackfile.plan.diff import diff
from stackfile.plan.holding import holds_of
from stackfile.plan.ignored import compared, kept
from stackfile.plan.impact import impact_of
from stackfile.plan.known import Known, foreign
from stackfile.plan.mask import mask_like
from stackfile.plan.observed import KindKey
from stackfile.plan.plan import UNSET, Action, Change, FieldChange, Origin, PendingIntent, ReadSummary, Reason, Skipped
from stackfile.plan.quick import untouched
from stackfile.plan.select import Selection, matches
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema
from stackfile.state.format import Hold, Record
from stackfile.state.secrets import Seal
from stackfile.values import Tree, Value

_DIGITS: Final = 16
"""Of a digest as it is kept and compared; a person sees the first few."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """One resource that moved outside the stackfile.

    `repair` is the change that would put it back to what was applied: its fields go from live to applied; for one that
    is lost it is a create. `digest` tells this drift from another one of the same resource; it is keyed.
    """

    repair: Change
    digest: str

    @property
    def address(self) -> Address:
        return self.repair.address

    @property
    def lost(self) -> bool:
        return self.repair.reason is Reason.LOST


@dataclass(frozen=True, slots=True)
class Overlooked:
    """A field that moved and that `ignore_changes` leaves alone."""

    address: Address
    field: FieldChange
    rule: Ignored


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live object that no record names."""

    provider: str
    service: str
    section: str
    kind: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Drift:
    """All that moved, and what stands beside it. `resources` is how many were compared.

    `fingerprint` is a digest of all that moved, the same as long as it stays the same; empty where nothing did.
    """

    stack: str
    env: str
    resources: int
    drifted: tuple[Drifted, ...] = ()
    ignored: tuple[Overlooked, ...] = ()
    held: Mapping[Address, Hold] = field(default_factory=dict)
    pending: tuple[PendingIntent, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    read: ReadSummary = field(default_factory=ReadSummary)
    fingerprint: str = ""
    complete: bool = True
    """False when a selection or a silent provider left something out."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier report says: when each drift, by its digest, was seen first."""

    fingerprint: str
    first_seen: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Looking:
    """What to look at. `ignored` are the rules of `ignore_changes` that hold today; a resource with an intent in
    `pending` is left to whoever judges that. `now` ends holds; None: none has ended. `looked_up` are the ids of objects
    that the stackfile refers to: they are not managed, and known."""

    selection: Selection = field(default_factory=Selection)
    ignored: Mapping[Address, Sequence[Ignored]] = field(default_factory=dict)
    pending: tuple[PendingIntent, ...] = ()
    now: datetime | None = None
    looked_up: Mapping[KindKey, Set[str]] = field(default_factory=dict)


def find_drift(known: Known, seal: Seal, looking: Looking) -> Drift:
    """Compares every record that is selected with its live object. Raises DiagnosticError for a pattern that matches
    nothing."""
    selection, pending = looking.selection, looking.pending
    state, left_out = known.state, known.observed.left_out
    chosen = _chosen(selection, state.records)
    open_ones = {one.address for one in pending}
    compared = [a for a in in_file_order(chosen) if state.records[a].provider not in left_out]
    held = holds_of(state, looking.now).active
    drifted: list[Drifted] = []
    ignored: list[Overlooked] = []
    for address in compared:
        if address not in open_ones:
            record = state.records[address]
            if record.hold is not None and address not in held:
                record = replace(record, hold=None)
            _compare(record, known, seal, looking.ignored.get(address, ()), (drifted, ignored))
    digests = sorted(one.digest for one in drifted)
    return Drift(
        stack=state.stack,
        env=state.env,
        resources=len(compared),
        drifted=tuple(drifted),
        ignored=tuple(ignored),
        held={address: held[address] for address in compared if address in held},
        pending=tuple(one for one in pending if one.address in chosen or one.address not in state.records),
        unmanaged=tuple(_unmanaged(known, looking.looked_up)),
        skipped=tuple(_skipped(known, chosen)),
        read=known.observed.read,
        fingerprint=seal.digest(digests)[:_DIGITS] if digests else "",
        complete=selection.everything and not known.observed.skipped,
    )


def with_causes(drift: Drift, causes: Mapping[str, str]) -> Drift:
    """What is lost with what its provider says of that, where it says anything. `causes` are by provider instance."""

    def told(one: Drifted) -> Drifted:
        cause = causes.get(one.repair.provider, "") if one.lost else ""
        return replace(one, repair=replace(one.repair, reason_says=cause)) if cause else one

    return replace(drift, drifted=tuple(map(told, drift.drifted)))


def _chosen(selection: Selection, records: Mapping[Address, Record]) -> frozenset[Address]:
    """Just what the patterns match: no resource needs another one to be compared."""
    addresses = frozenset(records)
    provider_of = {address: record.provider for address, record in records.items()}
    chosen = matches(selection.target, addresses, provider_of) if selection.target else addresses
    return chosen - matches(selection.exclude, addresses, provider_of)


def _skipped(known: Known, chosen: frozenset[Address]) -> Iterator[Skipped]:
    for one in known.observed.skipped:
        recorded = (a for a in in_file_order(chosen) if known.state.records[a].provider == one.provider)
        yield replace(one, addresses=tuple(recorded))


def _compare(
    record: Record, known: Known, seal: Seal, rules: Sequence[Ignored], found: tuple[list[Drifted], list[Overlooked]]
) -> None:
    """Adds what moved to the two lists: what counts, and what is ignored."""
    live = known.live(record)
    if live is not None and untouched(record.applied, record.applied, live):
        return
    kind, schema = known.kind(record), known.schema(record)
    if live is None:
        repair = _create(record, kind, schema)
    else:
        normal = mask_like(normal_live(schema, live), record.applied)
        held = kept(schema, [rule.path for rule in rules], record.applied, record.applied, normal)
        moved = compared(schema, held, normal, seal)
        found[1].extend(_overlooked(record, schema, normal, seal, rules))
        fields = tuple(one for one in moved.fields if not _is_held(one, record.hold))
        if not fields:
            return
        update = _update(record, kind, schema, fields, live)
        repair = replace(update, live=normal, unchanged=moved.unchanged)
    found[0].append(Drifted(repair, _digest(repair, live, seal)))


def _overlooked(
    record: Record, schema: Schema, live: Tree, seal: Seal, rules: Sequence[Ignored]
) -> Iterator[Overlooked]:
    for one in diff(schema, record.applied, record.applied, live, seal).fields if rules else ():
        rule = next((rule for rule in rules if one.path[: len(rule.path)] == rule.path), None)
        if rule is not None:
            yield Overlooked(record.address, one, rule)


def _create(record: Record, kind: type[Kind[Any]], schema: Schema) -> Change:
    impact, says = impact_of(Action.CREATE, kind, schema, (), None)
    lost = f"gone outside the stackfile (it was {record.id})"
    change = replace(of_record(record, Action.CREATE), reason=Reason.LOST, reason_says=lost, applied=record.applied)
    return replace(change, desired=record.applied, impact=impact, impact_says=says)


def _update(record: Record, kind: type[Kind[Any]], schema: Schema, fields: Iterable[FieldChange], live: Live) -> Change:
    fields = tuple(replace(forced(one, kind, schema), origin=Origin.DRIFT) for one in fields)
    replaces = any(one.forces_replacement for one in fields)
    action = Action.REPLACE if replaces else Action.UPDATE
    impact, says = impact_of(action, kind, schema, fields, as_known(schema, live, record.applied))
    reason = Reason.CANNOT_UPDATE if replaces else Reason.NONE
    change = replace(of_record(record, action), reason=reason, applied=record.applied)
    return replace(change, fields=fields, impact=impact, impact_says=says)


def _is_held(change: FieldChange, hold: Hold | None) -> bool:
    """Whether the run state is other than applied because somebody asked to keep it so."""
    return hold is not None and change.path == ("status",) and change.before == hold.status


def _digest(repair: Change, live: Live | None, seal: Seal) -> str:
    """Of which fields moved and where to. Keyed, as a secret that moved counts by its value."""
    moved: list[Value] = [[list(one.path), _moved(one)] for one in repair.fields]
    return seal.digest([str(repair.address), repair.id, live is None, moved])[:_DIGITS]


def _moved(one: FieldChange) -> Value:
    return {"$unset": True} if one.before is UNSET else {"live": one.before}


def _unmanaged(known: Known, looked_up: Mapping[KindKey, Set[str]]) -> Iterator[Unmanaged]:
    services = {record.provider: record.service for record in known.state.records.values()}
    for key, ids in foreign(known.observed, known.state, looked_up).items():
        provider, section, kind = key
        for id in sorted(ids):
            name = known.observed.objects[key][id].fields.get("name")
            yield Unmanaged(provider, services.get(provider, provider), section, kind, _text(name), id)


def _text(name: object) -> str:
    return name if isinstance(name, str) else ""
