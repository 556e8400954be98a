"""Sends a consumer group of this engine elsewhere: every partition that it has committed."""

from __future__ import annotations

from datetime import datetime

from stackfile.errors import NotFound, Rejected
from stackfile.sdk.operations import OffsetsMoved, OffsetsReset
from stackfile_local.engine.store import Store

_COMMITTED = """
SELECT o.name, c.stream, c.partition, c."offset", coalesce(p.start_offset, 0), coalesce(p.end_offset, 0) FROM commits c
JOIN objects o ON o.seq = c.stream
LEFT JOIN partitions p ON p.stream = c.stream AND p.partition = c.partition
WHERE c.consumer_group = ? ORDER BY o.name, c.partition"""
_COMMIT = 'UPDATE commits SET "offset" = ?, at = ? WHERE consumer_group = ? AND stream = ? AND partition = ?'


def rewind(store: Store, request: OffsetsReset) -> list[OffsetsMoved]:
    """All of it or nothing; an offset that a partition has no more, or not yet, becomes the nearest that it has. Raises
    NotFound and Rejected."""
    store.calls += 1
    now = store.microseconds() // 1000
    with store.transaction() as transaction:
        rows = transaction.execute(_COMMITTED, (request.group,)).fetchall()
        chosen = [row for row in rows if not request.topics or row[0] in request.topics]
        refuse_unknown(request, [row[0] for row in rows])
        after = [target(request, start, end) for *_, start, end in chosen]
        for row, offset in zip(chosen, after, strict=True):
            transaction.execute(_COMMIT, (offset, now, request.group, row[1], row[2]))
    return [OffsetsMoved(row[0], row[2], row[3], offset) for row, offset in zip(chosen, after, strict=True)]


def refuse_unknown(request: OffsetsReset, streams: list[str]) -> None:
    if not streams:
        raise NotFound(f"no consumer group {request.group} has committed anything")
    for name in request.topics:
        if name not in streams:
            raise NotFound(f"{request.group} has committed nothing of {name}")


def target(request: OffsetsReset, start: int, end: int) -> int:
    """Raises Rejected for a time."""
    if isinstance(request.to, datetime):
        raise Rejected("an engine finds no offset by time; say earliest, latest or an offset")
    if isinstance(request.to, int):
        return min(max(request.to, start), end)
    return start if request.to == "earliest" else end
