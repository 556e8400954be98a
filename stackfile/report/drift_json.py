"""A drift as JSON, and read back from it: a report is also the memory of when each drift was seen first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from stackfile.plan.drift import Drift, Drifted, Earlier, Overlooked, Unmanaged
from stackfile.plan.plan import UNSET, FieldChange
from stackfile.report.guarded import is_secret_inside
from stackfile.report.json_values import encodable, plain
from stackfile.report.moments import rfc3339
from stackfile.values import print_path

FORMAT_VERSION: Final = "1.0"


def drift_json(drift: Drift, at: datetime, earlier: Earlier | None = None) -> dict[str, Any]:
    """The report for any JSON encoder, in a stable order. Secrets are null. What no earlier report knows was first
    seen now."""
    known = earlier.first_seen if earlier is not None else {}
    lost = sum(one.lost for one in drift.drifted)
    document = {
        "format_version": FORMAT_VERSION,
        "stack": drift.stack,
        "env": drift.env,
        "at": rfc3339(at),
        "drifted": bool(drift.drifted),
        "complete": drift.complete,
        "fingerprint": drift.fingerprint,
        "previous_fingerprint": earlier.fingerprint if earlier is not None else None,
        "counts": {
            "resources": drift.resources,
            "changed": len(drift.drifted) - lost,
            "lost": lost,
            "ignored": len(drift.ignored),
            "held": len(drift.held),
            "unmanaged": len(drift.unmanaged),
        },
        "drift": [_drifted(one, known.get(one.digest, at), earlier) for one in drift.drifted],
        "ignored": [_overlooked(one) for one in drift.ignored],
        "held": list(_held(drift)),
        "pending": [
            {"address": str(p.address), "verb": p.verb, "says": p.says, "in_flight": p.in_flight} for p in drift.pending
        ],
        "unmanaged": [_unmanaged(one) for one in drift.unmanaged],
        "skipped": [
            {"provider": s.provider, "says": s.says, "addresses": [str(a) for a in s.addresses]} for s in drift.skipped
        ],
        "read": {"objects": dict(drift.read.objects), "calls": drift.read.calls, "seconds": drift.read.seconds},
    }
    return encodable(document)


def read_earlier(text: bytes, stack: str, env: str) -> Earlier:
    """What a report says for the next one. Raises ValueError, with the reason, for what is no report of this stack."""
    document = _parsed(text)
    version = document.get("format_version")
    if not isinstance(version, str) or "drift" not in document:
        raise ValueError("it is no report of stack drift --json")
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise ValueError(f"its format is {version}, and this version reads {FORMAT_VERSION}")
    if (document.get("stack"), document.get("env")) != (stack, env):
        raise ValueError(f"it is of stack {document.get('stack')}, environment {document.get('env')}")
    try:
        seen = {str(one["digest"]): _moment(one["first_seen"]) for one in document["drift"]}
        return Earlier(str(document["fingerprint"]), seen)
    except (KeyError, TypeError, ValueError):
        raise ValueError("a part of it is missing or damaged") from None


def _parsed(text: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    return document if isinstance(document, dict) else {}


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment without its zone")
    return at


def _drifted(one: Drifted, first_seen: datetime, earlier: Earlier | None) -> dict[str, Any]:
    change = one.repair
    return {
        "address": str(change.address),
        "what": "lost" if one.lost else "changed",
        "provider": change.provider,
        "service": change.service,
        "section": change.section,
        "kind": change.kind,
        "name": change.name,
        "id": change.id,
        "says": change.reason_says,
        "digest": one.digest,
        "first_seen": rfc3339(first_seen),
        "new": None if earlier is None else one.digest not in earlier.first_seen,
        "impact_of_repair": str(change.impact),
        "impact_says": list(change.impact_says),
        "fields": [_field(field) for field in change.fields],
    }


def _field(one: FieldChange) -> dict[str, Any]:
    secret = is_secret_inside(one.before) or is_secret_inside(one.after)
    return {
        "path": print_path(one.path),
        "applied": None if secret else plain(one.after),
        "live": None if secret else plain(one.before),
        "unset": one.before is UNSET,
        "sensitive": secret,
        "forces_replacement": one.forces_replacement,
    }


def _overlooked(one: Overlooked) -> dict[str, Any]:
    until = one.rule.until.isoformat() if one.rule.until is not None else None
    return {"address": str(one.address), "reason": one.rule.reason, "until": until, **_field(one.field)}


def _held(drift: Drift) -> Iterator[dict[str, Any]]:
    for address, hold in drift.held.items():
        until = rfc3339(hold.until) if hold.until is not None else None
        yield {"address": str(address), "status": hold.status, "reason": hold.reason, "by": hold.by, "until": until}


def _unmanaged(one: Unmanaged) -> dict[str, Any]:
    return {"provider": one.provider, "section": one.section, "kind": one.kind, "name": one.name, "id": one.id}
