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

from stackfile.errors import StackError
from stackfile_local.engine import progress
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.dead_letters import DeadLetters
from stackfile_local.engine.events import Batch, Checkpoint, Event, Failure, furthest, offset_in
from stackfile_local.engine.readers import Reader
from stackfile_local.engine.sinks import Encoded, Mover, Sink
from stackfile_local.engine.store import Store

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


@dataclass
class Hop:
    """A route under way in one run. `catalog` is the catalog's version that the route was made of."""

    store: Store
    route: Route
    catalog: int
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

    def step(self, rate: float) -> int | None:
        """Moves one batch and returns how many events it had; None where nothing is there to be read.

        Raises ProviderError, with nothing lost, and CatalogMoved.
        """
        route, at = self.route, self.at
        batch = route.reader.read(at.position)
        if batch.next == at.position or (not batch.count and at.position is None and not batch.notes):
            return None
        output = route.chain.run(batch.events)
        encoded = route.sink.encode(output.events)
        failures = self._failures(batch, output, encoded)
        following = self._following(batch, output, encoded, failures)
        noted = None if batch.anew else at.noted
        fresh = [f for f in failures if f.offset >= offset_in(noted, f.partition)]
        route.sink.stage(encoded)
        with self.store.transaction() as transaction:
            self._check_catalog(transaction)
            now = self.store.append_time(transaction)
            route.dead_letters.append(transaction, fresh, now)
            route.sink.apply(transaction, encoded, now)
            progress.save(transaction, route.owner.seq, route.input.seq, following, (rate, now))
        self.at = replace(at, noted=following.noted)
        route.sink.finish(self.mover, encoded, following)
        self.at = following
        return batch.count

    def _following(self, batch: Batch, output: Output, encoded: Encoded, failures: Sequence[Failure]) -> Checkpoint:
        at = self.at
        odd = [f"{place}: values of different kinds were compared, which is false" for place in output.mismatches]
        last = (f"last failed: {failures[-1].reason}",) if failures else ()
        kept = [note for note in at.notes if not (last and note.startswith("last failed: "))]
        noted = None
        if self.route.own_position:
            noted = furthest(None if batch.anew else at.noted, batch.next)
        return Checkpoint(
            batch.next,
            noted,
            at.read + batch.count,
            at.written + encoded.count,
            at.failed + len(failures),
            tuple(dict.fromkeys((*kept, *batch.notes, *odd, *last)))[-_NOTES:],
        )

    def _failures(self, batch: Batch, output: Output, encoded: Encoded) -> list[Failure]:
        failures = list(batch.failed)
        failures.extend(self._failure(batch.events[index], reason) for index, reason in output.failed)
        failures.extend(self._failure(output.events[index], reason) for index, reason in encoded.refused)
        return failures

    def _failure(self, event: Event, reason: str) -> Failure:
        key, value, _, _, partition, offset = event
        kept = {**self.route.reader.origin(event), "value": value}
        return Failure(partition, offset, reason, kept if key is None else {**kept, "key": key}, key)

    def _check_catalog(self, transaction: sqlite3.Connection) -> None:
        (version,) = transaction.execute("SELECT value FROM meta WHERE name = 'catalog'").fetchone()
        if version != self.catalog:
            raise CatalogMoved
