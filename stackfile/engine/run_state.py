"""Run state by hand: pauses, stops, starts and resumes objects, each with its intent, and the holds that keep them so.

All that is wrong with what was asked is told before the first call. What was started is waited for, all of it at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from stackfile.address import Address
from stackfile.engine.able import able
from stackfile.engine.book import Book
from stackfile.engine.brake import Brake
from stackfile.engine.connections import Connections
from stackfile.engine.edits import leased, no_state, refuse_unsettled
from stackfile.engine.preview import Stack
from stackfile.engine.records import Seen, confirmed
from stackfile.engine.scopes import refuse_other_scopes
from stackfile.engine.waiting import NotReady, Patience
from stackfile.errors import Ambiguous, Diagnostic, DiagnosticError, ProviderError, Refused, Rejected, Unreachable
from stackfile.graph.build import in_file_order
from stackfile.plan.equal import covers
from stackfile.plan.holding import Outcome, holds_of
from stackfile.plan.known import Known
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Verb
from stackfile.sdk.operations import CanPause, CanStop
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.traits import Wait
from stackfile.state.format import Hold, Record, State
from stackfile.state.store import Entry, EntryType, Holder, Stored

Choose = Callable[[State], Collection[Address]]
"""Which records are meant. Raises DiagnosticError for what is in no record."""

WANTED: Final[Mapping[str, str]] = {"pause": "paused", "stop": "stopped", "start": "running", "resume": "running"}
"""The status that each verb leads to."""

_ABLE: Final[Mapping[str, type[Any]]] = {"pause": CanPause, "resume": CanPause, "start": CanStop, "stop": CanStop}


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `exact` are the addresses that were named one by one, not by a glob."""

    verb: str
    choose: Choose
    hold: Hold | None = None
    exact: Collection[Address] = ()

    @property
    def status(self) -> str:
        return WANTED[self.verb]


