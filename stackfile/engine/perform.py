"""Does one stage of a plan: completes the wish, calls the verb, and keeps what the walk and the ledger need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.engine.connections import Connections
from stackfile.engine.resolve import Resolver
from stackfile.engine.verbs import Book, Call
from stackfile.engine.waiting import NotReady, Patience
from stackfile.engine.walk import Ended
from stackfile.errors import DiagnosticError, ProviderError
from stackfile.events import Emit, StageDone, StageFailed, StageStarted
from stackfile.plan.known import Known
from stackfile.plan.plan import Change, Stage, Verb
from stackfile.sdk.provider import Live


@dataclass(frozen=True, slots=True)
class StageReport:
    """How one stage ended. `changed` tells whether the service was changed, also by a stage that failed."""

    stage: Stage
    seconds: float
    id: str | None = None
    error: Exception | None = None
    changed: bool = True


@dataclass
class Performer:
    """Does the stages of one plan. `reports` holds every stage that was tried, `claimed` the (provider, id) of all
    objects that were ours when the walk began."""

    changes: Mapping[Address, Change]
    connections: Connections
    known: Known
    resolver: Resolver
    book: Book
    patience: Patience
    emit: Emit
    claimed: frozenset[tuple[str, str]]
    reports: dict[Stage, StageReport] = field(default_factory=dict)

    async def do(self, stage: Stage) -> Ended:
        address, verb = stage
        change, clock = self.changes[address], self.book.clock
        spoken = f"replace: {verb}" if change.replaces else str(verb)
        began = clock.monotonic()
        self.emit(StageStarted(address, spoken, clock.now()))
        try:
            id = await self._do(change, verb, spoken)
        except (ProviderError, NotReady, DiagnosticError) as error:
            seconds = clock.monotonic() - began
            known = self.book.records.get(address)
            changed = isinstance(error, NotReady) or (verb is Verb.CREATE and known is not None)
            self.reports[stage] = StageReport(stage, seconds, known.id if known is not None else None, error, changed)
            self.emit(StageFailed(address, spoken, one_line(error), seconds, clock.now()))
            return Ended.FAILED
        seconds = clock.monotonic() - began
        self.reports[stage] = StageReport(stage, seconds, id)
        self.emit(StageDone(address, spoken, id, seconds, clock.now()))
        return Ended.DONE

    async def _do(self, change: Change, verb: Verb, spoken: str) -> str:
        if verb is Verb.FORGET:
            await self.book.result(change.address, "forget", change.provider, None)
            return change.id or ""
        if verb is Verb.DELETE:
            return await self._delete(change)
        call = await self._call(change, (change.provider, change.section, change.kind))
        record = self.book.records.get(change.address)
        work = self.resolver.work(change, record)
        live = self.known.live(record) if record is not None else None
        if verb is Verb.UPDATE and record is not None and live is not None:
            new, live = await call.update(work, record, live)
        else:
            new, live = await call.create(work, self.claimed)
        self.resolver.done(change.address, work, new, live)
        await self.patience.until_ready((change.address, verb), spoken, call.kind, live)
        return new.id

    async def _delete(self, change: Change) -> str:
        record = self.book.records[change.address]
        call = await self._call(change, (record.provider, record.section, record.kind))
        live = self.known.live(record) or Live(record.id, {})
        await call.delete(record, live, self.known.schema(record))
        return record.id

    async def _call(self, change: Change, key: tuple[str, str, str]) -> Call:
        provider = await self.connections.provider(key[0])
        kind = await self.connections.kind(*key)
        scope = self.known.observed.scopes.get(key[0], "")
        return Call(self.book, change, kind, scope, provider.request_timeout)


def one_line(error: Exception) -> str:
    """The gist of an error for a line of a log."""
    if isinstance(error, DiagnosticError):
        return error.diagnostics[0].message
    if isinstance(error, ProviderError) and error.status is not None:
        return f"{error.status}: {error.message}"
    return str(error)
