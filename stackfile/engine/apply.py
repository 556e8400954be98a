"""Applies a plan: takes only the plan, walks its stages, and leaves a state that says what is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.engine.book import Book
from stackfile.engine.brake import Brake
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import Deliver, nobody_delivers
from stackfile.engine.importer import take_over
from stackfile.engine.perform import Performer, StageReport
from stackfile.engine.resolve import Resolver
from stackfile.engine.waiting import Patience
from stackfile.engine.walk import Limits, Places, Walked, walk
from stackfile.errors import DiagnosticError, StateError
from stackfile.events import Emit
from stackfile.language.stackfile import Attributes, Configuration
from stackfile.plan.known import Known
from stackfile.plan.order import stages_of
from stackfile.plan.outputs import output_changes
from stackfile.plan.plan import Plan, Stage
from stackfile.state.format import Hold, Origin, State, StoredOutput
from stackfile.values import Sensitive, Unknown, Value, contains

GRACE = 30.0
"""Seconds that running calls have to end once the run is to stop."""


@dataclass(frozen=True, slots=True)
class Orders:
    """How to walk: how many at once, whether to stop at the first failure, how long to wait for health (seconds)."""

    parallelism: int = 10
    fail_fast: bool = False
    wait: float = 600.0
    brake: Brake = field(default_factory=Brake)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a plan: every stage's report, what was never started, and the state as it is.

    `unsaved` says why the state could not be written at the end; its journal then holds what happened.
    """

    plan: Plan
    reports: Mapping[Stage, StageReport]
    walked: Walked
    state: State
    seconds: float
    interrupted: bool
    unsaved: StateError | None = None

    @property
    def complete(self) -> bool:
        """Whether every change was made and recorded, and nothing waits to be judged."""
        done = all(stage in self.reports and self.reports[stage].error is None for stage in self.plan.stages)
        return done and self.unsaved is None and not self.plan.pending


@dataclass(frozen=True, slots=True)
class Site:
    """Where a plan is applied: the bound stackfile, what was read, the open connections, and the book."""

    configuration: Configuration
    known: Known
    connections: Connections
    book: Book
    emit: Emit
    origin: Origin
    deliver: Deliver = nobody_delivers


async def apply(plan: Plan, site: Site, orders: Orders) -> Applied:
    """Does the plan's changes and saves the state, also after failures. Raises StateError where nothing was begun."""
    clock = site.book.clock
    began = clock.monotonic()
    await take_over(plan, site.known, site.book)
    await _settle(plan, site.book)
    resolver = Resolver(site.configuration, site.known, site.book.seal)
    performer = Performer(
        changes={change.address: change for change in plan.changes},
        connections=site.connections,
        known=site.known,
        resolver=resolver,
        book=site.book,
        patience=Patience(clock, site.emit, orders.wait, orders.brake),
        emit=site.emit,
        holds=plan.holds,
        deliver=site.deliver,
        places=Places(orders.parallelism),
    )

    async def let_go() -> None:
        await orders.brake.wait()
        await clock.sleep(GRACE)

    def stop() -> bool:
        return orders.brake.pulled or performer.lost is not None

    limits = Limits(orders.parallelism, orders.fail_fast, stop, let_go, performer.places)
    walked = await walk(plan.stages, performer.do, limits)
    outcome = Applied(plan, performer.reports, walked, site.known.state, 0.0, orders.brake.pulled)
    try:
        state = await _save(outcome, site, resolver)
        unsaved = performer.lost if state is outcome.state else None
    except StateError as error:
        state, unsaved = outcome.state, performer.lost or error
    return replace(outcome, state=state, unsaved=unsaved, seconds=clock.monotonic() - began)


async def _settle(plan: Plan, book: Book) -> None:
    """Brings records up to date where file and live object agree already, and copies where live ones were looked at;
    drops holds whose time has passed."""
    now = book.clock.now()
    records = {
        address: replace(
            book.records[address],
            applied=settled.applied,
            dependencies=settled.dependencies,
            prevent_destroy=settled.prevent_destroy,
            updated_at=now,
        )
        for address, settled in plan.settled.items()
    }
    for address, learned in plan.learned.items():
        records[address] = replace(book.records[address], observed=learned.copy, observed_at=plan.made_at)
    for address in plan.lapsed:
        if address in book.records:
            records[address] = replace(records.get(address) or book.records[address], hold=None)
    await book.settle(list(records.values()))


async def _save(applied: Applied, site: Site, resolver: Resolver) -> State:
    """Compacts the journal into a new snapshot, where anything changed at all."""
    before = site.known.state
    after = replace(site.book.over(before), holds=_waiting(applied, site))
    after = replace(after, outputs=_outputs(applied, site, after, resolver))
    if after == before and not (applied.plan.moves or applied.plan.imports):
        return before
    origin = before.origin if applied.plan.refresh_only else site.origin
    return await site.book.lease.compact(replace(after, origin=origin))


def _waiting(applied: Applied, site: Site) -> dict[Address, Hold]:
    """The holds that wait for an object which is still to come."""
    plan, declared = applied.plan, site.configuration.resources
    gone = plan.destroy and plan.complete
    return {a: hold for a, hold in site.book.holds.items() if a in declared and a not in plan.lapsed and not gone}


def _outputs(applied: Applied, site: Site, state: State, resolver: Resolver) -> dict[str, StoredOutput]:
    """Outputs as they are now; those of resources whose changes were not all made stay as they were."""
    unfinished = {change.address for change in applied.plan.changes if not _is_made(stages_of(change), applied)}
    late = _late_outputs(applied.plan, site, state, lambda at: None if at in unfinished else resolver.attributes(at))
    nothing_left = applied.plan.destroy and applied.plan.complete and not unfinished
    out = dict(state.outputs)
    for planned in applied.plan.outputs:
        output = site.configuration.outputs.get(planned.name)
        if nothing_left or output is None:
            out.pop(planned.name, None)
        elif unfinished.isdisjoint(output.dependencies):
            value = late.get(planned.name) if contains(planned.after, Unknown) else planned.after
            if value is not None and not contains(value, Unknown):
                out[planned.name] = StoredOutput(_at_rest(value, site), planned.sensitive)
    return out


def _is_made(stages: tuple[Stage, ...], applied: Applied) -> bool:
    return all(stage in applied.reports and applied.reports[stage].error is None for stage in stages)


def _late_outputs(plan: Plan, site: Site, state: State, attributes: Attributes) -> Mapping[str, Value]:
    """Outputs that waited for what was made, with what they are now."""
    if not any(contains(planned.after, Unknown) for planned in plan.outputs):
        return {}
    try:
        ends = plan.destroy and plan.complete
        changes = output_changes(site.configuration, state, attributes, site.book.seal, destroy=ends)
    except DiagnosticError:
        return {}
    return {change.name: change.after for change in changes}


def _at_rest(value: Value, site: Site) -> Value:
    return site.book.seal.seal(value.value) if isinstance(value, Sensitive) else value
