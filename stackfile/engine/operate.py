"""The two things that are done with a stack: look at what would happen, and make it happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from stackfile.engine.apply import Applied, Orders, Site, apply
from stackfile.engine.connections import Connections
from stackfile.engine.recover import Recovery
from stackfile.engine.refresh import refresh
from stackfile.engine.verbs import Book
from stackfile.events import Emit, ReadDone
from stackfile.language.stackfile import Catalog, Configuration
from stackfile.plan.known import Known
from stackfile.plan.plan import PendingIntent, Plan
from stackfile.plan.planner import Question, make_plan, resource_graph
from stackfile.sdk.provider import Clock, Session
from stackfile.state.format import Origin, State
from stackfile.state.secrets import Seal
from stackfile.state.store import Holder, Lease, Store, Stored


@dataclass(frozen=True, slots=True)
class Stack:
    """A bound stackfile, and everything outside it that planning and applying work with."""

    configuration: Configuration
    catalog: Catalog
    store: Store
    clock: Clock
    session: Callable[[str], Session]
    emit: Emit
    new_lineage: Callable[[], str]

    def connections(self) -> Connections:
        return Connections(self.configuration.providers, self.catalog, self.session)

    def empty_state(self) -> State:
        return State(self.configuration.stack, self.configuration.env, self.new_lineage())


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from."""

    plan: Plan
    known: Known


@dataclass(frozen=True, slots=True)
class Approval:
    """How an apply goes on once its plan is there. `approve` raises Refused, or answers False for a person's no."""

    approve: Callable[[Planned], bool]
    orders: Orders
    holder: Holder
    origin: Origin
    lock_timeout: float = 0.0


async def preview(stack: Stack, question: Question) -> Planned:
    """What would happen. Takes no lease and writes nothing; open intents are shown, not judged."""
    connections = stack.connections()
    try:
        stored = await stack.store.read()
        state = stored.state or stack.empty_state()
        planned = await _plan(stack, connections, state, await stack.store.seal(), question)
        return replace(planned, plan=replace(planned.plan, pending=tuple(_pending(stored))))
    finally:
        await connections.close()


async def execute(stack: Stack, question: Question, approval: Approval) -> Applied | None:
    """Recovers, plans and applies under the lease. None: a person said no, and nothing was changed but what was
    recovered. Raises LockHeld, Refused, StateError, DiagnosticError."""
    resource_graph(stack.configuration, stack.empty_state(), destroy=question.destroy)
    lease = await stack.store.acquire(approval.holder, approval.lock_timeout)
    connections = stack.connections()
    try:
        book, state = await _recovered(stack, connections, lease)
        planned = await _plan(stack, connections, state, book.seal, question)
        if not approval.approve(planned):
            return None
        if state.serial == 0:
            await lease.compact(state)  # the journal stands on a snapshot
        site = Site(stack.configuration, planned.known, connections, book, stack.emit, approval.origin)
        return await apply(planned.plan, site, approval.orders)
    finally:
        await connections.close()
        await lease.release()


async def recover(stack: Stack, approval: Approval) -> State:
    """Judges open intents and nothing else. Raises as `execute` does."""
    lease = await stack.store.acquire(approval.holder, approval.lock_timeout)
    connections = stack.connections()
    try:
        _, state = await _recovered(stack, connections, lease)
        return state
    finally:
        await connections.close()
        await lease.release()


async def _recovered(stack: Stack, connections: Connections, lease: Lease) -> tuple[Book, State]:
    """The book and the state once nothing is left open."""
    stored = await stack.store.read()
    state = stored.state
    if state is None:
        state = stack.empty_state()
    book = Book(lease, await stack.store.seal(), stack.clock, dict(state.records))
    if stored.intents:
        state = await Recovery(connections, stack.catalog, book, stack.emit).run(stored, state)
        state = await lease.compact(state)
    return book, state


async def _plan(stack: Stack, connections: Connections, state: State, seal: Seal, question: Question) -> Planned:
    excluded = question.selection.excluded_providers
    observed = await refresh(stack.configuration, state, connections, stack.clock, excluded)
    stack.emit(ReadDone(observed.read.objects, observed.read.calls, observed.read.seconds))
    plan = make_plan(stack.configuration, state, observed, stack.catalog, seal, question)
    plan = replace(plan, made_at=stack.clock.now(), backend=stack.store.name)
    return Planned(plan, Known(state, observed, stack.catalog))


def _pending(stored: Stored) -> Iterable[PendingIntent]:
    alive = stored.lock.token if stored.lock is not None and stored.lock.alive else None
    for intent in stored.intents:
        if intent.entry.address is not None:
            at = intent.entry.at
            says = f"sent {at:%Y-%m-%d %H:%M:%S} UTC, no recorded answer" if at is not None else "no recorded answer"
            yield PendingIntent(intent.entry.address, intent.entry.verb, says, in_flight=intent.token == alive)
