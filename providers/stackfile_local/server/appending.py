"""Appends of many requests as one: they share their batches and the transaction, and each gets its own answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from stackfile_local.engine import log
from stackfile_local.engine.events import Event
from stackfile_local.engine.log import Labels, Stream
from stackfile_local.server.errors import MESSAGE_TOO_LARGE, ApiError
from stackfile_local.server.known_streams import KnownStreams
from stackfile_local.server.requests import Produced

REPEATS_MS = 120_000
"""For so long the id of an event is known, and a repeat is answered with the first one's place."""


class Placed(msgspec.Struct, gc=False):
    """Where an event is. There is one for every event: the quickest kind of object that there is."""

    partition: int
    offset: int
    duplicate: bool = False


@dataclass(slots=True, eq=False)
class Append:
    """One request. After `append_all` it has either `wrong` or, for each event, where it is or why not."""

    stream: str
    produced: Produced
    seq: int = 0
    timestamp: int = 0
    placed: Sequence[Placed | ApiError] = ()
    wrong: ApiError | None = None


@dataclass(slots=True)
class _Group:
    """The requests for one stream that are stored alike."""

    stream: Stream
    requests: list[Append] = field(default_factory=list)


def append_all(
    transaction: sqlite3.Connection, known: KnownStreams, requests: Iterable[Append], now: int
) -> frozenset[int]:
    """Returns the streams that got events, by their seq."""
    groups: dict[tuple[str, str | None], _Group] = {}
    for request in requests:
        key = (request.stream, request.produced.codec)
        try:
            if key not in groups:
                stream = known.find(request.stream)
                codec = request.produced.codec
                groups[key] = _Group(stream if codec is None else replace(stream, codec=codec))
            groups[key].requests.append(request)
        except ApiError as error:
            request.wrong = error
    for group in groups.values():
        _append(transaction, group, now)
    return frozenset(group.stream.seq for group in groups.values())


def _append(transaction: sqlite3.Connection, group: _Group, now: int) -> None:
    events: list[Event] = []
    places: list[Any] = []
    ids: list[str | None] = []
    for request in group.requests:
        events += request.produced.events
        places += request.produced.places
        ids += request.produced.ids
    if any(ids):
        placed = _append_fresh(transaction, group.stream, (events, places, ids), now)
    else:
        placed = _append_each(transaction, group.stream, events, Labels(places, ()), now)
    at = 0
    for request in group.requests:
        end = at + len(request.produced.events)
        request.placed, request.seq, request.timestamp = placed[at:end], group.stream.seq, now
        at = end


def _append_fresh(
    transaction: sqlite3.Connection,
    stream: Stream,
    given: tuple[list[Event], list[Any], list[str | None]],
    now: int,
) -> list[Placed | ApiError]:
    """Leaves out events whose id is known, and notes the ids of the others."""
    events, places, ids = given
    known: dict[int, Placed] = {}
    first: dict[str, int] = {}
    fresh: list[int] = []
    for index, id in enumerate(ids):
        if id is not None:
            if id in first:
                continue
            first[id] = index
            if (found := _repeat(transaction, stream, id, now)) is not None:
                known[index] = found
                continue
        fresh.append(index)
    labels = Labels([places[index] for index in fresh], [ids[index] for index in fresh])
    written = _append_each(transaction, stream, [events[index] for index in fresh], labels, now)
    placed: dict[int, Placed | ApiError] = {**known, **dict(zip(fresh, written, strict=True))}
    rows = [
        (stream.seq, ids[index], one.partition, one.offset, now)
        for index, one in zip(fresh, written, strict=True)
        if ids[index] is not None and isinstance(one, Placed)
    ]
    transaction.executemany("INSERT OR REPLACE INTO event_ids VALUES (?, ?, ?, ?, ?)", rows)
    return [placed[index] if index in placed else _again(placed[first[str(id)]]) for index, id in enumerate(ids)]


def _again(first: Placed | ApiError) -> Placed | ApiError:
    return Placed(first.partition, first.offset, duplicate=True) if isinstance(first, Placed) else first


def _repeat(transaction: sqlite3.Connection, stream: Stream, id: str, now: int) -> Placed | None:
    row = transaction.execute(
        'SELECT partition, "offset" FROM event_ids WHERE stream = ? AND event_id = ? AND at >= ?',
        (stream.seq, id, now - REPEATS_MS),
    ).fetchone()
    return None if row is None else Placed(row[0], row[1], duplicate=True)


def _append_each(
    transaction: sqlite3.Connection, stream: Stream, events: Sequence[Event], labels: Labels, now: int
) -> list[Placed | ApiError]:
    packed, refused = log.encode(stream, events, _turn(transaction, stream, labels), labels)
    placed: list[Any] = [None] * len(events)
    for batch, base in zip(packed, log.append(transaction, stream, packed, now), strict=True):
        partition = batch.partition
        for offset, index in enumerate(batch.indices, base):
            placed[index] = Placed(partition, offset)
    for index, says in refused:
        placed[index] = ApiError(MESSAGE_TOO_LARGE, f"the event has {says}")
    return placed


def _turn(transaction: sqlite3.Connection, stream: Stream, labels: Labels) -> int:
    """Where round robin goes on: at the number of events so far."""
    if stream.partitions == 1 or None not in labels.places:
        return 0
    sql = "SELECT coalesce(sum(end_offset), 0) FROM partitions WHERE stream = ?"
    return int(transaction.execute(sql, (stream.seq,)).fetchone()[0])


def forget_old_ids(transaction: sqlite3.Connection, now: int) -> None:
    for (stream,) in transaction.execute("SELECT DISTINCT stream FROM event_ids").fetchall():
        transaction.execute("DELETE FROM event_ids WHERE stream = ? AND at < ?", (stream, now - REPEATS_MS))
