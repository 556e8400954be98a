"""Looks at what would happen: connects, reads what is live, plans. Loads nothing that only an apply needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.ahead import expect_taken
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import Deliver, nobody_delivers
from stackfile.engine.lookups import Declared, beside, missed
from stackfile.engine.neighbours import with_neighbours
from stackfile.engine.refresh import excluded_of, refresh
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.engine.seek import look_for
from stackfile.errors import DiagnosticError
from stackfile.events import Emit, ReadDone
from stackfile.language.stackfile import Catalog, Configuration
from stackfile.plan.copies import remembered
from stackfile.plan.guard import told_missing
from stackfile.plan.imports import taken_over
from stackfile.plan.known import Known
from stackfile.plan.lookups import find_lookups
from stackfile.plan.observed import Observed
from stackfile.plan.plan import PendingIntent, Plan
from stackfile.plan.planner import make_plan
from stackfile.plan.question import Question
from stackfile.plan.reach import provider_uses
from stackfile.sdk.provider import Clock, Session
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.state.store import Store, Stored


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
    deliver: Deliver = nobody_delivers

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


async def preview(stack: Stack, question: Question) -> Planned:
    """What would happen. Takes no lease and writes nothing; open intents are shown, not judged."""
    stored = await stack.store.read()
    state = stored.state or stack.empty_state()
    async with connected(stack, stored, question) as connections:
        asked = replace(question, pending=tuple(unanswered(stored)))
        return await look(stack, connections, state, await stack.store.seal(), asked)


@asynccontextmanager
async def connected(stack: Stack, stored: Stored, question: Question) -> AsyncIterator[Connections]:
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


async def look(stack: Stack, connections: Connections, state: State, seal: Seal, question: Question) -> Planned:
    """Reads what is live and plans. Where the question does not read, nobody is asked: the state's copies stand in."""
    excluded = question.selection.excluded_providers
    configuration = stack.configuration
    if not question.reads:
        return planned(stack, state, await unread(stack, connections, state, question), seal, question)
    uses = Declared(configuration.resources, {} if question.destroy else configuration.lookups)
    observed = await refresh(uses, state, connections, stack.clock, excluded)
    observed = await missed(uses.lookups, observed, connections)
    if question.may_import:
        wanted = (*stack.configuration.handover.imports, *question.imports)
        observed = await look_for(wanted, configuration, observed, state, connections)
        if any(one.to not in state.records for one in wanted):
            observed = await with_neighbours(observed, stack.store)
    stack.emit(ReadDone(observed.read.objects, observed.read.calls, observed.read.seconds))
    refuse_other_scopes(state, observed)
    try:
        found = planned(stack, state, observed, seal, question)
    except DiagnosticError as error:
        if observed.owners or all(one.code != "exists" for one in error.diagnostics):
            raise
        found = planned(stack, state, await with_neighbours(observed, stack.store), seal, question)
    await expect_taken(found.plan, found.known, configuration, connections)
    return found


async def unread(stack: Stack, connections: Connections, state: State, question: Question) -> Observed:
    """What the state has seen of what is live, and what the stackfile looks up, of which the state knows nothing."""
    seen, lookups = copies(stack, state, question), Declared({}, stack.configuration.lookups)
    if not lookups.lookups or question.destroy:
        return seen
    excluded = question.selection.excluded_providers
    there = await refresh(lookups, stack.empty_state(), connections, stack.clock, excluded)
    return beside(seen, await missed(lookups.lookups, there, connections))


def copies(stack: Stack, state: State, question: Question) -> Observed:
    """What the state has seen of what is live."""
    skipped = excluded_of(stack.configuration, state, question.selection.excluded_providers)
    return remembered(state.records.values(), skipped)


def planned(stack: Stack, state: State, observed: Observed, seal: Seal, question: Question) -> Planned:
    now = stack.clock.now()
    plan = make_plan(stack.configuration, state, observed, stack.catalog, seal, replace(question, now=now))
    diagnostics = (*plan.diagnostics, *told_missing(plan))
    plan = replace(plan, made_at=now, backend=stack.store.name, diagnostics=diagnostics)
    found = find_lookups(stack.configuration, observed).attributes
    return Planned(plan, Known(taken_over(state, plan), observed, stack.catalog, found))


def unanswered(stored: Stored) -> Iterable[PendingIntent]:
    """The open intents, as plan and drift show them."""
    alive = stored.lock.token if stored.lock is not None and stored.lock.alive else None
    for intent in stored.intents:
        if intent.entry.address is not None:
            at = intent.entry.at
            says = f"sent {at:%Y-%m-%d %H:%M:%S} UTC, no recorded answer" if at is not None else "no recorded answer"
            yield PendingIntent(intent.entry.address, intent.entry.verb, says, in_flight=intent.token == alive)
