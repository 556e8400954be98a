"""One mover: an input, a chain of operations, an output. A step takes one batch through all of them, exactly once.

The failed events of a batch and the new checkpoint are saved in one transaction of the engine, with the events
themselves where they go to a stream. A destination that keeps its own position is behind that transaction, never ahead
of it; what it misses after a kill is computed again, and failed events that are kept already are left out then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from stackfile.errors import ProviderError, StackError
from stackfile_local.engine import progress
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.dead_letters import DeadLetters
from stackfile_local.engine.events import Batch, Checkpoint, Event, Failure, Position, is_fresh, noting, offset_in
from stackfile_local.engine.readers import Reader
from stackfile_local.engine.recent import Moved
from stackfile_local.engine.sides import Sides, Staged
from stackfile_local.engine.sinks import Encoded, Mover, Sink
from stackfile_local.engine.store import Store
from stackfile_local.engine.stride import Stride

_NOTES = 5


class CatalogMoved(StackError):
    """Something was declared, changed or deleted since the hops were made; nothing of the batch was written."""


class Output(Protocol):
    """What a chain gave: events, and which of its input failed, by index with the reason."""

    @property
    def events(self) -> Sequence[Event]: ...

    @property
    def failed(self) -> Sequence[tuple[int, str]]: ...

    @property
    def mismatches(self) -> Mapping[str, int]:
        """By place, comparisons that were false because their sides are of different kinds."""

    @property
    def routed(self) -> Mapping[str, Sequence[Event]]:
        """By the name of a stream, what was routed there."""


class Chain(Protocol):
    """Operations, compiled."""

    def run(self, events: Sequence[Event]) -> Output: ...


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The chain of no operations."""

    def run(self, events: Sequence[Event]) -> Output:
        return Passed(events)


