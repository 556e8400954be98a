"""Judges what a killed run left open: adopts, records or clears each intent, or leaves it to a person.

Runs under the lease, on intents of lower tokens only. Its own effects are results in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stackfile.engine.connections import Connections
from stackfile.engine.judge import Finding, Judge, Sent, Verdict
from stackfile.engine.records import confirmed
from stackfile.engine.verbs import Book
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.events import Emit, Recovered
from stackfile.language.stackfile import Catalog
from stackfile.sdk.schema import Schema, schema_for
from stackfile.state.format import Record, State
from stackfile.state.store import Intent, Stored
from stackfile.values import Tree


@dataclass(frozen=True, slots=True)
class Recovery:
    """Goes through the open intents of a state, one after the other."""

    connections: Connections
    catalog: Catalog
    book: Book
    emit: Emit

    async def run(self, stored: Stored, state: State) -> State:
        """The state with every open intent closed. Raises DiagnosticError for what a person must judge."""
        problems: list[Diagnostic] = []
        for intent in stored.intents:
            if intent.token < self.book.lease.token:
                problems.extend(await self._one(intent))
        if problems:
            raise DiagnosticError(problems)
        return replace(state, records=dict(self.book.records))

    async def _one(self, intent: Intent) -> Sequence[Diagnostic]:
        entry, record = intent.entry, intent.entry.record
        if entry.address is None or record is None:
            return ()
        judge = await self._judge(record, intent)
        finding = await self._look(judge, intent)
        self.emit(Recovered(entry.address, entry.verb, finding.says, finding.verdict.value))
        if finding.verdict is Verdict.EXISTS:
            return [_exists(record, finding)]
        await self.book.result(entry.address, entry.verb, entry.provider, self._after(judge.schema, intent, finding))
        return ()

    async def _judge(self, record: Record, intent: Intent) -> Judge:
        provider = await self.connections.provider(record.provider)
        kind = await self.connections.kind(record.provider, record.section, record.kind)
        schema = schema_for(self.catalog.kinds(record.service, record.section)[record.kind], _body(intent))
        return Judge(kind, schema, self.book.seal, self.book.clock, provider.request_timeout)

    async def _look(self, judge: Judge, intent: Intent) -> Finding:
        entry, sent = intent.entry, intent.entry.sent or {}
        if entry.verb == "create":
            now = self.book.clock.now()
            claimed = frozenset((r.provider, r.id) for r in self.book.records.values())
            known = Sent(entry.provider, entry.identity, sent, entry.at or now, entry.absent, intent.id, claimed)
            return await judge.create(known)
        if entry.verb == "update":
            return await judge.update(entry.id or "", sent)
        return await judge.delete(entry.id or "")

    def _after(self, schema: Schema, intent: Intent, finding: Finding) -> Record | None:
        """The record of the address from now on."""
        entry = intent.entry
        before = self.book.records.get(entry.address) if entry.address is not None else None
        if entry.verb == "delete":
            return None if finding.verdict is Verdict.RECORDED else before
        if finding.live is None or entry.record is None or finding.verdict is Verdict.AGAIN:
            return before
        applied = (entry.sent or {}) if finding.whole else {}
        return confirmed(entry.record, applied, schema, finding.live, self.book.clock.now())


def _body(intent: Intent) -> Tree:
    """What tells the variant of a kind: what was sent, or for a delete what had been applied."""
    record = intent.entry.record
    return intent.entry.sent or (record.applied if record is not None else {})


def _exists(record: Record, finding: Finding) -> Diagnostic:
    id = finding.live.id if finding.live is not None else ""
    return Diagnostic(
        "exists",
        finding.says,
        address=str(record.address),
        help=(
            "Either give ours another name, or take it over:",
            f"stack import {record.address} {id}".rstrip(),
        ),
    )
