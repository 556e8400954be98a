"""What the engine remembers of each mover: how far it is, how much it moved, and what stopped it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from stackfile_local.engine.events import Checkpoint, Position
from stackfile_local.engine.recent import Moved, Recent
from stackfile_local.engine.store import Store

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_SELECT = "SELECT owner, read, written, failed, moved_at, problem, notes, recent FROM progress"


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts are events ever; it moved last at `moved_at` in milliseconds."""

    read: int = 0
    written: int = 0
    failed: int = 0
    moved_at: int = 0
    problem: str = ""
    notes: tuple[str, ...] = ()
    recent: Recent = field(default_factory=Recent)


def load(store: Store, owner: int, input: int) -> Checkpoint:
    """Where `owner` goes on with `input`; the position of another input does not count."""
    rows = store.rows("SELECT position, noted FROM checkpoints WHERE owner = ? AND input = ?", owner, input)
    position, noted = (parse(rows[0][0]), parse(rows[0][1])) if rows else (None, None)
    known = progress_of(store, [owner]).get(owner, Progress())
    return Checkpoint(position, noted, known.read, known.written, known.failed, known.notes)


def parse(text: str | None) -> Position | None:
    return None if text is None else _decode(text)


def dump(position: Position) -> str:
    return _encode(position).decode()


def save(transaction: sqlite3.Connection, owner: int, input: int, at: Checkpoint, moved: Moved) -> None:
    """`moved` is what came since the last time."""
    if at.position is not None:
        transaction.execute(
            "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET position = ?3, noted = ?4",
            (owner, input, dump(at.position), None if at.noted is None else dump(at.noted)),
        )
    rows = transaction.execute("SELECT recent FROM progress WHERE owner = ?", (owner,)).fetchall()
    recent = (Recent.parse(rows[0][0]) if rows else Recent()).after(moved)
    transaction.execute(
        "INSERT INTO progress (owner, read, written, failed, moved_at, problem, notes, recent) "
        "VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7) ON CONFLICT DO UPDATE SET "
        "read = ?2, written = ?3, failed = ?4, moved_at = ?5, problem = '', notes = ?6, recent = ?7",
        (owner, at.read, at.written, at.failed, moved.now, _encode(at.notes).decode(), str(recent)),
    )


def save_problem(store: Store, owner: int, problem: str) -> None:
    """An object that is gone by now has none."""
    with store.transaction() as transaction:
        transaction.execute(
            "INSERT INTO progress (owner, read, written, failed, moved_at, problem, notes) "
            "SELECT seq, 0, 0, 0, 0, ?2, '[]' FROM objects WHERE seq = ?1 "
            "ON CONFLICT DO UPDATE SET problem = ?2",
            (owner, problem),
        )


def clear_problem(store: Store, owner: int) -> None:
    if store.rows("SELECT 1 FROM progress WHERE owner = ? AND problem <> ''", owner):
        save_problem(store, owner, "")


def progress_of(store: Store, owners: Sequence[int]) -> dict[int, Progress]:
    """By object. Objects that never moved have none."""
    return _by_owner(row for owner in owners for row in store.rows(f"{_SELECT} WHERE owner = ?", owner))


def all_progress(store: Store) -> dict[int, Progress]:
    """Of everything that ever moved."""
    return _by_owner(store.rows(_SELECT))


def _by_owner(rows: Iterable[Any]) -> dict[int, Progress]:
    return {
        owner: Progress(
            read, written, failed, moved_at, problem, tuple(msgspec.json.decode(notes)), Recent.parse(recent)
        )
        for owner, read, written, failed, moved_at, problem, notes, recent in rows
    }
