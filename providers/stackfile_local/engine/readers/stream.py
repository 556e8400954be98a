"""Reads a stream of the engine, partition by partition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackfile.errors import ProviderError
from stackfile.sdk.measures import Measured, Unit, lag
from stackfile_local.engine import log
from stackfile_local.engine.events import Batch, Event, Position, offset_in
from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store
from stackfile_local.engine.stored import Part, Stored


@dataclass(frozen=True, slots=True)
class StreamReader:
    """A position is an offset for each partition."""

    store: Store
    stream: Stream
    start: Mapping[str, int] = field(default_factory=dict)
    """Where to begin in partitions of which nothing was read."""

    def accepts(self, position: Position) -> bool:
        return True

    def read(self, position: Position | None, most: int) -> Batch:
        position = position or {"offsets": self.start}
        offsets = dict(position["offsets"])
        chunks: list[Part] = []
        found = skipped = lost = 0
        count = self.stream.partitions
        turn = sum(offsets.values())  # where one read does not reach all partitions, the next begins elsewhere
        for partition in ((turn + n) % count for n in range(count)):
            at = offset_in(position, partition)
            page = log.read(self.store, self.stream, partition, at, max(most // count, 1))
            if page.next > at:
                offsets[str(partition)] = page.next
            elif at:
                self._check_end(partition, at)
            chunks.extend(page.events.chunks)
            found += len(page.events)
            skipped += page.skipped
            lost += page.lost
            if found >= 2 * most:
                break
        told = ((skipped, "had passed retention unread"), (lost, "were damaged, and are gone"))
        notes = tuple(f"{count:,} events of {self.stream.name} {what}" for count, what in told if count)
        appended = sum(each.appended * len(each) for each in chunks)
        return Batch(Stored(chunks), (), {"offsets": offsets}, found, notes, appended=appended)

    def origin(self, event: Event) -> Mapping[str, Any]:
        headers = {"headers": event[2]} if event[2] else {}
        return {"stream": self.stream.name, "partition": event[4], "offset": event[5], "timestamp": event[3], **headers}

    def waiting(self, position: Position | None) -> bool:
        return False

    def lag(self, position: Position | None) -> Measured | None:
        position = position or {"offsets": self.start}
        partitions = range(self.stream.partitions)
        rest = sum(log.end_of(self.store, self.stream, p) - offset_in(position, p) for p in partitions)
        return lag(max(0, rest), Unit.EVENTS)

    def _check_end(self, partition: int, at: int) -> None:
        """A position beyond the end, taken from a destination, means that this engine's data is an older copy: going on
        would leave out whatever is appended next."""
        end = log.end_of(self.store, self.stream, partition)
        if at > end:
            raise ProviderError(
                f"the destination has stream {self.stream.name} up to offset {at:,} of partition {partition}, and the "
                f"stream ends at {end:,}: the engine's data is older than the destination's"
            )
