"""Records and what surrounds them as plain JSON values, and back. A field that has its default is left out.

Encoders put trees in as bytes that are ready (`Fragment`): what they return is good for `dump` and nothing else.

Decoders take what these encoders wrote. For anything else they raise KeyError, TypeError or ValueError, which the
document and the journal turn into the diagnostic that names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from stackfile.address import Address
from stackfile.state.format import Deposed, Hold, Origin, Record, StoredOutput
from stackfile.state.leaves import NotStorable, canonical, dump, from_json, refuse
from stackfile.state.store import Entry, EntryType, Intent
from stackfile.values import Tree, Value

ParseAddress = Callable[[str], Address]

_WAS = ("provider", "service", "section", "kind", "scope", "name")
"""What a deposed object says of itself."""


def record_to_json(record: Record) -> dict[str, Any]:
    """All of a record but its address. Raises StateError, naming the field, for a value that cannot be stored."""
    out: dict[str, Any] = {
        "provider": record.provider,
        "service": record.service,
        "section": record.section,
        "kind": record.kind,
        "scope": record.scope,
        "id": record.id,
        "name": record.name,
        "applied": _tree(record.address, "applied", record.applied),
    }
    if record.observed:
        out["observed"] = _tree(record.address, "observed", record.observed)
    if record.dependencies:
        out["dependencies"] = [str(address) for address in record.dependencies]
    if record.schema_version != 1:
        out["schema_version"] = record.schema_version
    if record.prevent_destroy:
        out["prevent_destroy"] = True
    if record.observed_at is not None:
        out["observed_at"] = record.observed_at
    if record.created_at is not None:
        out["created_at"] = record.created_at
    if record.updated_at is not None:
        out["updated_at"] = record.updated_at
    return out | _rare_to_json(record) if record.deposed or record.hold else out


def _rare_to_json(record: Record) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if record.deposed:
        out["deposed"] = [_deposed_to_json(record.address, old) for old in record.deposed]
    if record.hold is not None:
        out["hold"] = hold_to_json(record.hold)
    return out


def hold_to_json(hold: Hold) -> dict[str, Value]:
    return {"status": hold.status, "reason": hold.reason, "by": hold.by, "until": in_utc(hold.until)}


def _deposed_to_json(owner: Address, old: Deposed) -> dict[str, Any]:
    out: dict[str, Any] = {"id": old.id, "applied": _tree(owner, "deposed", old.applied)}
    out |= {name: text for name in _WAS if (text := getattr(old, name))}
    return out | ({"dependencies": [str(address) for address in old.dependencies]} if old.dependencies else {})


def _deposed_from_json(data: Mapping[str, Any], parse: ParseAddress) -> Deposed:
    was = {name: data[name] for name in _WAS if name in data}
    needs = tuple([parse(text) for text in data.get("dependencies", ())])
    return Deposed(data["id"], _tree_from_json(data["applied"]), **was, dependencies=needs)


def _tree(owner: object, field: str, tree: Value) -> orjson.Fragment:
    try:
        return orjson.Fragment(canonical(tree))
    except NotStorable:
        raise refuse(f"{owner}, {field}", tree) from None
    except TypeError as error:
        raise TypeError(f"{owner}, {field}: {error}") from None


def record_from_json(address: Address, data: Mapping[str, Any], parse: ParseAddress = Address.parse) -> Record:
    """`parse` lets a reader of many records share the addresses that they name."""
    get = data.get
    return Record(
        address,
        data["provider"],
        data["service"],
        data["section"],
        data["kind"],
        data["scope"],
        data["id"],
        data["name"],
        _tree_from_json(data["applied"]),
        _tree_from_json(get("observed", {})),
        _time(get("observed_at")),
        tuple([parse(text) for text in get("dependencies", ())]),
        get("schema_version", 1),
        _time(get("created_at")),
        _time(get("updated_at")),
        get("prevent_destroy", False),
        tuple([_deposed_from_json(old, parse) for old in get("deposed", ())]),
        hold_from_json(data["hold"]) if "hold" in data else None,
    )


def hold_from_json(data: Mapping[str, Any]) -> Hold:
    return Hold(data["status"], data["reason"], data["by"], _time(data["until"]))


def _tree_from_json(data: Any) -> Tree:
    tree = from_json(data)
    if not isinstance(tree, dict):
        raise TypeError("not a map")
    return tree


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def in_utc(at: datetime | None) -> str | None:
    """`2026-11-21T03:12:04.120000Z`."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def record_digest(record: Record | None) -> str:
    """Tells one version of a record from another: what an intent's `prev` holds. Empty for no record.

    It needs no key of its own, since the secrets in a record are keyed digests already.
    """
    return "" if record is None else sha256(dump(record_to_json(record))).hexdigest()


