"""Judges what an earlier run left open: adopts, records or clears each intent, or leaves it open for now.

Runs under the lease, on intents of lower tokens only. Its own effects are results in the journal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from stackfile.address import Address
from stackfile.engine.book import Book
from stackfile.engine.connections import Connections
from stackfile.engine.delivery import FIELD, PHASE, undelivered
from stackfile.engine.judge import Changed, Finding, Judge, Sent, Verdict
from stackfile.engine.records import Seen, confirmed
from stackfile.engine.scopes import connection_said
from stackfile.errors import ProviderError
from stackfile.events import Emit, Recovered
from stackfile.language.stackfile import Catalog
from stackfile.plan.plan import PendingIntent, Verb
from stackfile.sdk.schema import Schema, schema_for, schema_of
from stackfile.state.format import Record
from stackfile.state.journal import kept_hold
from stackfile.state.store import Entry, Intent


@dataclass(frozen=True, slots=True)
class Recovery:
    """Goes through open intents, one after the other. `declared` are the addresses of the stackfile; `excluded`
    providers are not even contacted."""

    connections: Connections
    catalog: Catalog
    book: Book
    emit: Emit
    declared: Collection[Address]
    excluded: frozenset[str]
    silent: dict[str, str] = field(default_factory=dict)
    """Providers that could not be asked, with the reason: none is tried again for each intent."""

    async def run(self, intents: Collection[Intent]) -> tuple[PendingIntent, ...]:
        """Those that stay open: nothing may be done with their addresses in this run."""
        pending: list[PendingIntent] = []
        for intent in intents:
            entry, record = intent.entry, intent.entry.record
            if intent.token >= self.book.lease.token or entry.address is None or record is None:
                continue
            finding = await self._judged(intent, record)
            self.emit(Recovered(entry.address, entry.verb, finding.says, finding.verdict.value))
            if finding.verdict is Verdict.PENDING:
                pending.append(PendingIntent(entry.address, entry.verb, finding.says))
        return tuple(pending)

    async def _judged(self, intent: Intent, record: Record) -> Finding:
        provider = record.provider
        if provider in self.excluded:
            return Finding(Verdict.PENDING, f"{provider} is excluded")
        try:
            finding = await self._found(intent, record) if provider not in self.silent else None
        except ProviderError as error:
            finding, self.silent[provider] = None, str(error)
        if finding is None:
            return Finding(Verdict.PENDING, f"{provider}: {self.silent[provider]}")
        if finding.verdict is not Verdict.PENDING:
            after = self._after(self._schema(intent, record), intent.entry, finding)
            if after is not None and not after.scope:
                after = replace(after, scope=await self.connections.scope(provider))
            await self.book.result(record.address, intent.entry.verb, provider, after, kept_hold(intent.entry))
        return finding

    async def _found(self, intent: Intent, record: Record) -> Finding:
        scope = await self.connections.scope(record.provider)
        if record.scope not in ("", scope):
            says = f"{record.provider} is {connection_said(scope)}, and the call was made in {record.scope}"
            return Finding(Verdict.PENDING, says)
        finding = await self._look(await self._judge(intent, record), intent, record)
        if finding.verdict is Verdict.PENDING and record.address not in self.declared:
            return Finding(Verdict.CLEARED, f"{finding.says}; it is declared no more")
        return finding

    async def _judge(self, intent: Intent, record: Record) -> Judge:
        provider = await self.connections.provider(record.provider)
        kind = await self.connections.kind(record.provider, record.section, record.kind)
        schema = self._schema(intent, record)
        return Judge(kind, schema, self.book.seal, self.book.clock, provider.request_timeout)

    def _schema(self, intent: Intent, record: Record) -> Schema:
        """Of the variant that was sent, or for a delete was there."""
        kind = self.catalog.kinds(record.service, record.section)[record.kind]
        try:
            return schema_for(kind, intent.entry.sent or record.applied)
        except KeyError:
            return schema_of(kind.model)

    async def _look(self, judge: Judge, intent: Intent, record: Record) -> Finding:
        entry, sent, before = intent.entry, intent.entry.sent or {}, self.book.records.get(record.address)
        if entry.verb == "create":
            at = entry.at or self.book.clock.now()
            first = datetime.fromisoformat(str(entry.meta.get("first", at.isoformat())))
            ours = self.book.claimed(record)
            mark = str(entry.meta.get("mark", ""))
            made = await judge.create(Sent(entry.identity, sent, at, first, entry.absent, intent.id, ours, mark))
            return made if PHASE in intent.phases else _without_its_secret(made)
        if entry.verb == "update":
            shows = entry.meta.get("shows") is True and not intent.phases
            again = entry.meta.get("again")
            unsure = again if isinstance(again, list) else []
            applied = {k: v for k, v in before.applied.items() if k not in unsure} if before is not None else {}
            return await judge.update(Changed(entry.id or "", sent, applied, shows))
        if "status" in entry.meta:
            return await judge.status(entry.id or "", str(entry.meta["status"]), sent)
        return await judge.delete(entry.id or "")

    def _after(self, schema: Schema, entry: Entry, finding: Finding) -> Record | None:
        """The record of the address from now on.

        What exists and is not ours gets none: the plan tells what to do about it, as long as the file wants its name.
        """
        before = self.book.records.get(entry.address) if entry.address is not None else None
        if entry.verb == Verb.DEPOSED and before is not None and entry.id is not None:
            return before.without(entry.id) if finding.verdict is Verdict.RECORDED else before
        if entry.verb == "delete":
            return None if finding.verdict is Verdict.RECORDED else before
        new = before if finding.verdict is Verdict.AGAIN else entry.record
        if new is None or finding.live is None or finding.applied is None:
            return before
        if entry.verb == "create":  # somebody may have released it since the intent
            held = before.hold if before is not None else self.book.holds.get(new.address)
            new = replace(new, hold=held)
        return confirmed(new, finding.applied, Seen(schema, finding.live, entry.sent or {}, self.book.clock.now()))


def _without_its_secret(made: Finding) -> Finding:
    """What was made by a run that ended before what the service shows once was delivered."""
    if made.applied is None or FIELD not in made.applied:
        return made
    return replace(made, says=f"{made.says}; its secret was not delivered", applied=undelivered(made.applied))
