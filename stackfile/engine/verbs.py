"""One verb with its journal: the intent is durable before the call, the result after it, and no answer means: look.

A refusal, or no connection, means that nothing more happened. Whatever else a verb raises leaves the intent open: the
next run looks at what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from stackfile.engine.book import Book, JournalStep, Wording
from stackfile.engine.delivery import PHASE, Deliver, delivery_of, nobody_delivers, not_delivered, undelivered
from stackfile.engine.judge import Changed, Finding, Judge, Sent, Verdict
from stackfile.engine.limits import within
from stackfile.engine.records import Seen, confirmed, prospective, renewed
from stackfile.engine.resolve import Work
from stackfile.errors import Ambiguous, Conflict, DiagnosticError, ProviderError, Rejected, Unreachable
from stackfile.plan.decide import as_known, normal_live
from stackfile.plan.diff import diff
from stackfile.plan.plan import UNSET, Change, FieldChange, Verb
from stackfile.plan.twins import identity_of
from stackfile.sdk.provider import Kind, Live, Update
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.codec import hold_to_json
from stackfile.state.format import Hold, Record
from stackfile.state.store import Entry
from stackfile.values import Path, Sensitive, Tree, Value, contains, reveal

_NOTHING_HAPPENED = (Rejected, Unreachable)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """An object that goes, as its own record, and the record of its resource before and after."""

    verb: str
    was: Record
    before: Record
    after: Record | None


@dataclass(frozen=True, slots=True)
class Call:
    """One change at its service. `scope` tells what the provider instance is connected to, `timeout` in seconds."""

    book: Book
    change: Change
    kind: Kind[Any]
    scope: Callable[[], Awaitable[str]]
    timeout: float
    hold: Hold | None = None
    """Of the object in whose place a new one comes."""
    deliver: Deliver = nobody_delivers
    answered: Callable[[], None] = lambda: None
    """Called once the service has done what it was asked to: what is left is to record it."""

    async def create(self, work: Work, before: Record | None) -> tuple[Record, Live]:
        """Makes the object, at most once. `before` is the record of one that is lost, or whose place it takes."""
        creation = _Creation(self, work, before, await self.scope())
        made = await creation.send((Ambiguous,)) or await creation.send((Ambiguous, Conflict))
        if made is None or made.live is None:
            raise Ambiguous(f"{self.kind.name} was sent twice, no answer came, and it is in no listing")
        failure = await creation.deliver(made.live, was_shown=made.verdict is Verdict.RECORDED)
        record = await creation.record(made.live, made.applied or {})
        if failure is not None:
            raise failure
        return await self._finished(work, record, made.live)

    async def _finished(self, work: Work, record: Record, live: Live) -> tuple[Record, Live]:
        """Sends what an object lacks that was made without a good answer."""
        if record.applied == work.applied:
            return record, live
        normal = normal_live(work.schema, live)
        left = diff(work.schema, work.desired, record.applied, normal, self.book.seal).fields
        return await self.update(replace(work, fields=left), record, live)

    async def update(self, work: Work, record: Record, live: Live) -> tuple[Record, Live]:
        """Sends what differs; nothing where only the state has to change."""
        sent = [one for one in work.fields if not work.schema.traits_at(one.path) & Trait.LOCAL]
        shows = any(not work.schema.hides(one.path, live.fields) for one in sent)
        new = renewed(record, self.change, await self.scope())
        wording = Wording(self.change, "update")
        hidden = [one.path for one in sent if one.again and work.schema.hides(one.path, live.fields)]
        unsure = _without_unseen(record.applied, hidden)
        meta: dict[str, Value] = {"shows": shows}
        if unsure != record.applied:
            meta["again"] = sorted(record.applied.keys() - unsure.keys())
        await self.book.intend(wording.intent(id=record.id, sent=work.applied, record=new, meta=meta))
        step = JournalStep(self.book, wording, record.id)
        if sent:
            changed, removed = _by_direction(sent)
            update = Update(live, work.typed, changed, removed)
            try:
                live = await within(self.change, Verb.UPDATE, self.kind.update(update, step))
                self.answered()
            except Ambiguous as error:
                shown = Changed(record.id, work.applied, unsure, shows and not step.phases)
                live = _found(await _looked(self.judge(work.schema).update(shown), error), error)
            except _NOTHING_HAPPENED:
                await self.result("update", record)
                raise
        done = confirmed(new, work.applied, Seen(work.schema, live, work.applied, self.book.clock.now()))
        await self.result("update", done)
        return done, live

    async def delete(self, record: Record, live: Live, schema: Schema) -> None:
        """Deletes the object; one that is gone already is fine."""
        await self._delete(_Leaving("delete", record, record, None), live, schema)

    async def delete_deposed(self, record: Record, id: str, live: Live, schema: Schema) -> None:
        """Deletes an old object of the resource; its record has one deposed object less then."""
        was = next(one for one in record.objects[1:] if one.id == id)
        await self._delete(_Leaving(Verb.DEPOSED, was, record, record.without(id)), live, schema)

    async def _delete(self, leaving: _Leaving, live: Live, schema: Schema) -> None:
        verb, id = leaving.verb, leaving.was.id
        wording = Wording(self.change, verb)
        hold = self.hold if leaving.after is None else None
        meta: dict[str, Value] = {"hold": hold_to_json(hold)} if hold is not None else {}
        await self.book.intend(wording.intent(id=id, record=leaving.was, meta=meta))
        try:
            step = JournalStep(self.book, wording, id)
            known = as_known(schema, live, {**leaving.was.applied, **self._wanted(schema)})
            await within(self.change, Verb.DELETE, self.kind.delete(known, step))
            self.answered()
        except Ambiguous as error:
            finding = await _looked(self.judge(schema).delete(id), error)
            if finding.verdict is not Verdict.RECORDED:
                await self.result(verb, leaving.before)
                _doubt(f"{error.message}; {finding.says}", error)
        except _NOTHING_HAPPENED:
            await self.result(verb, leaving.before)
            raise
        await self.book.result(self.change.address, verb, self.change.provider, leaving.after, hold)

    def _wanted(self, schema: Schema) -> Tree:
        """What the file says now of fields that only the state has: it counts for the old object of a replace."""
        desired = self.change.desired or {}
        return {one.name: desired[one.name] for one in schema.with_trait(Trait.LOCAL) if one.name in desired}

    def judge(self, schema: Schema) -> Judge:
        return Judge(self.kind, schema, self.book.seal, self.book.clock, self.timeout)

    async def result(self, verb: str, record: Record | None) -> None:
        await self.book.result(self.change.address, verb, self.change.provider, record)


class _Creation:
    """The sending of one new object, and what is known of it."""

    def __init__(self, call: Call, work: Work, before: Record | None, scope: str) -> None:
        self._call, self._work, self._before = call, work, before
        self._book = call.book
        self._wording = Wording(call.change, "create")
        self._new = replace(prospective(call.change, before, scope, self._book.clock.now()), hold=call.hold)
        self._identity = _public_identity(work)
        self._step = JournalStep(self._book, self._wording)
        self._first: datetime | None = None
        self._mark = ""
        self._is_delivered = False

    async def send(self, doubtful: tuple[type[ProviderError], ...]) -> Finding | None:
        """None: after one of the `doubtful` errors, a look says that nothing was made, and that is recorded."""
        at = self._book.clock.now()
        self._first = self._first or at
        self._mark = self._mark or f"stackfile {self._call.change.address} {self._book.lease.token} {at.isoformat()}"
        await self._book.intend(self._intent(self._first))
        self._step = JournalStep(self._book, self._wording, mark=self._mark)
        try:
            making = self._call.kind.create(self._work.typed, self._step)
            live = await within(self._call.change, Verb.CREATE, making)
            self._call.answered()
        except doubtful as error:
            judge = self._call.judge(self._work.schema)
            finding = await _looked(judge.create(self._sent(at, self._first)), error)
            if finding.verdict is not Verdict.CLEARED:
                _found(finding, error)
                return finding
            await self._call.result("create", self._before)
            if isinstance(error, Conflict):
                raise
            return None
        except _NOTHING_HAPPENED:
            await self._undo()
            raise
        return Finding(Verdict.RECORDED, "", live, self._work.applied)

    def _intent(self, first: datetime) -> Entry:
        return self._wording.intent(
            identity=self._identity,
            sent=self._work.applied,
            absent=self._absent,
            record=self._new,
            meta={"first": first.isoformat(), "mark": self._mark},
        )

    @property
    def _absent(self) -> bool:
        """The plan saw a whole listing without this natural key, or waited until who had it was gone."""
        return bool(self._identity) and self._call.kind.traits.can_list

    def _sent(self, at: datetime, first: datetime) -> Sent:
        ours = self._book.claimed(self._new)
        return Sent(self._identity, self._work.applied, at, first, self._absent, self._step.id, ours, self._mark)

    async def deliver(self, live: Live, was_shown: bool) -> DiagnosticError | None:
        """Gives away what the service shows once. An error says why it reached nobody."""
        call = self._call
        delivery = delivery_of(call.kind, self._work.typed, live)
        if delivery is None:
            return None
        if not was_shown:
            return not_delivered(call.change.address, live.id, "the answer with it was lost")
        try:
            await call.deliver(delivery)
        except OSError as error:
            return not_delivered(call.change.address, live.id, str(error))
        await self._step.phase(PHASE)
        self._is_delivered = True
        return None

    async def record(self, live: Live, applied: Tree) -> Record:
        applied = applied if self._is_delivered else undelivered(applied)
        seen = Seen(self._work.schema, live, self._work.applied, self._book.clock.now())
        record = confirmed(replace(self._new, scope=await self._call.scope()), applied, seen)
        await self._call.result("create", record)
        return record

    async def _undo(self) -> None:
        """Nothing more happened. What had been made by then is recorded, so that the next plan finishes it."""
        if self._step.id is None:
            await self._call.result("create", self._before)
            return
        try:
            live = await self._call.kind.read(self._step.id)
        except ProviderError:
            return  # the journal has the id: whoever recovers looks again
        if live is None:
            await self._call.result("create", self._before)
        else:
            await self.record(live, self._call.judge(self._work.schema).arrived(self._work.applied, live))


async def _looked(look: Awaitable[Finding], error: ProviderError) -> Finding:
    """Raises the error of the call, in doubt still, where nobody can look now."""
    try:
        return await look
    except ProviderError as blind:
        _doubt(f"{error.message}; nor could it be looked at: {blind.message}", error)


def _found(finding: Finding, error: ProviderError) -> Live:
    """The object of a good verdict. Raises the error with what the look found for any other."""
    if finding.live is not None and finding.verdict in (Verdict.ADOPTED, Verdict.RECORDED):
        return finding.live
    _doubt(f"{error.message}; {finding.says.splitlines()[0]}", error)


def _doubt(says: str, error: ProviderError) -> NoReturn:
    raise Ambiguous(says, error.method, error.path, error.status, error.request_id) from error


def _public_identity(work: Work) -> Tree:
    """The natural key for the journal; nothing where a part of it is secret."""
    identity = identity_of(work.schema, work.desired)
    is_secret = any(contains(work.desired[name], Sensitive) for name in identity)
    return {} if is_secret else identity


def _without_unseen(applied: Tree, again: Iterable[Path]) -> Tree:
    """What was applied, without what is sent again and cannot be read back: whether it arrives is not known before."""
    unseen = {path[0] for path in again}
    return {name: value for name, value in applied.items() if name not in unseen} if unseen else applied


def _by_direction(sent: list[FieldChange]) -> tuple[dict[Path, Value], tuple[Path, ...]]:
    changed: dict[Path, Value] = {change.path: reveal(change.after) for change in sent if change.after is not UNSET}
    return changed, tuple(change.path for change in sent if change.after is UNSET)
