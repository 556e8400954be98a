"""The log of a stream: appended in batches, read from an offset, cut at the old end by retention."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.portable.quantities import parse_duration, parse_size, print_size
from stackfile_local.engine.codec import (
    COMPRESS,
    Columns,
    check_count,
    decompress,
    pack,
    size_of,
    telling_damage,
    unpack_raw,
)
from stackfile_local.engine.damage import Damaged, Lost, contiguous, is_damage, whole_from
from stackfile_local.engine.events import Event
from stackfile_local.engine.placement import place
from stackfile_local.engine.store import Store
from stackfile_local.engine.stored import Chunk, Stored

BATCH_EVENTS = 1000
"""A reader that wants a hundred events decodes at most one such batch for them."""
BATCH_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Stream:
    """What the log must know of a stream. `retention` is milliseconds, None for ever; `largest` is bytes an event;
    `kept` is bytes a partition, None for any number."""

    seq: int
    name: str
    partitions: int
    retention: int | None
    largest: int
    codec: str
    kept: int | None = None

    @classmethod
    def of(cls, seq: int, body: Mapping[str, Any]) -> Stream:
        retention = str(body["retention"])
        return cls(
            seq,
            str(body["name"]),
            int(body["partitions"]),
            None if retention == "forever" else parse_duration(retention),
            parse_size(str(body["max_message_size"])),
            str(body["compression"]),
            parse_size(body["retention_size"]) if "retention_size" in body else None,
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """One batch, ready to be appended; `size` is bytes before compression, `indices` says which events it holds."""

    partition: int
    count: int
    size: int
    data: bytes
    indices: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """What producers say of events beside them: by what each is placed, None for its key, and its id, where it has
    one."""

    places: Sequence[Any]
    ids: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one partition from an offset on; `next` is where to go on. `skipped` had passed retention unread, and
    `lost` were damaged and are gone."""

    events: Stored
    next: int
    skipped: int = 0
    lost: int = 0


def encode(
    stream: Stream, events: Sequence[Event], turn: int, labels: Labels | None = None
) -> tuple[list[Packed], list[tuple[int, str]]]:
    """Batches for an append, and the events that are too large, by index with the reason."""
    if stream.partitions == 1:
        placed: Sequence[Sequence[int]] = [range(len(events))]
    else:
        keys = (event[0] for event in events) if labels is None else labels.places
        placed = place(keys, stream.partitions, turn)
    packer = _Packer(stream, events, () if labels is None else labels.ids)
    for partition, indices in enumerate(placed):
        for start in range(0, len(indices), BATCH_EVENTS):
            packer.add(partition, indices[start : start + BATCH_EVENTS])
    return packer.packed, sorted(packer.refused)


@dataclass(slots=True)
class _Packer:
    """Cuts events into batches that are not too large."""

    stream: Stream
    events: Sequence[Event]
    ids: Sequence[str | None]
    packed: list[Packed] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def add(self, partition: int, indices: Sequence[int]) -> None:
        if not indices:
            return
        events, ids = _picked(self.events, indices), [self.ids[index] for index in indices] if self.ids else ()
        data = pack(events, ids)
        if len(data) > self.stream.largest:  # a batch that is no larger holds no event that is
            fitting = self._fitting(indices)
            if len(fitting) < len(indices):
                self.add(partition, fitting)
                return
        if len(data) > BATCH_BYTES and len(indices) > 1:
            middle = len(indices) // 2
            self.add(partition, indices[:middle])
            self.add(partition, indices[middle:])
            return
        self.packed.append(Packed(partition, len(indices), len(data), COMPRESS[self.stream.codec](data), indices))

    def _fitting(self, indices: Sequence[int]) -> list[int]:
        sizes = {index: size_of(self.events[index]) for index in indices}
        largest = self.stream.largest
        self.refused += [(index, _too_large(size, self.stream)) for index, size in sizes.items() if size > largest]
        return [index for index in indices if sizes[index] <= largest]


def _picked(events: Sequence[Event], indices: Sequence[int]) -> Sequence[Event]:
    if isinstance(indices, range):
        return events[indices.start : indices.stop]
    return [events[index] for index in indices]


def _too_large(size: int, stream: Stream) -> str:
    return f"{size:,} bytes, and stream {stream.name} takes events up to {print_size(stream.largest)}"


