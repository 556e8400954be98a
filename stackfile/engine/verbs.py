"""One verb with its journal: the intent is durable before the call, the result after it, and no answer means: look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stackfile.address import Address
from stackfile.engine.judge import Finding, Judge, Sent, Verdict
from stackfile.engine.records import confirmed, prospective
from stackfile.engine.resolve import Work
from stackfile.errors import Ambiguous, ProviderError
from stackfile.plan.plan import UNSET, Change
from stackfile.plan.twins import identity_of
from stackfile.sdk.provider import Clock, Kind, Live, Update
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.state.secrets import Seal
from stackfile.state.store import Entry, EntryType, Lease
from stackfile.values import Path, Value, reveal


@dataclass(frozen=True, slots=True)
class Book:
    """The state as it grows: every result is durable in the journal before `records` shows it."""

    lease: Lease
    seal: Seal
    clock: Clock
    records: dict[Address, Record]

    async def result(self, address: Address, verb: str, provider: str, record: Record | None) -> None:
        """Closes the open intent of an address: from now on this is its record. None: it has none."""
        await self.write(Entry(EntryType.RESULT, address, verb, provider, record=record))
        if record is None:
            self.records.pop(address, None)
        else:
            self.records[address] = record

    async def settle(self, records: Sequence[Record]) -> None:
        """Takes new records for addresses whose objects did not change."""
        now = self.clock.now()
        if records:
            await self.lease.append(
                [Entry(EntryType.RESULT, r.address, "settle", r.provider, record=r, at=now) for r in records]
            )
        self.records.update({record.address: record for record in records})

    async def write(self, entry: Entry) -> None:
        await self.lease.append([replace(entry, at=self.clock.now())])

    async def before_send(self, entry: Entry) -> None:
        """Returns when the entry is durable and the lease surely holds for one more request."""
        await self.write(entry)
        await self.lease.check()


@dataclass
class JournalStep:
    """The journal as a provider's verb sees it. `id` is the id that the verb told."""

    book: Book
    change: Change
    verb: str
    id: str | None = None

    async def created(self, id: str) -> None:
        self.id = id
        await self._write("created")

    async def phase(self, name: str) -> None:
        await self._write(name)

    async def _write(self, phase: str) -> None:
        change = self.change
        entry = Entry(EntryType.PHASE, change.address, self.verb, change.provider, id=self.id, phase=phase)
        await self.book.before_send(entry)


@dataclass(frozen=True, slots=True)
class Call:
    """One change at its service. `scope` is what the provider instance is connected to, `timeout` in seconds."""

    book: Book
    change: Change
    kind: Kind[Any]
    scope: str
    timeout: float

    async def create(self, work: Work, ours: frozenset[tuple[str, str]]) -> tuple[Record, Live]:
        """Makes the object, at most once. `ours` are (provider, id) of the objects that records claim already."""
        identity = identity_of(work.schema, work.desired)
        new = prospective(self.change, self.scope, None, self.book.clock.now())
        intent = self._entry("create", identity=identity, sent=work.applied, absent=True, record=new)
        live = await self._make(intent, work, ours) or await self._make(intent, work, ours)
        if live is None:
            raise Ambiguous(f"{self.kind.name} was sent twice, no answer came, and it is in no listing")
        record = confirmed(new, work.applied, work.schema, live, self.book.clock.now())
        await self._result("create", record)
        return record, live

    async def _make(self, intent: Entry, work: Work, ours: frozenset[tuple[str, str]]) -> Live | None:
        """None: no answer came, and a look says that nothing was made."""
        await self.book.before_send(intent)
        sent_at, step = self.book.clock.now(), JournalStep(self.book, self.change, "create")
        try:
            made: Live = await self.kind.create(work.schema.typed(work.desired), step)
            return made
        except Ambiguous as error:
            sent = Sent(intent.provider, intent.identity, work.applied, sent_at, True, step.id, ours)
            finding = await self._judge(work.schema).create(sent)
            if finding.verdict is Verdict.CLEARED:
                await self._result("create", None)
                return None
            return _found(finding, error)
        except ProviderError:
            await self._half_made(intent, work, step.id)
            raise

    async def _half_made(self, intent: Entry, work: Work, id: str | None) -> None:
        """The service refused. What it had made by then is recorded, so that the next plan finishes it."""
        live = await self.kind.read(id) if id is not None else None
        if live is None or intent.record is None:
            await self._result("create", None)
            return
        await self._result("create", confirmed(intent.record, {}, work.schema, live, self.book.clock.now()))

    async def update(self, work: Work, record: Record, live: Live) -> tuple[Record, Live]:
        """Sends what differs; nothing where only the state has to change."""
        changed, removed = _to_send(work)
        new = replace(prospective(self.change, self.scope, record, self.book.clock.now()), id=record.id)
        await self.book.before_send(self._entry("update", id=record.id, sent=work.applied, record=new))
        if changed or removed:
            live = await self._send(Update(live, work.schema.typed(work.desired), changed, removed), work, record)
        done = confirmed(new, work.applied, work.schema, live, self.book.clock.now())
        await self._result("update", done)
        return done, live

    async def _send(self, update: Update[Any], work: Work, record: Record) -> Live:
        try:
            sent: Live = await self.kind.update(update, JournalStep(self.book, self.change, "update", record.id))
            return sent
        except Ambiguous as error:
            return _found(await self._judge(work.schema).update(record.id, work.applied), error)
        except ProviderError:
            await self._result("update", record)
            raise

    async def delete(self, record: Record, live: Live, schema: Schema) -> None:
        """Deletes the object; one that is gone already is fine."""
        await self.book.before_send(self._entry("delete", id=record.id, record=record))
        try:
            await self.kind.delete(live, JournalStep(self.book, self.change, "delete", record.id))
        except Ambiguous:
            finding = await self._judge(schema).delete(record.id)
            if finding.verdict is not Verdict.RECORDED:
                await self._result("delete", record)
                raise
        except ProviderError:
            await self._result("delete", record)
            raise
        await self._result("delete", None)

    def _judge(self, schema: Schema) -> Judge:
        return Judge(self.kind, schema, self.book.seal, self.book.clock, self.timeout)

    def _entry(self, verb: str, **fields: Any) -> Entry:
        return Entry(EntryType.INTENT, self.change.address, verb, self.change.provider, **fields)

    async def _result(self, verb: str, record: Record | None) -> None:
        await self.book.result(self.change.address, verb, self.change.provider, record)


def _found(finding: Finding, error: Ambiguous) -> Live:
    """The object of a good verdict. Raises the error with what the look found for any other."""
    if finding.live is not None and finding.verdict in (Verdict.ADOPTED, Verdict.RECORDED):
        return finding.live
    raise Ambiguous(
        f"{error.message}; {finding.says}", error.method, error.path, error.status, error.request_id
    ) from error


def _to_send(work: Work) -> tuple[dict[Path, Value], tuple[Path, ...]]:
    sent = [change for change in work.fields if not _is_local(work.schema, change.path)]
    changed: dict[Path, Value] = {change.path: reveal(change.after) for change in sent if change.after is not UNSET}
    return changed, tuple(change.path for change in sent if change.after is UNSET)


def _is_local(schema: Schema, path: Path) -> bool:
    field = schema.at(path)
    return field is not None and field.has(Trait.LOCAL)


