"""A plan in the JSON shape of Terraform's plans, so that their policy and review tools read it.

What is ours and has no place there is under the one key `stackfile`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from stackfile.errors import Severity
from stackfile.plan.plan import (
    UNSET,
    Action,
    Change,
    FieldChange,
    LookedUp,
    Origin,
    OutputChange,
    Plan,
    ReadSummary,
    Reason,
)
from stackfile.report.diagnostics import to_json
from stackfile.report.guarded import hidden, is_secret_inside, secret_paths
from stackfile.report.json_values import encodable, plain, sensitive_mask, unknown_mask
from stackfile.report.moments import rfc3339
from stackfile.report.run_state import hold_json
from stackfile.values import Ref, Sealed, Sensitive, Tree, Unknown, Value, contains, drop, leaves, print_path, put

FORMAT_VERSION = "1.2"

_ACTIONS = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.READ: ["read"],
    Action.NO_OP: ["no-op"],
}


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as a document for any JSON encoder, in a stable order. Secrets are null, with the masks true."""
    errored = any(one.severity is Severity.ERROR for one in plan.diagnostics)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "resource_changes": [entry for change in plan.changes for entry in _entries(change)],
        "resource_drift": [drift_json(change) for change in plan.changes if drifted_fields(change) or is_lost(change)],
        "output_changes": {o.name: _output(o) for o in sorted(plan.outputs, key=lambda o: o.name)},
        "complete": plan.complete,
        "errored": errored,
        "applyable": not plan.empty and not errored and not plan.uncompared,
    }
    if plan.made_at is not None:
        document["timestamp"] = rfc3339(plan.made_at)
    return encodable(document | {"stackfile": _ours(plan)})


def action_words(action: Action, *, create_first: bool = False) -> list[str]:
    """Terraform's list for an action; a replace has two words, in the order in which they happen."""
    words = list(_ACTIONS[action])
    return words[::-1] if create_first else words


def resource_type(change: Change) -> str:
    return f"{change.service}_{change.kind}"


def module_address(change: Change) -> str:
    """`modules.billing`; empty for a resource of the stack itself."""
    whole, own = str(change.address), f"{change.address.section}.{change.address.key}"
    return whole.rpartition(f".{own}")[0] if change.address.modules else ""


def _resource(change: Change, body: dict[str, Any]) -> dict[str, Any]:
    address, module = change.address, module_address(change)
    entry: dict[str, Any] = {"address": str(address)}
    if change.previous_address is not None:
        entry["previous_address"] = str(change.previous_address)
    if module:
        entry["module_address"] = module
    entry |= {"mode": "managed", "type": resource_type(change), "name": address.key}
    if address.instance is not None:
        entry["index"] = address.instance
    entry |= {"provider_name": change.service, "change": body}
    if change.reason is not Reason.NONE:
        entry["action_reason"] = change.reason.value
    return entry | {"stackfile": _resource_ours(change)}


def _entries(change: Change) -> Iterable[dict[str, Any]]:
    """One for the resource, and as in Terraform's one for each deposed object."""
    if change.action is not Action.NO_OP or not change.deposed:
        yield _resource(change, _change(change))
    for id in change.deposed:
        gone = replace(change, action=Action.DELETE, create_first=False, reason=Reason.NONE, reason_says="", id=id)
        gone = replace(gone, fields=(), unchanged=0, deposed=())
        yield _resource(gone, _sides(["delete"], {"id": id}, None)) | {"deposed": id}


def _change(change: Change) -> dict[str, Any]:
    paths = secret_paths(change)
    before, after = (hidden(tree, paths) if tree is not None else None for tree in (change.live, _after(change)))
    body = _sides(action_words(change.action, create_first=change.create_first), before, after)
    forcing = [list(one.path) for one in change.fields if one.forces_replacement]
    if change.importing is not None:
        body["importing"] = {"id": change.importing.id}
    return body | ({"replace_paths": forcing} if forcing else {})


def _sides(actions: list[str], before: Value, after: Value) -> dict[str, Any]:
    return {
        "actions": actions,
        "before": plain(before),
        "after": plain(after),
        "after_unknown": unknown_mask(after) if after is not None else {},
        "before_sensitive": sensitive_mask(before),
        "after_sensitive": sensitive_mask(after),
    }


def _after(change: Change) -> Tree | None:
    """The object as it will be, as far as a plan can tell: the live one with the changes, or the new one."""
    if change.action in (Action.DELETE, Action.FORGET):
        return None
    if change.action is Action.NO_OP:
        return change.live
    if change.action is Action.UPDATE and change.live is not None:
        return _moved(change.live, change.fields)
    return {"id": Unknown(), **(change.desired or {})}


def _moved(tree: Tree, fields: Iterable[FieldChange]) -> Tree:
    for one in fields:
        if all(isinstance(step, str) for step in one.path) and one.path:
            tree = drop(tree, one.path) if one.after is UNSET else put(tree, one.path, one.after)
    return tree


