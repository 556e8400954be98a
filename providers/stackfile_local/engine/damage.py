"""Reading around damaged pages of the database: what is lost is told by its offsets, and the rest is given."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from stackfile.errors import ProviderError

_IDS = "SELECT base, id FROM batches INDEXED BY batches_by_offset WHERE stream = ? AND partition = ? ORDER BY base"
_PLACE = "SELECT base, id, stream, partition FROM batches WHERE id = ?"
_ROW = "SELECT base, count, appended, codec, crc, data FROM batches WHERE id = ?"

_LAST = (
    "SELECT max(id) FROM batches NOT INDEXED",
    "SELECT max(id) FROM (SELECT id FROM batches INDEXED BY batches_by_offset WHERE stream >= 0)",
)


class Damaged(ProviderError):
    """What the store has is not what was written."""


def mending(folder: Path) -> str:
    return f"stack engine mend --data {shlex.quote(str(folder))}"


def is_damage(error: sqlite3.Error) -> bool:
    """Also text that is no text, which SQLite does not call damage."""
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or "decode to UTF-8" in str(error)


@dataclass(frozen=True, slots=True)
class Lost:
    """Events of a partition that cannot be read: the first and the last of them, and why."""

    stream: str
    partition: int
    first: int
    last: int
    reason: str

    def __str__(self) -> str:
        where = f"stream {self.stream}, partition {self.partition}: offsets {self.first} to {self.last}"
        return f"{where} are damaged: {self.reason}"

    def error(self) -> Damaged:
        """`details` say where a reader may go on."""
        details = {
            "stream": self.stream,
            "partition": self.partition,
            "offset": self.first,
            "nextOffset": self.last + 1,
        }
        says = f"{self}; stack engine mend goes on without them"
        return Damaged(says, details={name: str(value) for name, value in details.items()})


def found(connection: sqlite3.Connection, sql: str, *values: object) -> list[Any] | None:
    """All rows of a query; None where they are damaged."""
    try:
        return connection.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        if is_damage(error):
            return None
        raise


def rows_by_id(connection: sqlite3.Connection, sql: str) -> Iterator[Any]:
    """What a query gives for each batch that can be read. They are asked for one by one: a damaged page can end a
    search early without an error."""
    for id in range(1, last_batch(connection) + 1):
        yield from found(connection, sql, id) or ()


def last_batch(connection: sqlite3.Connection) -> int:
    """The largest id of a batch, as far as it can be told; in the worst case the largest there may be."""
    told = [int(rows[0][0] or 0) for sql in _LAST if (rows := found(connection, sql))]
    if len(told) < len(_LAST):
        told += [int(rows[0][0]) for rows in [found(connection, "PRAGMA page_count")] if rows]
    return max(told, default=0)


def batches_of(connection: sqlite3.Connection, stream: int, partition: int) -> list[tuple[int, int]]:
    """First offset and id of each batch, in their order: where the index is damaged, of those in the table."""
    known = found(connection, _IDS, stream, partition)
    if known is None:
        known = sorted(row[:2] for row in rows_by_id(connection, _PLACE) if row[2:] == (stream, partition))
    return known


def whole_from(
    connection: sqlite3.Connection, stream: tuple[int, str, int], offset: int, end: int, most: int
) -> list[Any] | Lost:
    """Batches from the one that holds `offset` on, up to the first that cannot be read; that one where it is the first.
    `stream` is its seq and name, and the partition."""
    seq, name, partition = stream
    known = batches_of(connection, seq, partition)
    start = max((n for n, (base, _) in enumerate(known) if base <= offset), default=0)
    rows: list[Any] = []
    for number, (base, id) in enumerate(known[start:], start):
        row = found(connection, _ROW, id)
        last = known[number + 1][0] - 1 if number + 1 < len(known) else end - 1
        if not row or row[0][0] != base:
            return rows or Lost(name, partition, base, max(last, base), "a page of the database cannot be read")
        if base + row[0][1] > offset:
            rows.append(row[0])
        if rows and base + row[0][1] - offset >= most:
            break
    return rows


def contiguous(
    connection: sqlite3.Connection, stream: tuple[int, str, int], offset: int, end: int, rows: list[Any]
) -> list[Any] | Lost:
    """The batches up to the first place where some are missing; what is missing, where that is at the beginning. What
    retention took, and what is known to be lost, is not missing."""
    seq, name, partition = stream
    at = offset
    whole: list[Any] = []
    for row in rows:
        base, count = row[:2]
        if base > at and not _is_gone(connection, seq, partition, at, base):
            return whole or Lost(name, partition, at, base - 1, "they are not in the database")
        if base < at and whole:
            return whole
        whole.append(row)
        at = base + count
    if not whole and at < end and not _is_gone(connection, seq, partition, at, end):
        return Lost(name, partition, at, end - 1, "they are not in the database")
    return whole


def _is_gone(connection: sqlite3.Connection, seq: int, partition: int, low: int, high: int) -> bool:
    rows = found(connection, "SELECT start_offset FROM partitions WHERE stream = ? AND partition = ?", seq, partition)
    if rows and high <= rows[0][0]:
        return True
    return any(first <= low and high <= last + 1 for first, last in known_lost(connection, seq, partition))


def known_lost(connection: sqlite3.Connection, seq: int, partition: int) -> list[tuple[int, int]]:
    """Stretches of offsets that a mending had to leave out."""
    rows = found(connection, "SELECT value FROM meta WHERE name = 'lost'")
    kept: list[list[int]] = msgspec.json.decode(rows[0][0]) if rows else []
    return [(first, last) for s, p, first, last in kept if (s, p) == (seq, partition)]