def origin_to_json(origin: Origin) -> dict[str, Any]:
    out = {
        "by": origin.by,
        "commit": origin.commit,
        "dirty": origin.dirty,
        "branch": origin.branch,
        "run_url": origin.run_url,
        "at": in_utc(origin.at),
    }
    return {key: value for key, value in out.items() if value}


def origin_from_json(data: Mapping[str, Any]) -> Origin:
    known = {key: value for key, value in data.items() if key != "at"}
    return Origin(**known, at=_time(data.get("at")))


def outputs_to_json(outputs: Mapping[str, StoredOutput]) -> dict[str, Any]:
    return {name: _output_to_json(name, output) for name, output in outputs.items()}


def _output_to_json(name: str, output: StoredOutput) -> dict[str, Any]:
    out: dict[str, Any] = {"value": _tree("outputs", name, output.value)}
    return out | ({"sensitive": True} if output.sensitive else {})


def outputs_from_json(data: Mapping[str, Any]) -> dict[str, StoredOutput]:
    return {name: StoredOutput(from_json(o["value"]), o.get("sensitive", False)) for name, o in data.items()}


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """All of a journal entry, its record too, which must have the entry's address."""
    if entry.record is not None and entry.record.address != entry.address:
        raise ValueError(f"an entry of {entry.address} with a record of {entry.record.address}")
    trees = {"identity": entry.identity, "sent": entry.sent, "meta": entry.meta}
    optional = {
        "provider": entry.provider,
        "id": entry.id,
        "absent": entry.absent,
        "prev": entry.prev,
        "phase": entry.phase,
        "at": entry.at,
    }
    out: dict[str, Any] = {"type": entry.type.value, "verb": entry.verb}
    out |= {key: value for key, value in optional.items() if value}
    out |= {key: _tree(entry.address or entry.verb, key, tree) for key, tree in trees.items() if tree}
    if entry.sent == {}:
        out["sent"] = {}
    if entry.address is not None:
        out["address"] = str(entry.address)
    if not entry.ok:
        out["ok"] = False
    if entry.record is not None:
        out["record"] = record_to_json(entry.record)
    return out


def entry_from_json(data: Mapping[str, Any]) -> Entry:
    get = data.get
    address = Address.parse(data["address"]) if "address" in data else None
    record = data.get("record")
    return Entry(
        type=EntryType(data["type"]),
        address=address,
        verb=data["verb"],
        provider=get("provider", ""),
        identity=_tree_from_json(get("identity", {})),
        id=get("id"),
        sent=_tree_from_json(data["sent"]) if "sent" in data else None,
        absent=get("absent", False),
        prev=get("prev", ""),
        phase=get("phase", ""),
        ok=get("ok", True),
        record=record_from_json(address, record) if record is not None and address is not None else None,
        at=_time(get("at")),
        meta=_tree_from_json(get("meta", {})),
    )


def intent_to_json(intent: Intent) -> dict[str, Any]:
    """An open intent as a new journal carries it over, with what its phases told."""
    out = {"token": intent.token, "run": intent.run, "seq": intent.seq, "entry": entry_to_json(intent.entry)}
    return out | {"phases": list(intent.phases), "id": intent.id}


def intent_from_json(data: Mapping[str, Any]) -> Intent:
    entry, phases = entry_from_json(data["entry"]), tuple(data["phases"])
    return Intent(entry, data["token"], data["run"], data["seq"], phases, data["id"])