def _output(output: OutputChange) -> dict[str, Any]:
    before, after = (_marked(side, output.sensitive) for side in (output.before, output.after))
    if output.before is None:
        actions = ["create"]
    elif output.after is None:
        actions = ["delete"]
    else:
        actions = ["no-op"] if output.before == output.after else ["update"]
    return _sides(actions, before, after)


def _marked(value: Value, sensitive: bool) -> Value:
    return Sensitive(value) if sensitive and value is not None and not isinstance(value, Sensitive | Sealed) else value


def is_lost(change: Change) -> bool:
    return change.reason in (Reason.LOST, Reason.GONE)


def drifted_fields(change: Change) -> tuple[FieldChange, ...]:
    """The fields that moved outside the stackfile since the last apply."""
    return tuple(one for one in change.fields if one.origin is not Origin.CONFIG)


def drift_json(change: Change) -> dict[str, Any]:
    """What moved outside the stackfile: from what the last apply left to what is live."""
    if is_lost(change):
        return _resource(change, _sides(["delete"], {"name": change.name}, None))
    paths, live = secret_paths(change), change.live or {}
    back = (replace(one, after=UNSET if one.applied is None else one.applied) for one in drifted_fields(change))
    return _resource(change, _sides(["update"], hidden(_moved(live, back), paths), hidden(live, paths)))


def _resource_ours(change: Change) -> dict[str, Any]:
    return {
        "provider": change.provider,
        "section": change.section,
        "scope": change.scope,
        "id": change.id,
        "name": change.name,
        "impact": str(change.impact),
        "impact_says": [says for says in change.impact_says],
        "reason_says": change.reason_says,
        "fields": [_field(one) for one in change.fields],
        "unchanged": change.unchanged,
        "unread": list(change.unread),
        "depends_on": [str(address) for address in change.depends_on],
        "prevent_destroy": change.prevent_destroy,
        "ignored": [print_path(path) for path in change.ignored],
        "repairs_drift": is_lost(change) or bool(drifted_fields(change)),
    }


def _field(one: FieldChange) -> dict[str, Any]:
    secret = any(is_secret_inside(side) for side in (one.before, one.after, one.applied))
    return {
        "path": print_path(one.path),
        "before": None if secret else plain(one.before),
        "after": None if secret else plain(one.after),
        "applied": None if secret else plain(one.applied),
        "unset": [name for name, side in (("before", one.before), ("after", one.after)) if side is UNSET],
        "after_unknown": contains(one.after, Unknown),
        "sensitive": secret,
        "references": sorted({str(ref.address) for _, ref in leaves(one.after) if isinstance(ref, Ref)}),
        "origin": str(one.origin),
        "forces_replacement": one.forces_replacement,
        "because": one.because,
        "again": one.again,
    }


def _read(read: ReadSummary) -> dict[str, Any]:
    said: dict[str, Any] = {"objects": dict(read.objects), "calls": read.calls, "seconds": read.seconds}
    if not read.asked:
        said["copies"] = [rfc3339(at) for at in read.copies or ()]
    return said


def _looked_up(one: LookedUp) -> dict[str, Any]:
    type_, provider = f"{one.service}_{one.kind}", one.service
    return {"address": str(one.address), "mode": "data", "type": type_, "name": one.address.key} | {
        "provider_name": provider,
        "id": one.id,
        "remote_name": one.name,
    }


def _ours(plan: Plan) -> dict[str, Any]:
    last = plan.applied_by
    return {
        "stack": plan.stack,
        "env": plan.env,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "backend": plan.backend,
        "destroy": plan.destroy,
        "uncompared": list(plan.uncompared),
        "impact": str(plan.impact),
        "counts": {action.name.lower(): plan.count(action) for action in _ACTIONS if action is not Action.NO_OP},
        "unchanged": plan.unchanged,
        "moves": {str(before): str(after) for before, after in plan.moves.items()},
        "imports": len(plan.imports),
        "lookups": [_looked_up(one) for one in plan.looked_up],
        "last_applied": {
            "by": last.by,
            "commit": last.commit,
            "dirty": last.dirty,
            "branch": last.branch,
            "run_url": last.run_url,
            "at": rfc3339(last.at) if last.at is not None else None,
        },
        "read": _read(plan.read),
        "skipped": [
            {"provider": s.provider, "says": s.says, "addresses": [str(a) for a in s.addresses]} for s in plan.skipped
        ],
        "pending": [
            {"address": str(p.address), "verb": p.verb, "says": p.says, "in_flight": p.in_flight} for p in plan.pending
        ],
        "unmanaged": dict(plan.unmanaged),
        "refresh_only": plan.refresh_only,
        "learned": [
            {"address": str(address), "id": one.id, "fields": [_field(field) for field in one.fields]}
            for address, one in plan.learned.items()
            if one.fields
        ],
        "held": {str(address): hold_json(hold) for address, hold in plan.holds.items()},
        "no_longer_held": {str(address): hold_json(hold) for address, hold in plan.lapsed.items()},
        "diagnostics": [to_json(one) for one in plan.diagnostics],
    }
