"""Keeps the state of one pipeline in the engine's database: what each batch changed, a row a batch, and from time to
time all of it anew. Saved in the transaction that saves the position, so that both are of the same moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from stackfile_local.engine.store import Store

Changes: TypeAlias = dict[str, list[Any]]
"""Entries by the number of their operation, as text."""

_KEPT = 50_000
"""So many entries, and three for each that lives, before everything is written anew."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_META = "meta"


@dataclass
class StateLog:
    """`owner` is the pipeline's place in the engine's tables."""

    owner: int
    rows: int = 0
    entries: int = 0
    """Since everything was written anew."""
    living: int = 0
    """When that was."""

    def load(self, store: Store) -> tuple[dict[str, Any] | None, Iterable[Changes]]:
        """What was saved beside the changes, and the changes in the order in which they were made."""
        rows = store.rows("SELECT slot, data FROM processor_state WHERE owner = ? ORDER BY slot", self.owner)
        saved = {slot: _decode(data) for slot, data in rows}
        meta = saved.pop(_META, None)
        self.rows = max((int(slot) for slot in saved), default=-1) + 1
        self.entries = sum(_size(changes) for changes in saved.values())
        return meta, saved.values()

    def save(
        self, transaction: sqlite3.Connection, meta: dict[str, Any], changes: Changes, everything: Callable[[], Changes]
    ) -> None:
        self._put(transaction, _META, meta)
        self.entries += _size(changes)
        if self.entries > _KEPT + 3 * self.living:
            changes = everything()
            self.entries = self.living = _size(changes)
            transaction.execute("DELETE FROM processor_state WHERE owner = ? AND slot <> ?", (self.owner, _META))
        if changes:
            self._put(transaction, f"{self.rows:012d}", changes)
            self.rows += 1

    def discard(self, transaction: sqlite3.Connection) -> None:
        transaction.execute("DELETE FROM processor_state WHERE owner = ?", (self.owner,))
        self.rows = self.entries = 0

    def _put(self, transaction: sqlite3.Connection, slot: str, data: Any) -> None:
        transaction.execute(
            "INSERT INTO processor_state VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET data = ?3",
            (self.owner, slot, _encode(data)),
        )


def _size(changes: Changes) -> int:
    return sum(map(len, changes.values()))


def all_told(store: Store) -> dict[int, dict[str, Any]]:
    """What `told` says of each pipeline that holds something."""
    rows = store.rows("SELECT owner, data FROM processor_state WHERE slot = ?", _META)
    return {owner: _decode(data) for owner, data in rows}


def told(store: Store, owner: int) -> dict[str, Any]:
    """What a pipeline last saved beside its changes: `late` and `skipped` events, `water`, `closed` windows as start,
    end and number of events. Empty where it holds nothing."""
    rows = store.rows("SELECT data FROM processor_state WHERE owner = ? AND slot = ?", owner, _META)
    return _decode(rows[0][0]) if rows else {}