@dataclass(frozen=True, slots=True)
class Passed:
    events: Sequence[Event]
    failed: Sequence[tuple[int, str]] = ()
    mismatches: Mapping[str, int] = field(default_factory=dict)
    routed: Mapping[str, Sequence[Event]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the events of `owner` come from and go to. `input` is the object that it reads, by its `seq` and id."""

    owner: Entry
    input: Entry
    reader: Reader
    chain: Chain
    sink: Sink
    dead_letters: DeadLetters
    own_position: bool
    """The destination keeps the position itself."""
    sides: Sides = field(default_factory=Sides)

    def failure(self, event: Event, reason: str) -> Failure:
        key, value, _, _, partition, offset = event
        kept = {**self.reader.origin(event), "value": value}
        return Failure(partition, offset, reason, kept if key is None else {**kept, "key": key}, key)


@dataclass
class Hop:
    """A route under way in one run. `catalog` is the catalog's version that the route was made of."""

    store: Store
    route: Route
    catalog: int
    stride: Stride = field(default_factory=Stride)
    at: Checkpoint = field(default_factory=Checkpoint, init=False)
    _resumed: bool = field(default=False, init=False)

    @property
    def mover(self) -> Mover:
        return Mover(self.store.engine_id, self.route.owner.id, f"{self.route.input.id}#{self.route.input.seq}")

    def resume(self) -> None:
        """Finds out where to go on; must be called before the first step. Raises ProviderError, and may be repeated."""
        if self._resumed:
            return
        route = self.route
        saved = progress.load(self.store, route.owner.seq, route.input.seq)
        if saved.noted is not None and not route.reader.accepts(saved.noted):
            saved = replace(saved, noted=None)
        self.at = route.sink.resume(self.mover, saved)
        self._resumed = True

    def step(self) -> int | None:
        """Moves one batch and returns how many events it had; None where nothing is there to be read.

        Raises ProviderError, with nothing lost, and CatalogMoved.
        """
        try:
            return self._move()
        except ProviderError:
            self._resumed = False  # the destination may have the batch, or not: it is asked
            raise

    def _move(self) -> int | None:
        route, at = self.route, self.at
        began = self.store.clock.monotonic()
        batch = route.reader.read(at.position, self.stride.most)
        if same_place(batch, at.position):
            return None
        output = route.chain.run(batch.events)
        encoded = route.sink.stage(route.sink.encode(output.events))
        noted = None if batch.anew else at.noted
        sides = route.sides.stage(_fresh(output.routed, noted))
        failures = self._failures(batch, output, encoded, sides)
        next = self._following(batch, output, encoded, failures)
        fresh = [f for f in failures if is_fresh(noted, f.partition, f.offset)]
        with self.store.transaction() as transaction:
            check_catalog(transaction, self.catalog)
            now = self.store.append_time(transaction)
            route.dead_letters.append(transaction, fresh, now)
            route.sink.apply(transaction, encoded, now)
            sides.apply(transaction, now)
            progress.save(transaction, route.owner.seq, route.input.seq, next, moved(now, self.at, next, batch))
            if batch.receipt is not None:
                batch.receipt.save(transaction, now)
        self.at = replace(at, noted=next.noted)
        route.sink.finish(self.mover, encoded, next)
        self.at = next
        if batch.receipt is not None:
            batch.receipt.done()
        self.stride.took(self.store.clock.monotonic() - began, batch.count)
        return batch.count

    def _following(self, batch: Batch, output: Output, encoded: Encoded, failures: Sequence[Failure]) -> Checkpoint:
        at = following(self.at, batch, last_notes(self.at, batch, output.mismatches, failures))
        noted = None
        if self.route.own_position:
            before = None if batch.anew else self.at.noted
            noted = noting(before, batch.next, failures)
        return replace(at, noted=noted, written=at.written + encoded.count, failed=at.failed + len(failures))

    def _failures(self, batch: Batch, output: Output, encoded: Encoded, sides: Staged) -> list[Failure]:
        failure = self.route.failure
        failures = list(batch.failed)
        failures.extend(failure(batch.events[index], reason) for index, reason in output.failed)
        failures.extend(failure(output.events[index], reason) for index, reason in encoded.refused)
        failures.extend(failure(event, reason) for event, reason in sides.refused)
        return failures


def same_place(batch: Batch, position: Position | None) -> bool:
    """Whether nothing was read."""
    if position is None:
        return not batch.count and not batch.notes
    return {**batch.next, "turn": 0} == {**position, "turn": 0}


def moved(now: int, before: Checkpoint, after: Checkpoint, batch: Batch) -> Moved:
    return Moved(now, batch.count, after.failed - before.failed, batch.appended)


def following(at: Checkpoint, batch: Batch, notes: tuple[str, ...]) -> Checkpoint:
    return replace(at, position=batch.next, read=at.read + batch.count, notes=notes)


def last_notes(
    at: Checkpoint, batch: Batch, mismatches: Mapping[str, int], failures: Sequence[Failure]
) -> tuple[str, ...]:
    odd = [f"{place}: values of different kinds were compared, which is false" for place in mismatches]
    last = (f"last failed: {failures[-1].reason}",) if failures else ()
    kept = [note for note in at.notes if not (last and note.startswith("last failed: "))]
    return tuple(dict.fromkeys((*kept, *batch.notes, *odd, *last)))[-_NOTES:]


def check_catalog(transaction: sqlite3.Connection, known: int) -> None:
    """Raises CatalogMoved where the catalog has another version."""
    (version,) = transaction.execute("SELECT value FROM meta WHERE name = 'catalog'").fetchone()
    if version != known:
        raise CatalogMoved


def _fresh(routed: Mapping[str, Sequence[Event]], noted: Position | None) -> Mapping[str, Sequence[Event]]:
    """What was not routed before a destination fell behind."""
    if noted is None:
        return routed
    return {name: [e for e in events if e[5] >= offset_in(noted, e[4])] for name, events in routed.items()}