def append(transaction: sqlite3.Connection, stream: Stream, packed: Sequence[Packed], now: int) -> list[int]:
    """Writes batches at the end of their partitions, and drops what has passed retention. Returns the offset of the
    first event of each."""
    ends: dict[int, int] = {}
    sizes: dict[int, int] = {}
    rows, bases = [], []
    for batch in packed:
        partition = batch.partition
        end = ends[partition] if partition in ends else _end(transaction, stream.seq, partition)
        crc = zlib.crc32(batch.data)
        rows.append((stream.seq, partition, end, batch.count, now, batch.size, stream.codec, crc, batch.data))
        bases.append(end)
        ends[partition] = end + batch.count
        sizes[partition] = sizes.get(partition, 0) + batch.size
    transaction.executemany(
        "INSERT INTO batches (stream, partition, base, count, appended, bytes, codec, crc, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    for partition, end in ends.items():
        transaction.execute(
            "INSERT INTO partitions VALUES (?1, ?2, 0, ?3, ?4) ON CONFLICT DO UPDATE "
            "SET end_offset = ?3, bytes = bytes + ?4",
            (stream.seq, partition, end, sizes[partition]),
        )
        expire(transaction, stream, partition, now)
    return bases


def expire(transaction: sqlite3.Connection, stream: Stream, partition: int, now: int) -> None:
    """Drops whole batches that are older than the stream keeps them, or beyond its bytes, the newest never for those;
    offsets are never used again. What is damaged stays, so that it is told."""
    where = (stream.seq, partition)
    try:
        if stream.retention is not None:
            _expire(transaction, where, now - stream.retention)
        if stream.kept is not None:
            _cut(transaction, where, stream.kept)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise


def _expire(transaction: sqlite3.Connection, where: tuple[int, int], limit: int) -> None:
    oldest = transaction.execute(
        "SELECT appended FROM batches WHERE stream = ? AND partition = ? ORDER BY base LIMIT 1", where
    ).fetchone()
    if oldest is None or oldest[0] >= limit:
        return
    kept = transaction.execute(
        "SELECT base FROM batches WHERE stream = ? AND partition = ? AND appended >= ? ORDER BY base LIMIT 1",
        (*where, limit),
    ).fetchone()
    _drop(transaction, where, kept[0] if kept is not None else _end(transaction, *where))


def _cut(transaction: sqlite3.Connection, where: tuple[int, int], most: int) -> None:
    held = transaction.execute("SELECT bytes FROM partitions WHERE stream = ? AND partition = ?", where).fetchone()
    if held is None or held[0] <= most:
        return
    size, start = held[0], 0
    rows = transaction.execute(
        "SELECT base, bytes FROM batches WHERE stream = ? AND partition = ? ORDER BY base", where
    )
    for base, length in rows:
        start = base
        if size <= most:
            break
        size -= length
    _drop(transaction, where, start)


def _drop(transaction: sqlite3.Connection, where: tuple[int, int], start: int) -> None:
    """All batches before an offset."""
    old = "FROM batches WHERE stream = ? AND partition = ? AND base < ?"
    (size,) = transaction.execute(f"SELECT coalesce(sum(bytes), 0) {old}", (*where, start)).fetchone()
    transaction.execute(f"DELETE {old}", (*where, start))
    transaction.execute(
        "UPDATE partitions SET start_offset = ?, bytes = bytes - ? WHERE stream = ? AND partition = ?",
        (start, size, *where),
    )


def read(store: Store, stream: Stream, partition: int, offset: int, most: int) -> Page:
    """At most about `most` events, never less than one batch where there is one. Raises ProviderError for damage."""
    bounds = store.rows(
        "SELECT start_offset, end_offset FROM partitions WHERE stream = ? AND partition = ?", stream.seq, partition
    )
    if not bounds:
        return Page(Stored(()), offset)
    ((start, end),) = bounds
    skipped = max(0, start - offset)
    at = offset + skipped
    chunks: list[Chunk] = []
    lost = 0
    for row in _batches(store, stream, partition, at, end, most):
        try:
            chunk = _chunk(stream, partition, at, row)
        except Damaged:
            if not chunks:
                raise
            return Page(Stored(chunks), at, skipped, lost)
        if chunk.base > at:
            passed = min(max(0, start_of(store, stream, partition) - at), chunk.base - at)
            skipped, lost = skipped + passed, lost + chunk.base - at - passed
        chunks.append(chunk)
        at = chunk.base + chunk.count
    if not chunks and at < end:
        lost, at = end - at, end
    return Page(Stored(chunks), at, skipped, lost)


def _chunk(stream: Stream, partition: int, at: int, row: tuple[int, int, int, str, int, bytes]) -> Chunk:
    base, count, appended, codec, crc, data = row
    with telling_damage(stream.name, partition, base, count):
        _check(data, crc)
        plain = decompress(data, codec)
    return Chunk(stream.name, partition, base, count, appended, plain, max(0, at - base))


def start_of(store: Store, stream: Stream, partition: int) -> int:
    row = store.rows("SELECT start_offset FROM partitions WHERE stream = ? AND partition = ?", stream.seq, partition)
    return int(row[0][0]) if row else 0


def end_of(store: Store, stream: Stream, partition: int) -> int:
    row = store.rows("SELECT end_offset FROM partitions WHERE stream = ? AND partition = ?", stream.seq, partition)
    return int(row[0][0]) if row else 0


def total(store: Store, stream: Stream) -> int:
    """Events ever appended, in all partitions."""
    return int(store.rows("SELECT coalesce(sum(end_offset), 0) FROM partitions WHERE stream = ?", stream.seq)[0][0])


def raw(store: Store, stream: Stream, partition: int, offset: int, most: int) -> Iterator[tuple[int, int, Columns]]:
    """Whole batches from the one that holds `offset` on, as many as hold `most` events or some tens of MiB: the first
    offset, when it was appended, and the columns. Raises ProviderError for damage."""
    end = end_of(store, stream, partition)
    for row in _batches(store, stream, partition, offset, end, most):
        base, count, appended, codec, crc, data = row
        with telling_damage(stream.name, partition, base, count):
            _check(data, crc)
            columns = unpack_raw(data, codec)
            check_count(columns.v, count)
        yield base, appended, columns


def _batches(store: Store, stream: Stream, partition: int, offset: int, end: int, most: int) -> list[Any]:
    """As `_stored`, up to the first that is damaged. Raises Damaged where that is the first."""
    where = (stream.seq, stream.name, partition)
    try:
        rows: list[Any] | Lost = _stored(store, stream.seq, partition, offset, most)
    except Damaged:
        rows = whole_from(store.connection, where, offset, end, most)
    if not isinstance(rows, Lost):
        rows = contiguous(store.connection, where, offset, end, rows)
    if isinstance(rows, Lost):
        raise rows.error()
    return rows


def _stored(store: Store, stream: int, partition: int, offset: int, most: int) -> list[Any]:
    """Whole batches from the one that holds `offset` on, as many as hold `most` events or some tens of MiB."""
    first = store.rows(
        "SELECT max(base) FROM batches WHERE stream = ? AND partition = ? AND base <= ?", stream, partition, offset
    )[0][0]
    sizes = store.rows(
        "SELECT base, count, bytes FROM batches WHERE stream = ? AND partition = ? AND base >= ? "
        "AND base + count > ? ORDER BY base LIMIT ?",
        *(stream, partition, first if first is not None else offset, offset, max(1, most)),
    )
    last, events, size = None, 0, 0
    for base, count, length in sizes:
        if last is not None and (events + count > most or size + length > 8 * BATCH_BYTES):
            break
        last, events, size = base, events + count, size + length
    if last is None:
        return []
    return store.rows(
        "SELECT base, count, appended, codec, crc, data FROM batches "
        "WHERE stream = ? AND partition = ? AND base BETWEEN ? AND ? ORDER BY base",
        *(stream, partition, sizes[0][0], last),
    )


def _check(data: bytes, crc: int) -> None:
    if zlib.crc32(data) != crc:
        raise ValueError("its checksum does not fit")


def _end(transaction: sqlite3.Connection, stream: int, partition: int) -> int:
    row = transaction.execute(
        "SELECT end_offset FROM partitions WHERE stream = ? AND partition = ?", (stream, partition)
    ).fetchone()
    return int(row[0]) if row else 0
