"""How the resources of a stack fare, as rows: one look, which may be repeated over the same connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from stackfile.cli.selecting import matching
from stackfile.engine.connections import Connections
from stackfile.engine.fare import Fare, has_readers, read_fare
from stackfile.engine.preview import Stack
from stackfile.graph.build import in_file_order
from stackfile.language.stackfile import Catalog
from stackfile.plan.holding import holds_of
from stackfile.plan.known import key_of
from stackfile.report.status import ConsumerRow, Status, StatusRow
from stackfile.sdk.operations import Metrics
from stackfile.sdk.traits import Wait
from stackfile.state.format import Record


@dataclass
class Faring:
    """Looks at what the state holds, or at what the patterns mean of it. `reached` is whether all was told the last
    time; `window` is what rates are over, where there is a choice."""

    stack: Stack
    patterns: Sequence[str]
    reached: bool = True
    window: str | None = None
    _connections: Connections | None = field(default=None, init=False)

    async def look(self) -> Status:
        """Raises DiagnosticError for a pattern that means nothing, and a window that nobody has."""
        stack = self.stack
        state = (await stack.store.read()).state or stack.empty_state()
        wanted = matching(self.patterns, state.records)
        state = replace(state, records={address: state.records[address] for address in wanted})
        connections = await self._connected(stack.connections(state))
        fare = await read_fare(state, connections, stack.catalog, stack.clock, self.window)
        now = stack.clock.now()
        held = holds_of(state, now).active
        rows = [
            replace(_row(state.records[address], fare), held=address in held)
            for address in in_file_order(state.records)
        ]
        self.reached = not (fare.known.observed.skipped or fare.unread or fare.unsummed)
        consumers = tuple(_consumers(fare, state.records.values(), stack.catalog))
        return Status(rows, now, consumers, list(_notes(fare)), fare.summaries)

    async def close(self) -> None:
        if self._connections is not None:
            await self._connections.close()

    async def _connected(self, wanted: Connections) -> Connections:
        """The connections that are open, as long as they lead to the same providers."""
        if self._connections is None or self._connections.uses != wanted.uses:
            await self.close()
            self._connections = wanted
        return self._connections


def _row(record: Record, fare: Fare) -> StatusRow:
    known, key = fare.known, key_of(record)
    kind = f"{record.service} {record.kind}"
    for skipped in known.observed.skipped:
        if skipped.provider == record.provider:
            return StatusRow(record.address, kind, Metrics(record.id, "not reached", well=False, says=(skipped.says,)))
    live = known.live(record)
    if live is None:
        return StatusRow(record.address, kind, there=False)
    if key in fare.unread:
        return StatusRow(record.address, kind, Metrics(record.id, "not told", well=False, says=(fare.unread[key],)))
    metrics = fare.measured.get((key, record.id))
    if metrics is None:
        health = known.kind(record).health(live)
        says = (health.says,) if health.says else ()
        metrics = Metrics(live.id, str(health.wait), health.wait is Wait.READY, says=says)
    return StatusRow(record.address, kind, metrics)


def _notes(fare: Fare) -> Iterator[str]:
    for key, says in fare.unread.items():
        if isinstance(key, str):
            yield f"{key}: who reads its streams is not told: {says}"
    for instance, says in fare.unsummed.items():
        yield f"{instance}: how all that it holds fares is not told: {says}"


def _consumers(fare: Fare, records: Iterable[Record], catalog: Catalog) -> Iterator[ConsumerRow]:
    """Those that read a stream which is shown, or one of a source that is, in its order, by group."""
    ours = {(record.provider, record.id): record.address for record in records if has_readers(record, catalog)}
    found = [
        (address, one)
        for instance, consumers in fare.consumers.items()
        for one in consumers
        if (address := ours.get((instance, one.owner or one.stream))) is not None
    ]
    for address, one in sorted(found, key=lambda pair: (pair[0].rank, pair[1].name, pair[1].group)):
        yield ConsumerRow(one.group, f"{address} {one.name}" if one.name else address, one.values)
