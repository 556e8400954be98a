"""What a saved plan remembers of each address that it touches or needs: digests, which tell that something moved and
never what was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stackfile.address import Address
from stackfile.language.stackfile import Configuration
from stackfile.plan.decide import normal_live
from stackfile.plan.diff import standing
from stackfile.plan.ignored import ignored_paths
from stackfile.plan.known import Known
from stackfile.plan.plan import Change, Plan
from stackfile.plan.saved import ABSENT, UNREAD, Check
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.codec import record_digest
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.values import Path, Ref, Sensitive, Tree, Unknown, Value, drop, print_path


def checks_of(plan: Plan, known: Known, configuration: Configuration, seal: Seal) -> Mapping[Address, Check]:
    """For each touched address, each that one of them needs, and each that one of those looks up."""
    changes = {change.address: change for change in plan.changes}
    needed = {need: None for change in plan.changes for need in change.depends_on if need not in changes}
    looked_up = {one: None for at in (*changes, *needed) for one in lookups_of(at, configuration)}
    now = plan.made_at
    found = {address: check_of(address, change, known, configuration, seal, now) for address, change in changes.items()}
    found |= {address: check_of(address, None, known, configuration, seal, now) for address in needed}
    if not plan.read.asked:
        found = {at: replace(one, live=UNREAD) if one.live != ABSENT else one for at, one in found.items()}
    return found | {at: check_of_lookup(at, known, configuration, seal) for at in looked_up}


def check_of(
    address: Address,
    change: Change | None,
    known: Known,
    configuration: Configuration,
    seal: Seal,
    now: datetime | None = None,
) -> Check:
    """What is ignored `now` is somebody else's to change, and counts in nothing."""
    record = known.state.records.get(address)
    desired = change.desired if change is not None else None
    ignored: tuple[Path, ...] = ()
    if record is not None and (resource := configuration.resources.get(address)) is not None:
        ignored = ignored_paths(resource, now)
        desired = _without(desired, ignored) if desired is not None else None
    imported = change.importing if change is not None else None
    return Check(
        record=_record(record) if imported is None else f"imported {imported.id}",
        config=_config(desired, seal) if desired is not None else "",
        live=_live(record, desired, known, configuration, seal, ignored) if record is not None else ABSENT,
        id=record.id if record is not None else "",
    )


def lookups_of(address: Address, configuration: Configuration) -> tuple[Address, ...]:
    """What a resource of the stackfile refers to and the stack does not manage."""
    resource = configuration.resources.get(address)
    return resource.lookups if resource is not None else ()


def check_of_lookup(address: Address, known: Known, configuration: Configuration, seal: Seal) -> Check:
    """Which object was found, and what tells it from others; what a resource takes of it is in that one's config."""
    lookup, tree = configuration.lookups.get(address), known.looked_up.get(address)
    if lookup is None or tree is None:
        return Check()
    id = str(tree["id"])
    return Check(live=seal.digest([id, _lasting(lookup.schema, tree, set())]), id=id)


def _record(record: Record | None) -> str:
    """What was seen of the object, and when, is left out: looking at it moves nothing."""
    if record is None:
        return ""
    return record_digest(replace(record, observed={}, observed_at=None, updated_at=None))


def _config(desired: Tree, seal: Seal) -> str:
    waiting: list[Value] = []
    known = {name: _settled(value, (name,), waiting) for name, value in desired.items()}
    return seal.digest([known, waiting])


def _settled(value: Value, path: Path, waiting: list[Value]) -> Value:
    """The value with what is not known yet as null, and noted beside it. Secrets count by their values."""
    if isinstance(value, Sensitive):
        return _settled(value.value, path, waiting)
    if isinstance(value, Ref):
        if isinstance(value.id, Unknown):
            waiting.append([print_path(path), str(value.address)])
            return None
        return value.id
    if isinstance(value, Unknown):
        waiting.append([print_path(path), list(value.waits_for), value.template])
        return None
    if isinstance(value, Mapping):
        return {key: _settled(inner, (*path, key), waiting) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(inner, (*path, at), waiting) for at, inner in enumerate(value)]
    return value


def _without(tree: Tree, ignored: Sequence[Path]) -> Tree:
    if () in ignored:
        return {}
    for path in ignored:
        tree = drop(tree, path)
    return tree


def _live(
    record: Record,
    desired: Tree | None,
    known: Known,
    configuration: Configuration,
    seal: Seal,
    ignored: Sequence[Path],
) -> str:
    live = known.live(record)
    if live is None:
        return ABSENT
    schema = known.schema(record)
    resource = configuration.resources.get(record.address)
    wanted = desired if desired is not None and resource is not None and resource.schema is schema else {}
    tree, applied = normal_live(schema, live), _without(record.applied, ignored)
    stands: list[Value] = [[print_path(path), how] for path, how in standing(schema, wanted, applied, tree, seal)]
    return seal.digest([record.id, stands, _lasting(schema, _without(tree, ignored), {*wanted, *applied})])


def _lasting(schema: Schema, tree: Tree, set_ones: set[str]) -> Value:
    """What tells the object from another, beside what the file sets."""
    fields = schema.with_trait(Trait.IMMUTABLE | Trait.IDENTITY)
    names = (f.name for f in fields if not f.has(Trait.COMPUTED | Trait.VOLATILE) and f.name not in set_ones)
    return [[name, tree[name]] for name in names if name in tree]
