"""Plain aligned lists: the state, one resource of it, its outputs and its lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from stackfile.address import Address
from stackfile.report.events_json import output_json
from stackfile.report.field_text import FieldText, lines_of, value_field
from stackfile.report.json_values import encodable, plain, sensitive_mask
from stackfile.report.moments import rfc3339, second, whole_duration
from stackfile.report.run_state import hold_json, hold_text
from stackfile.report.text import WIDTH, pad, quoted, safe, table, width
from stackfile.report.value_text import (
    SENSITIVE,
    as_addresses,
    field_names,
    flat,
    is_secret,
    shortened,
    with_references,
)
from stackfile.state.format import Record, StoredOutput
from stackfile.state.store import LockInfo
from stackfile.values import Tree


def state_list(records: Iterable[Record]) -> str:
    """A table of what the state holds, in the order given; a sentence where it holds nothing."""
    rows = [
        (
            safe(str(record.address)) + (" (deposed)" if number else ""),
            safe(one.provider),
            safe(one.kind),
            quoted(one.name),
            safe(one.id),
        )
        for record in records
        for number, one in enumerate(record.objects)
    ]
    if not rows:
        return "The state holds no resource.\n"
    return "\n".join(table([("ADDRESS", "PROVIDER", "KIND", "NAME", "ID"), *rows])) + "\n"


def state_show(record: Record, names: Mapping[str, Address] | None = None, references: Collection[str] = ()) -> str:
    """Everything that the state has of one resource; secrets are not shown.

    `names` turns remote ids into addresses; `references` are the fields that hold such ids, as far as is known.
    """
    names = names or {}
    facts = [("provider", record.provider), ("kind", record.kind), ("name", record.name), ("id", record.id)]
    facts += [("scope", record.scope)] if record.scope else []
    facts += [("created", second(record.created_at))] if record.created_at is not None else []
    facts += [("updated", second(record.updated_at))] if record.updated_at is not None else []
    fields = [FieldText(name, says=safe(says)) for name, says in facts]
    if record.dependencies:
        fields.append(FieldText("needs", says=", ".join(safe(str(address)) for address in record.dependencies)))
    if record.prevent_destroy:
        fields.append(FieldText("prevent_destroy", (True,)))
    if record.hold is not None:
        fields.append(FieldText("held", says=f"{safe(record.hold.status)} {hold_text(record.hold)}"))
    fields += [FieldText("deposed", says=f"{safe(old.id)}, still to be deleted") for old in record.deposed]
    lines = [safe(str(record.address)), *lines_of(fields), *_tree("applied", record.applied, names, references)]
    if record.observed:
        at = f" {second(record.observed_at)}" if record.observed_at is not None else ""
        lines += _tree(f"observed{at}", record.observed, names, references)
    return "\n".join(lines) + "\n"


def _tree(title: str, tree: Tree, names: Mapping[str, Address], references: Collection[str]) -> list[str]:
    held = with_references(tree, references, names)
    leaves = [(path, as_addresses(value, None, path, names)) for path, value in flat(held) if path]
    labels = field_names([path for path, _ in leaves])
    fields = [value_field(label, value) for label, (_, value) in zip(labels, leaves, strict=True)]
    return ["", f"  {title}", *lines_of(fields)]


def state_json(record: Record) -> dict[str, Any]:
    """One record for any JSON encoder; secrets are null, with the mask true."""
    document = {
        "address": str(record.address),
        "provider": record.provider,
        "service": record.service,
        "section": record.section,
        "kind": record.kind,
        "scope": record.scope,
        "id": record.id,
        "name": record.name,
        "applied": plain(record.applied),
        "applied_sensitive": sensitive_mask(record.applied),
        "observed": plain(record.observed),
        "observed_at": rfc3339(record.observed_at) if record.observed_at is not None else None,
        "dependencies": [str(address) for address in record.dependencies],
        "prevent_destroy": record.prevent_destroy,
        "hold": hold_json(record.hold),
        "deposed": [
            {"provider": one.provider, "kind": one.kind, "name": one.name, "id": one.id} for one in record.objects[1:]
        ],
        "created_at": rfc3339(record.created_at) if record.created_at is not None else None,
        "updated_at": rfc3339(record.updated_at) if record.updated_at is not None else None,
    }
    return encodable(document)


def outputs_text(outputs: Mapping[str, StoredOutput]) -> str:
    """`name:  value`, a line each; a sentence where there is none."""
    if not outputs:
        return "No outputs.\n"
    column = max(width(safe(name)) for name in outputs) + 3
    return "".join(f"{pad(f'{safe(name)}:', column)}{_output(outputs[name], column)}\n" for name in sorted(outputs))


def _output(output: StoredOutput, column: int) -> str:
    if output.sensitive or is_secret(output.value):
        return SENSITIVE
    return shortened(output.value, max(WIDTH - column, 20))


def outputs_json(outputs: Mapping[str, StoredOutput]) -> dict[str, Any]:
    """By name, in order; a sensitive one has no value."""
    return encodable({name: output_json(output) for name, output in sorted(outputs.items())})


def lock_text(lock: LockInfo | None, now: datetime) -> str:
    """Who holds the stack, since when, and whether that one is alive."""
    if lock is None:
        return "Nobody holds the lock.\n"
    rows = [("by", ", ".join(_holder(lock))), ("since", _since(lock, now))]
    rows += [("run", safe(lock.holder.run))] if lock.holder.run else []
    return "\n".join([f"Lock {safe(lock.id)}", *(f"  {name:5}  {says}" for name, says in rows)]) + "\n"


def _holder(lock: LockInfo) -> Iterable[str]:
    holder = lock.holder
    yield safe(holder.by)
    if holder.command:
        yield f"`{safe(holder.command)}`"
    if holder.run_url:
        yield safe(holder.run_url)
    elif holder.host:
        yield f"host {safe(holder.host)}" + (f" (process {holder.pid})" if holder.pid else "")


def _since(lock: LockInfo, now: datetime) -> str:
    held, beat = (now - lock.since).total_seconds(), (now - lock.heartbeat_at).total_seconds()
    alive = "it is alive" if lock.alive else "it does not beat any more"
    return f"{second(lock.since)}, {whole_duration(held)}; heartbeat {whole_duration(beat)} ago: {alive}"


def lock_json(lock: LockInfo | None) -> dict[str, Any]:
    """The lease for any JSON encoder; `held` is false where there is none."""
    if lock is None:
        return {"held": False}
    holder = lock.holder
    document = {
        "held": True,
        "id": lock.id,
        "by": holder.by,
        "command": holder.command,
        "run": holder.run,
        "run_url": holder.run_url,
        "host": holder.host,
        "pid": holder.pid,
        "token": lock.token,
        "since": rfc3339(lock.since),
        "heartbeat_at": rfc3339(lock.heartbeat_at),
        "alive": lock.alive,
    }
    return encodable(document)
