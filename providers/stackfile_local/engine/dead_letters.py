"""Where failed events go: the stream that was declared for them, or one that the engine makes when it is needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from stackfile_local.engine import log
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.events import Event, Failure
from stackfile_local.engine.log import Packed, Stream

_SHOWN = 1000
_REASON = 100
"""Fits, with the words around it, into the smallest event that a stream may be limited to."""
_BODY = {"partitions": 1, "retention": "forever", "max_message_size": "256MiB", "compression": "none"}


def stream_name(kind: str, name: str) -> str:
    """A pipeline's failed events are in `<name>.dead_letter`; sources and destinations say what they are."""
    return f"{name}.dead_letter" if kind == "pipeline" else f"{name}.{kind}.dead_letter"


@dataclass
class DeadLetters:
    """The failed events of one owner. The stream is made with its first event, in the same transaction."""

    owner: Entry
    declared: Stream | None

    def append(self, transaction: sqlite3.Connection, failures: Sequence[Failure], now: int) -> None:
        if not failures:
            return
        stream = self.declared or _find_or_make(transaction, self.owner, now)
        events = [_event(failure) for failure in failures]
        packed, refused = log.encode(stream, events, 0)
        log.append(transaction, stream, packed, now)
        for index, _ in refused:
            log.append(transaction, stream, _cut_to_fit(stream, failures[index]), now)


def _event(failure: Failure) -> Event:
    return (failure.key, {"reason": failure.reason, **failure.kept}, None, 0, 0, 0)


def _cut_to_fit(stream: Stream, failure: Failure) -> list[Packed]:
    """What is left of an event that even the stream of failed events does not take."""
    reason = failure.reason[:_REASON]
    for kept in (_cut(failure.kept), {}):
        packed, _ = log.encode(stream, [(None, {"reason": reason, **kept, "cut": True}, None, 0, 0, 0)], 0)
        if packed:
            return packed
    return []


def _cut(kept: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: one if isinstance(one, str) else encode_json(one).decode() for name, one in kept.items()}
    return {name: kept[name] if len(text) <= _SHOWN else text[:_SHOWN] for name, text in texts.items()}


def _find_or_make(transaction: sqlite3.Connection, owner: Entry, now: int) -> Stream:
    """A stream that somebody declared under this name is taken as it is."""
    name = stream_name(owner.kind, owner.name)
    mine = transaction.execute("SELECT seq, body FROM objects WHERE owner = ?", (owner.seq,)).fetchone()
    found = (
        mine
        or transaction.execute("SELECT seq, body FROM objects WHERE kind = 'stream' AND name = ?", (name,)).fetchone()
    )
    if found is not None:
        return Stream.of(found[0], msgspec.json.decode(found[1]))
    body = {"name": name, **_BODY}
    made = transaction.execute(
        "INSERT INTO objects (kind, id, name, body, owner, created_at, updated_at) VALUES ('stream', ?, ?, ?, ?, ?, ?)",
        (f"stream:{name}", name, encode_json(body).decode(), owner.seq, now * 1000, now * 1000),
    )
    return Stream.of(made.lastrowid or 0, body)
