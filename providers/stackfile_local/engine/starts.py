"""Where a pipeline begins in a stream that it has not read yet, for those that do not begin with the oldest event.

It counts for as long as the pipeline lives: when what it holds is discarded, it is computed again from there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from stackfile_local.engine.store import Store

_ENDS = """
SELECT p.partition, p.end_offset FROM partitions p
JOIN links l ON l.target = p.stream WHERE l.owner = ? AND l.field = 'source'"""
_decode = msgspec.json.Decoder(dict[str, int]).decode


def start_at_end(transaction: sqlite3.Connection, pipeline: int) -> None:
    """It begins with what is appended from this transaction on."""
    ends = {str(partition): end for partition, end in transaction.execute(_ENDS, (pipeline,))}
    transaction.execute("INSERT INTO starts VALUES (?, ?)", (pipeline, msgspec.json.encode(ends).decode()))


def starts_of(store: Store) -> Mapping[int, Mapping[str, int]]:
    """By pipeline. One that is not there begins with the oldest event of each partition."""
    if not store.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'starts'"):
        return {}
    return {pipeline: _decode(offsets) for pipeline, offsets in store.rows("SELECT owner, offsets FROM starts")}
