"""A mover with state. What a batch changes of the state is saved with the position, the results and the failed events,
in one transaction: after a kill all of them are of the same moment.

A destination that keeps its own position may be one batch behind that transaction. What it misses is not computed
again, for the state has moved on: it was saved too, and is written when the mover resumes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stackfile.portable.models import Operation
from stackfile.portable.operations import print_operations
from stackfile_local.engine import progress
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.events import Batch, Checkpoint, Event, Failure, Position, offset_in
from stackfile_local.engine.hop import CatalogMoved, Route, check_catalog, following, last_notes, moved, same_place
from stackfile_local.engine.processor import Processor, Quiet, Settings, Taken
from stackfile_local.engine.sinks import Mover
from stackfile_local.engine.store import Store
from stackfile_local.engine.stride import Stride
from stackfile_local.engine.windows.state_log import StateLog


@dataclass
class StatefulHop:
    """As `Hop`, for operations that hold state."""

    store: Store
    route: Route
    catalog: int
    operations: Sequence[Operation]
    settings: Settings
    stride: Stride = field(default_factory=Stride)
    at: Checkpoint = field(default_factory=Checkpoint, init=False)
    processor: Processor | None = field(default=None, init=False)
    """None until the hop has resumed, and again after a failure, for then memory and store may differ."""
    _log: StateLog = field(init=False)
    _over: bool = field(default=False, init=False)
    """Whether what was saved is of other operations, and goes with the next batch."""

    def __post_init__(self) -> None:
        self._log = StateLog(self.route.owner.seq)

    @property
    def mover(self) -> Mover:
        return Mover(self.store.engine_id, self.route.owner.id, f"{self.route.input.id}#{self.route.input.seq}")

    @property
    def _digest(self) -> str:
        return digest_of(self.operations, self.route.input.seq)

    def resume(self) -> None:
        """Finds out where to go on. Raises ProviderError, and may be repeated."""
        if self.processor is not None:
            return
        saved = replace(progress.load(self.store, self.route.owner.seq, self.route.input.seq), noted=None)
        meta, changes = self._log.load(self.store)
        there = self.route.sink.resume(self.mover, saved)
        processor = Processor(self.operations, self.settings)
        if meta is not None and meta["digest"] == self._digest and self._catch_up(there, saved, meta):
            processor.restore(meta, changes)
            self.at = saved
        else:
            self._over = meta is not None
            self.at = replace(there, position=None, noted=None)
        self.processor = processor

    def _catch_up(self, there: Checkpoint, saved: Checkpoint, meta: dict[str, Any]) -> bool:
        """Whether the destination is where the state is, or was a batch behind and has it now."""
        behind = _turn(saved.position) - _turn(there.position)
        if behind == 1 and meta["outbox"] is not None:
            events: list[Event] = [tuple(event) for event in meta["outbox"]]
            sink = self.route.sink
            sink.finish(self.mover, sink.stage(sink.encode(events)), saved)
        return behind == 0 or (behind == 1 and meta["outbox"] is not None)

    def step(self) -> int | None:
        """Moves one batch and returns how many events it had; None where nothing is there to be read.

        Raises ProviderError, with nothing lost, and CatalogMoved.
        """
        if self.processor is None:
            self.resume()
            return self.step()
        began = self.store.clock.monotonic()
        batch = self.route.reader.read(self.at.position, self.stride.most)
        if same_place(batch, self.at.position):
            return None
        now = self.store.microseconds() // 1000
        pending = self._pending(self.store.connection, batch.next)
        self._save(self.processor, batch, self.processor.take(batch.events, pending, now))
        self.stride.took(self.store.clock.monotonic() - began, batch.count)
        return batch.count

    def settle(self, quiet: Quiet) -> bool:
        """Closes what nothing more can come to; False where there is nothing."""
        if self.processor is None or self.at.position is None:
            return False
        taken = self.processor.settle(quiet)
        if taken is None:
            return False
        self._save(self.processor, Batch((), (), self.at.position, 0), taken, quiet)
        return True

    def _save(self, processor: Processor, batch: Batch, taken: Taken, quiet: Quiet | None = None) -> None:
        self.processor = None  # until all of it is done
        route = self.route
        encoded = route.sink.stage(route.sink.encode(taken.events))
        sides = route.sides.stage(taken.routed, [batch.events[number] for number in taken.late])
        refused = [(taken.events[index], reason) for index, reason in encoded.refused]
        failures = self._failures(batch, taken, [*taken.broken, *refused, *sides.refused])
        at = following(self.at, batch, last_notes(self.at, batch, taken.mismatches, failures))
        at = replace(at, written=at.written + encoded.count, failed=at.failed + len(failures))
        at = replace(at, position={**batch.next, "turn": _turn(self.at.position) + 1})
        outbox = taken.events if route.own_position else None
        with self.store.transaction() as transaction:
            check_catalog(transaction, self.catalog)
            if quiet is not None and self._pending(transaction, batch.next):
                raise CatalogMoved  # events came since it was quiet
            now = self.store.append_time(transaction)
            route.dead_letters.append(transaction, failures, now)
            route.sink.apply(transaction, encoded, now)
            sides.apply(transaction, now)
            if self._over:
                self._log.discard(transaction)
            meta = {**processor.meta(), "digest": self._digest, "outbox": outbox}
            self._log.save(transaction, meta, taken.changes, processor.everything)
            progress.save(transaction, route.owner.seq, route.input.seq, at, moved(now, self.at, at, batch))
        self._over = False
        route.sink.finish(self.mover, encoded, at)
        self.at, self.processor = at, processor

    def _failures(self, batch: Batch, taken: Taken, outputs: Sequence[tuple[Event, str]]) -> list[Failure]:
        failures = list(batch.failed)
        failures.extend(self.route.failure(batch.events[number], reason) for number, reason in taken.failed)
        for event, reason in outputs:
            if taken.results:  # it stands in no stream: there is no place to name
                failures.append(Failure(0, 0, reason, {"value": event[1]}, event[0]))
            else:
                failures.append(self.route.failure(event, reason))
        return failures

    def _pending(self, connection: sqlite3.Connection, position: Position) -> frozenset[int]:
        """Partitions of the input that have more."""
        if self.route.input.kind != "stream":
            return frozenset()
        ends = connection.execute(
            "SELECT partition, end_offset FROM partitions WHERE stream = ?", (self.route.input.seq,)
        ).fetchall()
        return frozenset(partition for partition, end in ends if end > offset_in(position, partition))


def digest_of(operations: Sequence[Operation], input: int) -> str:
    """Whose state it is: that of other operations, or of another input, is of no use."""
    text = encode_json([print_operations(operations), input])
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _turn(position: Position | None) -> int:
    """Counts what was saved: a window may close without a step in the input."""
    return 0 if position is None else int(position.get("turn", 0))
