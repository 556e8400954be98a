"""Makes a database anew of all that can be read of a damaged one, which is kept beside it.

What pipelines remember is kept whole or not at all: half of it would give wrong results.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from stackfile.sdk.operations import Mending, Soundness
from stackfile_local.engine.check import check
from stackfile_local.engine.codec import decompress, unpack
from stackfile_local.engine.damage import Damaged, found, rows_by_id
from stackfile_local.engine.lock import alone
from stackfile_local.engine.store import Store, make, sync_folder
from stackfile_local.engine.tables import ADDED

_TABLES = {
    "objects": "what is declared",
    "links": "what is declared",
    "partitions": "where streams end",
    "event_ids": "ids of the last two minutes",
    "consumer_groups": "consumer groups",
    "commits": "what consumer groups committed",
    "outputs": "positions in files",
    "progress": "counts that `stack status` shows",
    "api_settings": "settings of the API",
    "starts": "where processors begin",
    "received_ids": "ids of what was sent to sources",
}
_REMEMBERED = ("checkpoints", "processor_state")
_ROW = "SELECT * FROM batches WHERE id = ?"
_INDEXED = "SELECT id FROM batches INDEXED BY batches_by_offset WHERE stream = ? AND partition = ? AND base = ?"
_BATCHES = "SELECT base, count FROM batches WHERE stream = ? AND partition = ? ORDER BY base"
_OWNED = (
    *("links.owner", "links.target", "partitions.stream", "batches.stream", "event_ids.stream", "commits.stream"),
    *("api_settings.owner", "starts.owner", "received_ids.source"),
)
_SET_RIGHT = """
INSERT INTO partitions SELECT stream, partition, min(base), max(base + count), 0 FROM batches WHERE true
GROUP BY stream, partition ON CONFLICT DO UPDATE SET end_offset = max(end_offset, excluded.end_offset);
UPDATE partitions SET bytes = (SELECT coalesce(sum(b.bytes), 0) FROM batches b
  WHERE b.stream = partitions.stream AND b.partition = partitions.partition);
"""


def mend(store: Store) -> Mending:
    """Raises Conflict while a run has the engine, and Damaged where even the
    beginning of the database is."""
    with alone(store):
        before = _checked(store)
        if before.whole:
            return Mending(before)
        old = store.connection
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        draft = store.folder / "engine.db.mended"
        draft.unlink(missing_ok=True)
        make(draft, store.engine_id)
        with closing(sqlite3.connect(draft, isolation_level=None)) as new:
            gone = tuple(dict.fromkeys(_copied(old, new)))
        store.close()
        return Mending(before, gone, _exchanged(store, draft))


def _checked(store: Store) -> Soundness:
    try:
        return check(store)
    except Damaged as error:
        return Soundness(0, 0, (), (str(error),))


def _copied(old: sqlite3.Connection, new: sqlite3.Connection) -> Iterator[str]:
    """Copies, and yields what could not be, in words."""
    new.execute("PRAGMA synchronous = FULL")
    for statement in ADDED:
        new.execute(statement)
    new.execute("BEGIN")
    yield from _whole(old, new, "meta", "")
    for table, what in _TABLES.items():
        yield from _whole(old, new, table, f"some of {what}")
    if not all(_remembered(old, new, table) for table in _REMEMBERED):
        for table in _REMEMBERED:
            new.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
        yield "how far everything had read: it begins at the start again, and what it had written comes again"
    _batches(old, new)
    for column in _OWNED:
        table, _, name = column.partition(".")
        new.execute(f"DELETE FROM {table} WHERE {name} NOT IN (SELECT seq FROM objects)")  # noqa: S608 - names of ours
    for statement in _SET_RIGHT.split(";\n")[:-1]:
        new.execute(statement)
    new.execute("INSERT OR REPLACE INTO meta VALUES ('lost', ?)", (msgspec.json.encode(list(_lost(new))).decode(),))
    new.execute("COMMIT")


def _batches(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """First those of which table and index say the same."""
    doubtful = []
    for row in rows_by_id(old, _ROW):
        id, stream, partition, base = row[:4]
        if not _is_whole(row):
            continue
        if found(old, _INDEXED, stream, partition, base) == [(id,)]:
            _insert(new, "batches", row)
        else:
            doubtful.append(id)
    for id in doubtful:
        for row in found(old, _ROW, id) or ():
            _insert(new, "batches", row)


def _is_whole(row: tuple[Any, ...]) -> bool:
    _, _, partition, base, count, appended, _, codec, crc, data = row
    try:
        return zlib.crc32(data) == crc and bool(unpack(decompress(data, codec), appended, partition, base, count))
    except (ValueError, TypeError, OSError, EOFError):
        return False


def _lost(new: sqlite3.Connection) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of offsets that are in no batch."""
    for stream, partition, at, end in new.execute("SELECT stream, partition, start_offset, end_offset FROM partitions"):
        place = (stream, partition)
        for base, count in new.execute(_BATCHES, place):
            if base > at:
                yield (*place, at, base - 1)
            at = max(at, base + count)
        if at < end:
            yield (*place, at, end - 1)


def _whole(old: sqlite3.Connection, new: sqlite3.Connection, table: str, what: str) -> Iterator[str]:
    """Rows from both ends of a table up to where it is damaged."""
    if not _there(old, table):
        return
    for order in ("ASC", "DESC"):
        try:
            for row in old.execute(f"{_select(new, table)} ORDER BY 1 {order}"):
                _insert(new, table, row)
        except sqlite3.Error as error:
            if not what:
                raise Damaged(f"the engine's own record is damaged: bring back a copy of it ({error})") from error
            yield what
            continue
        return


def _remembered(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    rows = found(old, _select(new, table))
    for row in rows or ():
        _insert(new, table, row)
    return rows is not None


def _select(new: sqlite3.Connection, table: str) -> str:
    """The columns in the order in which they are written: a database of an older format may have another."""
    names = [f'"{row[1]}"' for row in new.execute(f"PRAGMA table_info({table})")]
    return f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names of ours


def _there(old: sqlite3.Connection, table: str) -> bool:
    return bool(old.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone())


def _insert(new: sqlite3.Connection, table: str, row: tuple[Any, ...]) -> None:
    places = ", ".join("?" * len(row))
    new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", row)  # noqa: S608 - a name of ours


def _exchanged(store: Store, draft: Path) -> Path:
    """Puts the draft in the place of the database, which is kept under another name."""
    numbers = ("", *(f"-{n}" for n in range(2, 1000)))
    kept = next(file for n in numbers if not (file := store.folder / f"engine.db.damaged{n}").exists())
    log = store.folder / "engine.db-wal"
    if log.exists() and log.stat().st_size:
        raise Damaged(f"{log} cannot be put into the database: bring back a copy of {store.folder}")
    os.link(store.file, kept)
    for rest in (log, store.folder / "engine.db-shm"):
        rest.unlink(missing_ok=True)
    draft.replace(store.file)
    sync_folder(store.folder)
    return kept
