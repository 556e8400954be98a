"""The catalog: what was declared to the engine. Each change is one durable transaction, and leaves no dangling link."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from stackfile.errors import Conflict, NotFound, Rejected
from stackfile_local.engine.circles import refuse_circle
from stackfile_local.engine.store import Store

_SELECT = """
SELECT o.seq, o.kind, o.id, o.name, o.body, o.owner, o.mark, o.created_at, {totals}
FROM objects o {where}"""
_OF_STREAMS = """
(SELECT coalesce(sum(end_offset - start_offset), 0) FROM partitions WHERE stream = o.seq),
(SELECT coalesce(sum(bytes), 0) FROM partitions WHERE stream = o.seq)"""
_OF_OTHERS = """
(SELECT coalesce(sum(end_offset - start_offset), 0) FROM partitions
 WHERE stream IN (SELECT seq FROM objects d WHERE d.owner = o.seq)), 0"""
_IN_USE = """
SELECT t.kind, t.name, o.kind, o.name, l.field FROM links l
JOIN objects t ON t.seq = l.target JOIN objects o ON o.seq = l.owner
WHERE (t.seq = ?1 OR t.owner = ?1) AND o.seq <> ?1 ORDER BY o.kind, o.name LIMIT 1"""

Also: TypeAlias = Callable[[sqlite3.Connection, int], None]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Entry(msgspec.Struct, frozen=True):
    """One object. `seq` is its place in the engine's tables. `events` and `bytes` are what a stream holds; of another
    object, `events` counts the failed events that the engine keeps for it. `owner` is set where the engine itself
    made the object for another one."""

    seq: int
    kind: str
    id: str
    name: str
    body: dict[str, Any]
    owner: int | None
    mark: str | None
    created_at: int
    events: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """An object to be. `links` maps reference fields to ids, `allowed` to the kinds that those may have.

    `slot` names what only one object can hold.
    """

    kind: str
    id: str
    body: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)
    allowed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    slot: str | None = None

    @property
    def name(self) -> str:
        return str(self.body["name"])


@dataclass(frozen=True, slots=True)
class Catalog:
    """Objects by kind and id. Every public call counts as one request."""

    store: Store

    def all(self, kind: str) -> list[Entry]:
        """Every declared object of a kind in the order in which they were made."""
        self.store.calls += 1
        return self._select(kind, "WHERE o.kind = ? AND o.owner IS NULL ORDER BY o.seq", kind)

    def find(self, kind: str, id: str) -> Entry | None:
        self.store.calls += 1
        return self._find(kind, id)

    def add(self, draft: Draft, mark: str = "", also: Also | None = None) -> Entry:
        """`also` is done in the same transaction, with the object's seq. Raises Conflict where the name or the slot is
        taken, NotFound and Rejected for a link that cannot be."""
        self.store.calls += 1
        now = self.store.microseconds()
        with self.store.transaction() as transaction:
            _refuse_twin(transaction, draft)
            made = transaction.execute(
                "INSERT INTO objects (kind, id, name, body, slot, mark, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (draft.kind, draft.id, draft.name, _encode(draft.body).decode(), draft.slot, mark or None, now, now),
            )
            seq = made.lastrowid or 0
            _link(transaction, seq, draft)
            if also is not None:
                also(transaction, seq)
            moved(transaction)
        return Entry(seq, draft.kind, draft.id, draft.name, dict(draft.body), None, mark or None, now)

    def change(self, kind: str, id: str, redraft: Callable[[Entry], Draft], also: Also | None = None) -> Entry:
        """Replaces an object's body by what `redraft` makes of it, and does `also` in the same transaction. What was
        amiss with the object is forgotten."""
        self.store.calls += 1
        with self.store.transaction() as transaction:
            entry = self._find(kind, id)
            if entry is None:
                raise _missing(kind, f"{kind} {id} is gone")
            draft = redraft(entry)
            _refuse_twin(transaction, draft, entry.seq)
            transaction.execute(
                "UPDATE objects SET name = ?, body = ?, slot = ?, updated_at = ? WHERE seq = ?",
                (draft.name, _encode(draft.body).decode(), draft.slot, self.store.microseconds(), entry.seq),
            )
            transaction.execute("DELETE FROM links WHERE owner = ?", (entry.seq,))
            _link(transaction, entry.seq, draft)
            if also is not None:
                also(transaction, entry.seq)
            transaction.execute("UPDATE progress SET problem = '', notes = '[]' WHERE owner = ?", (entry.seq,))
            moved(transaction)
            changed = self._find(kind, id)
        return changed or entry

    def remove(self, kind: str, id: str, first: Sequence[tuple[str, str]] = ()) -> None:
        """Deletes an object with all that the engine holds of it, and `first`, by kind and id, what goes with it. All
        of them, or none: raises Conflict while another one refers to any of them."""
        self.store.calls += 1
        with self.store.transaction() as transaction:
            if any([_remove(transaction, *each) for each in (*first, (kind, id))]):
                moved(transaction)

    def peek(self, id: str) -> Entry | None:
        """One object of any kind, for the engine's own use: no request, and nothing is counted."""
        rows = self.store.rows(f"{_SELECT.format(totals='0, 0', where='WHERE o.id = ?')}", id)
        return _entry(rows[0]) if rows else None

    def declared(self, kind: str) -> list[Entry]:
        """As `all`, for the engine's own use: no request, and nothing is counted."""
        where = "WHERE o.kind = ? AND o.owner IS NULL"
        return [_entry(row) for row in self.store.rows(_SELECT.format(totals="0, 0", where=where), kind)]

    def _find(self, kind: str, id: str) -> Entry | None:
        found = self._select(kind, "WHERE o.kind = ? AND o.id = ?", kind, id)
        return found[0] if found else None

    def _select(self, kind: str, where: str, *values: object) -> list[Entry]:
        sql = _SELECT.format(totals=_OF_STREAMS if kind == "stream" else _OF_OTHERS, where=where)
        return [_entry(row) for row in self.store.rows(sql, *values)]