_RUNNING: Final = "running"
_PATIENCE: Final = 600.0
"""Seconds for what was started."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """What may be on its way still."""

    kind: Kind[Any]
    record: Record
    live: Live


@dataclass
class _Operator:
    """Carries one order out, resource by resource."""

    order: Order
    stack: Stack
    connections: Connections
    known: Known
    book: Book
    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    begun: list[_Begun] = field(default_factory=list)

    async def do(self, records: Sequence[Record]) -> Sequence[Outcome]:
        """Calls one after the other, then waits for what was started."""
        for record in records:
            try:
                self.outcomes[record.address] = await self._do(record)
            except ProviderError as error:
                self.outcomes[record.address] = Outcome(record.address, hold=record.hold, failure=str(error))
        await asyncio.gather(*map(self._wait, self.begun))
        return list(self.outcomes.values())

    async def _do(self, record: Record) -> Outcome:
        kind = await self.connections.kind(record.provider, record.section, record.kind)
        live = await kind.read(record.id)
        if live is None:
            raise ProviderError(f"{record.id} is gone; see: stack plan")
        was, hold, before = _status(live), self._hold(record), live
        new = replace(record, hold=hold)
        if not self._is_there(record, live):
            live = await self._call(kind, live, record, new)
            await self._close(record, self._seen(new, live))
        elif new != record:
            await self.book.settle([new])
        if self.order.status == _RUNNING:
            self.begun.append(_Begun(kind, new, live))
        restores = self._restores(new, live) if hold is None else ""
        return Outcome(record.address, was, _status(live), hold, restores=restores, says=self._meanwhile(kind, before))

    def _meanwhile(self, kind: Kind[Any], live: Live) -> str:
        """What it does that this one halts; empty where it runs, or did so before."""
        if self.order.status in (_RUNNING, _status(live)):
            return ""
        effect = kind.effect("update", live, {("status",): (_status(live), self.order.status)})
        return effect.says if effect is not None else ""

    async def _wait(self, one: _Begun) -> None:
        """Until it does its work, where its kind can tell."""
        address, clock = one.record.address, self.book.clock
        if one.kind.health(one.live).wait is Wait.READY:
            return
        outcome = self.outcomes[address]
        try:
            patience = Patience(clock, self.stack.emit, _PATIENCE, Brake())
            live = await patience.until_ready((address, Verb.UPDATE), self.order.verb, one.kind, one.live)
        except NotReady as error:
            self.outcomes[address] = replace(outcome, failure=f"{outcome.was} -> {outcome.status}, and then: {error}")
            return
        await self.book.settle([self._seen(one.record, live)])
        self.outcomes[address] = replace(outcome, status=_status(live))

    def _restores(self, record: Record, live: Live) -> str:
        """The status that the stackfile says, where it is another one."""
        resource = self.stack.configuration.resources.get(record.address)
        if resource is None:
            return ""
        try:
            wish = self.stack.configuration.resolve(resource, self.known.attributes, record.name).get("status")
        except DiagnosticError:  # it waits for what only an apply can tell
            return ""
        of = self.known.schema(record).fields.get("status")
        return wish if isinstance(wish, str) and not covers(_status(live), wish, of, self.book.seal) else ""

    async def _call(self, kind: Kind[Any], live: Live, record: Record, new: Record) -> Live:
        """Raises ProviderError. Where nobody can tell whether the call arrived its intent stays open."""
        order = self.order
        meta = {"status": order.status}
        await self.book.intend(
            Entry(
                EntryType.INTENT,
                record.address,
                order.verb,
                record.provider,
                id=record.id,
                sent=record.applied,
                record=new,
                meta=meta,
            )
        )
        try:
            done: Live = await getattr(kind, order.verb)(live)
        except Ambiguous:
            seen = await kind.read(record.id)
            if seen is None or not self._is_there(record, seen):
                raise
            return seen
        except (Rejected, Unreachable):
            await self._close(record, record)
            raise
        return done

    async def _close(self, record: Record, after: Record) -> None:
        await self.book.result(record.address, self.order.verb, record.provider, after)

    def _seen(self, record: Record, live: Live) -> Record:
        schema = self.known.schema(record)
        return confirmed(record, record.applied, Seen(schema, live, record.applied, self.book.clock.now()))

    def _hold(self, record: Record) -> Hold | None:
        """The one that was asked for, or one that says the same and still counts."""
        if self.order.hold is not None:
            return self.order.hold
        before = record.hold
        counts = before is not None and before.counts(self.book.clock.now()) and before.status == self.order.status
        return before if counts else None

    def _is_there(self, record: Record, live: Live) -> bool:
        return covers(_status(live), self.order.status, self.known.schema(record).fields.get("status"), self.book.seal)


def _status(live: Live) -> str:
    return str(live.fields.get("status", ""))


async def change_run_state(stack: Stack, order: Order, holder: Holder, timeout: float = 0.0) -> Sequence[Outcome]:
    """One outcome for each resource. Raises DiagnosticError, Refused, LockHeld, StateError before the first call."""
    async with leased(stack.store, holder, timeout) as lease:
        stored = await stack.store.read()
        state = _state(stored)
        connections = stack.connections(state)
        try:
            records = await _checked(stack, order, stored, connections)
            known = Known(state, Observed(), stack.catalog)
            book = Book.of(state, lease, await stack.store.seal(), stack.clock)
            operator = _Operator(order, stack, connections, known, book)
            outcomes = await operator.do(records)
        finally:
            await connections.close()
        if book.records != state.records:
            await lease.compact(book.over(state))
        return outcomes


async def release(stack: Stack, choose: Choose, holder: Holder, timeout: float = 0.0) -> Sequence[Outcome]:
    """Takes holds away; nothing live changes. Raises DiagnosticError where there is none, LockHeld, StateError."""
    async with leased(stack.store, holder, timeout) as lease:
        state = _state(await stack.store.read())
        held = holds_of(state, None).active
        released = {address: held[address] for address in in_file_order(choose(state)) if address in held}
        if not released:
            raise _not_held(state, choose)
        new = {a: replace(record, hold=None) for a, record in state.records.items() if a in released}
        holds = {address: hold for address, hold in state.holds.items() if address not in released}
        await lease.compact(replace(state, records={**state.records, **new}, holds=holds))
        return [Outcome(address, released=hold) for address, hold in released.items()]


def _state(stored: Stored) -> State:
    if stored.state is None:
        raise no_state()
    return stored.state


def _chosen(state: State, choose: Choose) -> list[Record]:
    return [state.records[address] for address in in_file_order(choose(state))]


async def _checked(stack: Stack, order: Order, stored: Stored, connections: Connections) -> Sequence[Record]:
    """The records whose objects are to be called."""
    state = _state(stored)
    ability = (order.verb, _ABLE[order.verb])
    records = able(stack.catalog, ability, state, _chosen(state, order.choose), order.exact)
    addresses = {record.address for record in records}
    refuse_unsettled(replace(stored, intents=tuple(i for i in stored.intents if i.entry.address in addresses)))
    _refuse_held(order, records, stack)
    scopes = {provider: await connections.scope(provider) for provider in sorted({r.provider for r in records})}
    refuse_other_scopes(replace(state, records={r.address: r for r in records}), Observed(scopes=scopes))
    return records


def _refuse_held(order: Order, records: Iterable[Record], stack: Stack) -> None:
    """Raises Refused where a hold that counts says another status, unless a new hold takes its place."""
    now = stack.clock.now()
    held = [
        (record.address, record.hold)
        for record in records
        if record.hold is not None and record.hold.counts(now) and record.hold.status != order.status
    ]
    if held and order.hold is None:
        raise Refused(
            [
                Diagnostic(
                    "held",
                    f'{address} is held {hold.status} by {hold.by}: "{hold.reason}"',
                    help=(f"When that is over: stack release '{address}'",),
                )
                for address, hold in held
            ]
        )


def _not_held(state: State, choose: Choose) -> DiagnosticError:
    named = ", ".join(str(address) for address in in_file_order(choose(state)))
    held = holds_of(state, None).active
    help = f"What is held: {', '.join(map(str, held))}" if held else "Nothing in this stack is held."
    return DiagnosticError.of("not-held", f"no hold on {named}", help)
