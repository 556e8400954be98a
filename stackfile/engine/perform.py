"""Does one stage of a plan: completes the wish, calls the verb, and keeps what the walk and the ledger need."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from stackfile.address import Address
from stackfile.engine.book import Book
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import Deliver, nobody_delivers
from stackfile.engine.limits import limit_of
from stackfile.engine.resolve import Resolver
from stackfile.engine.verbs import Call
from stackfile.engine.waiting import NotReady, Patience
from stackfile.engine.walk import Ended, Places
from stackfile.errors import DiagnosticError, Interrupted, ProviderError, StateError
from stackfile.events import Emit, StageDone, StageFailed, StageStarted
from stackfile.plan.known import Known
from stackfile.plan.plan import Change, Stage, Verb
from stackfile.sdk.provider import Live
from stackfile.state.format import Hold, Record


@dataclass(frozen=True, slots=True)
class StageReport:
    """How one stage ended. `changed` tells whether the service was changed, also by a stage that failed; `open` that
    this is not known, and left to the next run to find out."""

    stage: Stage
    seconds: float
    id: str | None = None
    error: Exception | None = None
    changed: bool = True
    open: bool = False
    began: datetime | None = None
    """Of one that came to its end."""


@dataclass
class Performer:
    """Does the stages of one plan. `reports` holds every stage that was tried; `lost` is why nothing can be recorded
    any more, if that is so."""

    changes: Mapping[Address, Change]
    connections: Connections
    known: Known
    resolver: Resolver
    book: Book
    patience: Patience
    emit: Emit
    reports: dict[Stage, StageReport] = field(default_factory=dict)
    lost: StateError | None = None
    holds: Mapping[Address, Hold] = field(default_factory=dict)
    deliver: Deliver = nobody_delivers
    places: Places = field(default_factory=Places)

    async def do(self, stage: Stage) -> Ended:
        address, verb = stage
        change, clock = self.changes[address], self.book.clock
        spoken = f"replace: {verb}" if change.replaces else str(verb)
        began, before, began_at = clock.monotonic(), self.book.records.get(address), clock.now()
        self.emit(StageStarted(address, spoken, began_at))
        try:
            id = await self._do(change, verb, spoken)
        except (ProviderError, NotReady, DiagnosticError) as error:
            self.lost = self.lost or (error if isinstance(error, StateError) else None)
            self._failed(stage, spoken, began, before, error)
            return Ended.FAILED
        except asyncio.CancelledError:
            self._failed(stage, spoken, began, before, Interrupted("the run ended before it did"))
            raise
        seconds = clock.monotonic() - began
        self.reports[stage] = StageReport(stage, seconds, id, began=began_at)
        self.emit(StageDone(address, spoken, id, seconds, clock.now()))
        return Ended.DONE

    def _failed(self, stage: Stage, spoken: str, began: float, before: Record | None, error: Exception) -> None:
        address, clock = stage[0], self.book.clock
        seconds, now = clock.monotonic() - began, self.book.records.get(address)
        self.reports[stage] = StageReport(
            stage,
            seconds,
            id=now.id if now is not None else None,
            error=error,
            changed=now is not before,
            open=address in self.book.open,
        )
        self.emit(StageFailed(address, spoken, one_line(error), seconds, clock.now()))

    async def _do(self, change: Change, verb: Verb, spoken: str) -> str:
        if verb is Verb.FORGET:
            await self.book.result(change.address, "forget", change.provider, None)
            return change.id or ""
        if verb is Verb.DEPOSED:
            return await self._delete_deposed(change, change.deposed)
        if verb is Verb.DELETE:
            old = (change.id or "",)
            return await (self._delete_deposed(change, old) if change.create_first else self._delete(change))
        call = await self._call(change, (change.provider, change.section, change.kind))
        call = replace(call, answered=partial(self.places.answered, (change.address, verb)))
        record = self.book.records.get(change.address)
        work = self.resolver.work(change, record)
        live = self.known.live(record) if record is not None else None
        if verb is Verb.UPDATE and record is not None and live is not None:
            new, live = await call.update(work, record, live)
        else:
            new, live = await call.create(work, record)
        stage, limit = (change.address, verb), limit_of(change, verb)
        self.places.leave(stage)
        live = await self.patience.of(limit).until_ready(stage, spoken, call.kind, live)
        self.resolver.done(change.address, work, new, live)
        return new.id

    async def _delete(self, change: Change) -> str:
        record = self.book.records[change.address]
        call = await self._call(change, (record.provider, record.section, record.kind))
        live = self.known.live(record) or Live(record.id, {})
        await call.delete(record, live, self.known.schema(record))
        return record.id

    async def _delete_deposed(self, change: Change, ids: tuple[str, ...]) -> str:
        for id in ids:
            record = self.book.records[change.address]
            was = next((one for one in record.objects[1:] if one.id == id), None)
            if was is not None:
                call = await self._call(change, (was.provider, was.section, was.kind))
                live = self.known.live(was) or Live(id, {})
                await call.delete_deposed(record, id, live, self.known.schema(was))
        return ", ".join(ids)

    async def _call(self, change: Change, key: tuple[str, str, str]) -> Call:
        provider = await self.connections.provider(key[0])
        kind = await self.connections.kind(*key)
        scope, hold = partial(self.connections.scope, key[0]), self.holds.get(change.address)
        return Call(self.book, change, kind, scope, provider.request_timeout, hold, self.deliver)


def one_line(error: Exception) -> str:
    """The gist of an error for a line of a log."""
    if isinstance(error, DiagnosticError):
        return error.diagnostics[0].message
    if isinstance(error, ProviderError) and error.status is not None:
        told = error.message.startswith(f"{error.status} ")
        return error.message if told else f"{error.status}: {error.message}"
    return str(error)
