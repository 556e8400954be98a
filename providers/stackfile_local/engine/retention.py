"""Retention of streams to which nothing is appended: what is appended to drops what is old by itself."""

from __future__ import annotations

import sqlite3

import msgspec

from stackfile_local.engine import log
from stackfile_local.engine.log import Stream

_KEPT = """
SELECT o.seq, o.body, p.partition FROM objects o JOIN partitions p ON p.stream = o.seq
WHERE p.end_offset > p.start_offset"""


def expire_all(transaction: sqlite3.Connection, now: int) -> None:
    """Drops what has passed retention at `now`, in milliseconds."""
    for seq, body, partition in transaction.execute(_KEPT).fetchall():
        log.expire(transaction, Stream.of(seq, msgspec.json.decode(body)), partition, now)