def _entry(row: tuple[Any, ...]) -> Entry:
    seq, kind, id, name, body, owner, mark, created_at, events, size = row
    return Entry(seq, kind, id, name, _decode(body), owner, mark, created_at, events, size)


def moved(transaction: sqlite3.Connection) -> None:
    """Tells a run that what it loaded no longer holds."""
    transaction.execute("UPDATE meta SET value = value + 1 WHERE name = 'catalog'")


def _remove(transaction: sqlite3.Connection, kind: str, id: str) -> bool:
    """Whether it was there."""
    row = transaction.execute("SELECT seq FROM objects WHERE kind = ? AND id = ?", (kind, id)).fetchone()
    if row is None:
        return False
    used = transaction.execute(_IN_USE, row).fetchone()
    if used is not None:
        raise _conflict(1104, "{0} {1} is in use: it is the {4} of {2} {3}".format(*used))
    transaction.execute("DELETE FROM objects WHERE seq = ?", row)
    return True


def _refuse_twin(transaction: sqlite3.Connection, draft: Draft, own: int = 0) -> None:
    twin = transaction.execute(
        "SELECT o.id, w.kind, w.name FROM objects o LEFT JOIN objects w ON w.seq = o.owner "
        "WHERE o.kind = ? AND o.name = ? AND o.seq <> ?",
        (draft.kind, draft.name, own),
    ).fetchone()
    if twin is not None:
        id, owner_kind, owner = twin
        held = f": it holds the failed events of {owner_kind} {owner}" if owner else ""
        raise _conflict(1101, f"a {draft.kind} named {draft.name} exists already ({id}){held}")
    if draft.slot is not None:
        taken = transaction.execute(
            "SELECT kind, name FROM objects WHERE slot = ? AND seq <> ?", (draft.slot, own)
        ).fetchone()
        if taken is not None:
            does = "receives at" if taken[0] == "source" else "writes to"
            raise _conflict(1104, f"{draft.slot} is what {taken[0]} {taken[1]} {does} already")


def _link(transaction: sqlite3.Connection, seq: int, draft: Draft) -> None:
    for name, id in draft.links.items():
        row = transaction.execute("SELECT seq, kind FROM objects WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise _missing(_kind_of(id), f"{draft.kind} {draft.name}: {name} is {id}, which does not exist")
        target, kind = row
        if kind not in draft.allowed.get(name, (kind,)):
            raise Rejected(f"{draft.kind} {draft.name}: {name} cannot be a {kind}", status=400)
        transaction.execute("INSERT INTO links VALUES (?, ?, ?)", (seq, name, target))
    if draft.kind == "pipeline":
        refuse_circle(transaction, seq)


def _kind_of(id: str) -> str:
    return "stream" if id.startswith("stream:") else "other"


def _missing(kind: str, message: str) -> NotFound:
    return NotFound(message, status=404, details={"code": "1001" if kind == "stream" else "1112"})


def _conflict(code: int, message: str) -> Conflict:
    return Conflict(message, status=409, details={"code": str(code)})
