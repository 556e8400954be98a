"""The two things that are done with a stack: look at what would happen, and make it happen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.apply import Applied, Orders, Site, apply
from stackfile.engine.book import Book
from stackfile.engine.connections import Connections
from stackfile.engine.recover import Recovery
from stackfile.engine.refresh import refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.events import Emit, ReadDone
from stackfile.language.stackfile import Catalog, Configuration
from stackfile.plan.known import Known
from stackfile.plan.plan import PendingIntent, Plan
from stackfile.plan.planner import Question, make_plan, resource_graph
from stackfile.plan.reach import provider_uses
from stackfile.sdk.provider import Clock, Session
from stackfile.state.format import Origin, Record, State
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
    counted: Callable[[str, int], None] | None = None

    def connections(self, state: State, excluded: frozenset[str] = frozenset()) -> Connections:
        """To the providers of the stackfile and of the state's objects; raises DiagnosticError for objects that no
        provider can reach any more. `excluded` instances are not asked about."""
        uses = provider_uses(self.configuration, state, self.catalog, excluded)
        return Connections(uses, self.catalog, self.session, self.counted)

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
    stored = await stack.store.read()
    state = stored.state or stack.empty_state()
    async with _connected(stack, stored, question) as connections:
        asked = replace(question, pending=tuple(_unanswered(stored)))
        return await _plan(stack, connections, state, await stack.store.seal(), asked)


async def execute(stack: Stack, question: Question, approval: Approval) -> Applied | None:
    """Recovers, plans and applies under the lease. None: a person said no, and nothing was changed but what was
    recovered. Raises LockHeld, Refused, StateError, DiagnosticError."""
    resource_graph(stack.configuration, stack.empty_state(), destroy=question.destroy)
    async with _leased(stack, approval) as lease:
        stored = await stack.store.read()
        async with _connected(stack, stored, question) as connections:
            book, state, pending = await _recovered(stack, connections, lease, stored, question)
            asked = _without(replace(question, pending=pending), state, stack.configuration)
            planned = await _plan(stack, connections, state, book.seal, asked)
            if not approval.approve(planned):
                return None
            if state.serial == 0:
                await lease.compact(state)  # the journal stands on a snapshot
            site = Site(stack.configuration, planned.known, connections, book, stack.emit, approval.origin)
            return await apply(planned.plan, site, approval.orders)


async def recover(stack: Stack, approval: Approval) -> State:
    """Judges open intents and nothing else. Raises as `execute` does."""
    async with _leased(stack, approval) as lease:
        stored = await stack.store.read()
        async with _connected(stack, stored, Question()) as connections:
            _, state, _ = await _recovered(stack, connections, lease, stored, Question())
            return state


@asynccontextmanager
async def _leased(stack: Stack, approval: Approval) -> AsyncIterator[Lease]:
    lease = await stack.store.acquire(approval.holder, approval.lock_timeout)
    try:
        yield lease
    finally:
        await lease.release()


@asynccontextmanager
async def _connected(stack: Stack, stored: Stored, question: Question) -> AsyncIterator[Connections]:
    """Raises DiagnosticError where the state has objects that no provider of the stackfile can reach."""
    state = _with_intents(stored.state or stack.empty_state(), stored)
    connections = stack.connections(state, question.selection.excluded_providers)
    try:
        yield connections
    finally:
        await connections.close()


def _with_intents(state: State, stored: Stored) -> State:
    """The state as if all that is open had come to its end: whose providers are needed."""
    open_records: dict[Address, Record] = {}
    for intent in stored.intents:
        if intent.entry.record is not None:
            open_records[intent.entry.record.address] = intent.entry.record
    return replace(state, records={**open_records, **state.records})


async def _recovered(
    stack: Stack, connections: Connections, lease: Lease, stored: Stored, question: Question
) -> tuple[Book, State, tuple[PendingIntent, ...]]:
    """The book, the state, and the intents that stay open."""
    state = stored.state or stack.empty_state()
    book = Book(lease, await stack.store.seal(), stack.clock, dict(state.records))
    if not stored.intents:
        return book, state, ()
    excluded = question.selection.excluded_providers
    declared = stack.configuration.resources.keys()
    pending = await Recovery(connections, stack.catalog, book, stack.emit, declared, excluded).run(stored.intents)
    return book, await lease.compact(replace(state, records=dict(book.records))), pending


def _without(question: Question, state: State, configuration: Configuration) -> Question:
    """The question without the addresses of which nobody knows whether a call on them is still under way."""
    there = state.records.keys() | configuration.resources.keys()
    exclude = [str(one.address) for one in question.pending if one.address in there]
    if not exclude:
        return question
    selection = replace(question.selection, exclude=(*question.selection.exclude, *exclude))
    return replace(question, selection=selection)


async def _plan(stack: Stack, connections: Connections, state: State, seal: Seal, question: Question) -> Planned:
    excluded = question.selection.excluded_providers
    observed = await refresh(stack.configuration, state, connections, stack.clock, excluded)
    stack.emit(ReadDone(observed.read.objects, observed.read.calls, observed.read.seconds))
    refuse_other_scopes(state, observed)
    plan = make_plan(stack.configuration, state, observed, stack.catalog, seal, question)
    plan = replace(plan, made_at=stack.clock.now(), backend=stack.store.name)
    return Planned(plan, Known(state, observed, stack.catalog))


def _unanswered(stored: Stored) -> Iterable[PendingIntent]:
    alive = stored.lock.token if stored.lock is not None and stored.lock.alive else None
    for intent in stored.intents:
        if intent.entry.address is not None:
            at = intent.entry.at
            says = f"sent {at:%Y-%m-%d %H:%M:%S} UTC, no recorded answer" if at is not None else "no recorded answer"
            yield PendingIntent(intent.entry.address, intent.entry.verb, says, in_flight=intent.token == alive)
