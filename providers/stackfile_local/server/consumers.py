"""Consumer groups: what each has committed, which is the next event it will read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store
from stackfile_local.server.errors import CONSUMER_GROUP_NOT_FOUND, INVALID_OFFSET, ApiError, invalid
from stackfile_local.server.known_streams import KnownStreams
from stackfile_local.server.names import check_name, object_of, time_text

_OFFSETS = """
SELECT o.name, c.partition, c."offset", coalesce(p.end_offset, 0) FROM commits c
JOIN objects o ON o.seq = c.stream
LEFT JOIN partitions p ON p.stream = c.stream AND p.partition = c.partition
WHERE c.consumer_group = ? ORDER BY o.name, c.partition"""


@dataclass(frozen=True, slots=True)
class Offset:
    """A position in a partition: the next event to read."""

    stream: str
    partition: int
    offset: int

    @property
    def body(self) -> dict[str, Any]:
        return {"stream": self.stream, "partition": self.partition, "offset": self.offset}


@dataclass(slots=True, eq=False)
class Commit:
    """One request. After `commit` it is done, or `wrong` says why nothing of it is. `creates`: the group may be new."""

    group: str
    offsets: Sequence[Offset]
    creates: bool = False
    wrong: ApiError | None = None


def parse_offsets(raw: Any) -> list[Offset]:
    """The body of a commit. Raises ApiError."""
    entries = object_of("body", raw, ("offsets",)).get("offsets")
    if not isinstance(entries, list) or not entries:
        raise invalid("offsets", "a list of at least one {stream, partition, offset}")
    return [_offset(f"offsets[{number}]", entry) for number, entry in enumerate(entries)]


def _offset(field: str, raw: Any) -> Offset:
    entry = object_of(field, raw, ("stream", "partition", "offset"))
    stream = check_name(f"{field}.stream", entry.get("stream"))
    partition, offset = entry.get("partition"), entry.get("offset")
    if type(partition) is not int or type(offset) is not int:
        raise ApiError(INVALID_OFFSET, f"{field}: partition and offset are whole numbers", {"field": field})
    return Offset(stream, partition, offset)


def commit(transaction: sqlite3.Connection, known: KnownStreams, request: Commit, now: int) -> None:
    """All of it or nothing; offsets may go back."""
    try:
        if request.creates:
            transaction.execute("INSERT OR IGNORE INTO consumer_groups VALUES (?, ?)", (request.group, now))
        else:
            _check_group(transaction, request.group)
        rows = [_row(transaction, known.find(one.stream), request.group, one, now) for one in request.offsets]
    except ApiError as error:
        request.wrong = error
        return
    transaction.executemany(
        'INSERT INTO commits VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "offset" = ?4, at = ?5', rows
    )


def _row(
    transaction: sqlite3.Connection, stream: Stream, group: str, one: Offset, now: int
) -> tuple[str, int, int, int, int]:
    if not 0 <= one.partition < stream.partitions:
        says = f"stream {stream.name} has partitions 0 to {stream.partitions - 1}, and no {one.partition}"
        raise ApiError(INVALID_OFFSET, says, one.body)
    end = _end(transaction, stream, one.partition)
    if not 0 <= one.offset <= end:
        says = f"offset {one.offset} is not within 0 to {end} of stream {stream.name}, partition {one.partition}"
        raise ApiError(INVALID_OFFSET, says, {**one.body, "endOffset": end})
    return (group, stream.seq, one.partition, one.offset, now)


def _end(transaction: sqlite3.Connection, stream: Stream, partition: int) -> int:
    sql = "SELECT end_offset FROM partitions WHERE stream = ? AND partition = ?"
    row = transaction.execute(sql, (stream.seq, partition)).fetchone()
    return int(row[0]) if row else 0


def _check_group(transaction: sqlite3.Connection, group: str) -> None:
    if not transaction.execute("SELECT 1 FROM consumer_groups WHERE name = ?", (group,)).fetchone():
        raise _no_group(group)


def _no_group(group: str) -> ApiError:
    return ApiError(CONSUMER_GROUP_NOT_FOUND, f"there is no consumer group {group}", {"consumerGroup": group})


def committed(store: Store, group: str, stream: Stream) -> Mapping[int, int]:
    """By partition."""
    sql = 'SELECT partition, "offset" FROM commits WHERE consumer_group = ? AND stream = ?'
    return dict(store.rows(sql, group, stream.seq))


def is_known(store: Store, group: str) -> bool:
    return bool(store.rows("SELECT 1 FROM consumer_groups WHERE name = ?", group))


def list_groups(store: Store) -> dict[str, Any]:
    return {"consumers": [_group(store, *row) for row in store.rows("SELECT * FROM consumer_groups ORDER BY name")]}


def read_group(store: Store, group: str) -> dict[str, Any]:
    rows = store.rows("SELECT * FROM consumer_groups WHERE name = ?", group)
    if not rows:
        raise _no_group(group)
    return _group(store, *rows[0])


def delete_group(store: Store, group: str) -> dict[str, Any]:
    with store.transaction() as transaction:
        _check_group(transaction, group)
        transaction.execute("DELETE FROM consumer_groups WHERE name = ?", (group,))
    return {"status": "deleted", "consumerGroup": group, "deletedAt": time_text(store.microseconds() // 1000)}


def _group(store: Store, name: str, created_at: int) -> dict[str, Any]:
    offsets = [
        {"stream": stream, "partition": partition, "offset": offset, "endOffset": end, "lag": max(0, end - offset)}
        for stream, partition, offset, end in store.rows(_OFFSETS, name)
    ]
    lag = sum(int(one["lag"]) for one in offsets)
    return {"consumerGroup": name, "createdAt": time_text(created_at), "lag": lag, "offsets": offsets}


def ends(store: Store, stream: Stream) -> dict[int, tuple[int, int]]:
    """First kept and next offset of every partition of a stream."""
    sql = "SELECT partition, start_offset, end_offset FROM partitions WHERE stream = ?"
    found = {partition: (start, end) for partition, start, end in store.rows(sql, stream.seq)}
    return {partition: found.get(partition, (0, 0)) for partition in range(stream.partitions)}
