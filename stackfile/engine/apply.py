"""Applies a plan: takes only the plan, walks its stages, and leaves a state that says what is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.engine.perform import Performer, StageReport
from stackfile.engine.resolve import Resolver
from stackfile.engine.verbs import Book
from stackfile.engine.waiting import Patience
from stackfile.engine.walk import Limits, Walked, walk
from stackfile.errors import DiagnosticError
from stackfile.events import Emit
from stackfile.language.stackfile import Configuration
from stackfile.plan.known import Known
from stackfile.plan.outputs import output_changes
from stackfile.plan.plan import Plan, Stage
from stackfile.state.format import Origin, Record, State, StoredOutput
from stackfile.values import Sensitive, Value


@dataclass(frozen=True, slots=True)
class Orders:
    """How to walk: how many at once, whether to stop at the first failure, how long to wait for health (seconds)."""

    parallelism: int = 10
    fail_fast: bool = False
    wait: float = 600.0
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan: every stage's report, what was never started, and the state that was saved."""

    plan: Plan
    reports: Mapping[Stage, StageReport]
    walked: Walked
    state: State
    seconds: float
    interrupted: bool

    @property
    def complete(self) -> bool:
        """Whether every stage was done."""
        return all(stage in self.reports and self.reports[stage].error is None for stage in self.plan.stages)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a plan is applied: the bound stackfile, what was read, the open connections, and the book."""

    configuration: Configuration
    known: Known
    connections: Connections
    book: Book
    emit: Emit
    origin: Origin


async def apply(plan: Plan, site: Site, orders: Orders) -> Applied:
    """Does the plan's changes and saves the state, also after failures. Raises StateError when it cannot be saved."""
    clock = site.book.clock
    began = clock.monotonic()
    await _settle(plan, site.book)
    resolver = Resolver(site.configuration, site.known, site.book.seal)
    performer = Performer(
        changes={change.address: change for change in plan.changes},
        connections=site.connections,
        known=site.known,
        resolver=resolver,
        book=site.book,
        patience=Patience(clock, site.emit, orders.wait),
        emit=site.emit,
        claimed=frozenset((record.provider, record.id) for record in site.book.records.values()),
    )
    walked = await walk(plan.stages, performer.do, Limits(orders.parallelism, orders.fail_fast, orders.stop))
    state = await _save(plan, site, resolver)
    return Applied(plan, performer.reports, walked, state, clock.monotonic() - began, orders.stop())


async def _settle(plan: Plan, book: Book) -> None:
    """Brings records up to date where file and live object agree already."""
    now = book.clock.now()
    records = [
        replace(
            book.records[address],
            applied=settled.applied,
            dependencies=settled.dependencies,
            prevent_destroy=settled.prevent_destroy,
            updated_at=now,
        )
        for address, settled in plan.settled.items()
    ]
    await book.settle(records)


async def _save(plan: Plan, site: Site, resolver: Resolver) -> State:
    """Compacts the journal into a new snapshot, where anything changed at all."""
    before = site.known.state
    records: dict[Address, Record] = dict(site.book.records)
    outputs = _outputs(plan, site, replace(before, records=records), resolver)
    if records == dict(before.records) and outputs == dict(before.outputs):
        return before
    return await site.book.lease.compact(replace(before, records=records, outputs=outputs, origin=site.origin))


def _outputs(plan: Plan, site: Site, state: State, resolver: Resolver) -> dict[str, StoredOutput]:
    """Outputs as they are now; those that cannot be told after a failure stay as they were."""
    try:
        changes = output_changes(site.configuration, state, resolver.attributes, site.book.seal, destroy=plan.destroy)
    except DiagnosticError:
        return dict(state.outputs)
    stored = {c.name: StoredOutput(_at_rest(c.after, site), c.sensitive) for c in changes if c.after is not None}
    left = {name: output for name, output in state.outputs.items() if name not in {c.name for c in changes}}
    return {**left, **stored}


def _at_rest(value: Value, site: Site) -> Value:
    return site.book.seal.seal(value.value) if isinstance(value, Sensitive) else value
