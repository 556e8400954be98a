"""Makes it happen: under the lease, recovers what was left open, plans and applies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.engine.apply import Applied, Orders, Site, apply
from stackfile.engine.book import Book
from stackfile.engine.connections import Connections
from stackfile.engine.preview import Planned, Stack, connected, look
from stackfile.engine.recover import Recovery
from stackfile.engine.touched import look_at_touched
from stackfile.events import TakenOver
from stackfile.language.stackfile import Configuration
from stackfile.plan.moves import find_moves
from stackfile.plan.plan import PendingIntent
from stackfile.plan.planner import resource_graph
from stackfile.plan.question import Question
from stackfile.state.format import Origin, State
from stackfile.state.secrets import Seal
from stackfile.state.store import Holder, Lease, Stored


@dataclass(frozen=True, slots=True)
class Approval:
    """How an apply goes on once its plan is there. `approve` raises Refused, or answers False for a person's no.

    `hold` is asked before: it gives the part of the plan that is meant, or raises Refused.
    """

    approve: Callable[[Planned], bool]
    orders: Orders
    holder: Holder
    origin: Origin
    lock_timeout: float = 0.0
    hold: Callable[[Planned, Seal], Planned] = lambda planned, seal: planned


async def execute(stack: Stack, question: Question, approval: Approval) -> Applied | None:
    """Recovers, plans and applies under the lease. None: a person said no, and nothing was changed but what was
    recovered. Raises LockHeld, Refused, StateError, DiagnosticError."""
    resource_graph(stack.configuration, stack.empty_state(), destroy=question.destroy)
    async with _leased(stack, approval) as lease:
        stored = await stack.store.read()
        async with connected(stack, stored, question) as connections:
            book, state, pending = await _recovered(stack, connections, lease, stored, question)
            asked = _without(replace(question, pending=pending), state, stack.configuration)
            see = look if question.reads else look_at_touched
            planned = approval.hold(await see(stack, connections, state, book.seal, asked), book.seal)
            if not approval.approve(planned):
                return None
            if state.serial == 0:
                await lease.compact(state)  # the journal stands on a snapshot
            known, origin = planned.known, approval.origin
            site = Site(stack.configuration, known, connections, book, stack.emit, origin, stack.deliver)
            return await apply(planned.plan, site, approval.orders)


async def recover(stack: Stack, approval: Approval) -> tuple[PendingIntent, ...]:
    """Judges open intents and nothing else. Returns those that stay open. Raises as `execute` does."""
    async with _leased(stack, approval) as lease:
        stored = await stack.store.read()
        async with connected(stack, stored, Question()) as connections:
            _, _, pending = await _recovered(stack, connections, lease, stored, Question())
            return pending


@asynccontextmanager
async def _leased(stack: Stack, approval: Approval) -> AsyncIterator[Lease]:
    lease = await stack.store.acquire(approval.holder, approval.lock_timeout)
    try:
        if lease.after is not None:
            dead, now = lease.after, stack.clock.now()
            stack.emit(TakenOver(dead.holder.run, dead.holder.host, dead.heartbeat_at, now))
        yield lease
    finally:
        await lease.release()


async def _recovered(
    stack: Stack, connections: Connections, lease: Lease, stored: Stored, question: Question
) -> tuple[Book, State, tuple[PendingIntent, ...]]:
    """The book, the state, and the intents that stay open."""
    state = stored.state or stack.empty_state()
    book = Book.of(state, lease, await stack.store.seal(), stack.clock)
    if not stored.intents:
        return book, state, ()
    excluded = question.selection.excluded_providers
    declared = _declared(stack.configuration, state, stored)
    pending = await Recovery(connections, stack.catalog, book, stack.emit, declared, excluded).run(stored.intents)
    return book, await lease.compact(book.over(state)), pending


def _declared(configuration: Configuration, state: State, stored: Stored) -> frozenset[Address]:
    """What the stackfile wants, also under an address that it had before."""
    moves = find_moves(configuration.handover, replace(state, records={}))
    open_ones = {one.entry.address for one in stored.intents if one.entry.address is not None}
    return frozenset(configuration.resources) | {a for a in open_ones if moves.of(a) in configuration.resources}


def _without(question: Question, state: State, configuration: Configuration) -> Question:
    """The question without the addresses of which nobody knows whether a call on them is still under way."""
    moves = find_moves(configuration.handover, state, question.pending)
    there = {*map(moves.of, state.records), *configuration.resources}
    exclude = [str(now) for one in question.pending if (now := moves.of(one.address)) in there]
    if not exclude:
        return question
    selection = replace(question.selection, exclude=(*question.selection.exclude, *exclude))
    return replace(question, selection=selection)
