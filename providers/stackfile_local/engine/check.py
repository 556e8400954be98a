"""Reads all that an engine holds, and tells what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stackfile.sdk.operations import Soundness
from stackfile_local.engine import log
from stackfile_local.engine.damage import Damaged, Lost, found
from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store

_AT_ONCE = 10_000
_STREAMS = "SELECT seq, body FROM objects WHERE kind = 'stream' ORDER BY name"


def check(store: Store) -> Soundness:
    """Raises Damaged where not even the list of streams can be read."""
    streams = [Stream.of(seq, msgspec.json.decode(body)) for seq, body in store.rows(_STREAMS)]
    events = 0
    lost: list[Lost] = []
    for stream in streams:
        for partition in range(stream.partitions):
            for one in _read(store, stream, partition):
                if isinstance(one, Lost):
                    lost.append(one)
                else:
                    events += one
    return Soundness(len(streams), events, tuple(map(str, lost)), tuple(_amiss(store)))


def _read(store: Store, stream: Stream, partition: int) -> Iterator[int | Lost]:
    """Counts of events that were read, and what could not be."""
    at = log.start_of(store, stream, partition)
    while at < log.end_of(store, stream, partition):
        try:
            page = log.read(store, stream, partition, at, _AT_ONCE)
            for chunk in page.events.chunks:
                chunk.events()
        except Damaged as error:
            if "nextOffset" not in error.details:
                raise
            first, next = int(error.details["offset"]), int(error.details["nextOffset"])
            yield Lost(stream.name, partition, first, next - 1, _reason(error))
            at = next
        else:
            yield len(page.events)
            at = page.next


def _reason(error: Damaged) -> str:
    return str(error).partition(" are damaged: ")[2].partition("; stack engine mend")[0]


def _amiss(store: Store) -> Iterator[str]:
    rows: list[Any] | None = found(store.connection, "PRAGMA quick_check(5)")
    if rows is None:
        yield "the pages of the database do not fit together"
    for (says,) in rows or ():
        if says != "ok":
            yield " ".join(str(says).split())
