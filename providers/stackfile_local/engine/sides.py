"""Streams beside the destination of a pipeline: where `route` sends events, and where late ones go."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackfile_local.engine.events import Event
from stackfile_local.engine.sinks import Encoded
from stackfile_local.engine.sinks.stream import StreamSink


@dataclass(frozen=True, slots=True)
class Staged:
    """What is to be appended; `refused` are events that their stream cannot take, with the reason."""

    appends: Sequence[tuple[StreamSink, Encoded]] = ()
    refused: Sequence[tuple[Event, str]] = ()

    def apply(self, transaction: sqlite3.Connection, now: int) -> None:
        for sink, encoded in self.appends:
            sink.apply(transaction, encoded, now)

    @property
    def count(self) -> int:
        return sum(encoded.count for _, encoded in self.appends)


@dataclass(frozen=True, slots=True)
class Sides:
    """By the names that routes give them; `late` has none."""

    streams: Mapping[str, StreamSink] = field(default_factory=dict)
    late: StreamSink | None = None

    def stage(self, routed: Mapping[str, Sequence[Event]], late: Sequence[Event] = ()) -> Staged:
        appends: list[tuple[StreamSink, Encoded]] = []
        refused: list[tuple[Event, str]] = []
        given = [(self.streams[name], events) for name, events in routed.items()]
        if self.late is not None:
            given.append((self.late, late))
        for sink, events in given:
            if events:
                encoded = sink.encode(events)
                appends.append((sink, encoded))
                refused.extend((events[index], reason) for index, reason in encoded.refused)
        return Staged(appends, refused)
