"""Writes to a stream of the engine, in the very transaction that saves the checkpoint: exactly once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from stackfile_local.engine import log
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.log import Stream
from stackfile_local.engine.sinks import Encoded, Mover
from stackfile_local.engine.store import Store


@dataclass(frozen=True, slots=True)
class StreamSink:
    """Keys, values and headers are kept; the time of an event is when it was appended."""

    store: Store
    stream: Stream

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        return saved

    def encode(self, events: Sequence[Event]) -> Encoded:
        turn = 0 if self.stream.partitions == 1 else log.total(self.store, self.stream)
        packed, refused = log.encode(self.stream, events, turn)
        return Encoded(packed, len(events) - len(refused), refused)

    def stage(self, encoded: Encoded) -> Encoded:
        return encoded

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None:
        log.append(transaction, self.stream, encoded.payload, now)

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        pass

    def close(self) -> None:
        pass
