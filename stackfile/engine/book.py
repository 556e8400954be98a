"""The state as it grows during a run: what is durable in the journal, and what a provider's verb may write there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stackfile.address import Address
from stackfile.plan.plan import Change
from stackfile.sdk.provider import Clock
from stackfile.state.codec import hold_to_json
from stackfile.state.format import Hold, Record, State
from stackfile.state.moving import move_entry, moved_holds, moved_records
from stackfile.state.secrets import Seal
from stackfile.state.store import Entry, EntryType, Lease
from stackfile.values import Value


@dataclass(frozen=True, slots=True)
class Book:
    """Every result is durable in the journal before `records` shows it.

    `open` are the addresses with an intent of this run that has no result: how their calls ended is not known.
    """

    lease: Lease
    seal: Seal
    clock: Clock
    records: dict[Address, Record]
    open: set[Address] = field(default_factory=set)
    holds: dict[Address, Hold] = field(default_factory=dict)
    """Of what has no record."""

    @classmethod
    def of(cls, state: State, lease: Lease, seal: Seal, clock: Clock) -> Book:
        return cls(lease, seal, clock, dict(state.records), holds=dict(state.holds))

    def over(self, state: State) -> State:
        """The state with what is in the book."""
        return replace(state, records=dict(self.records), holds=dict(self.holds))

    async def result(
        self, address: Address, verb: str, provider: str, record: Record | None, hold: Hold | None = None
    ) -> None:
        """Closes the open intent of an address: from now on this is its record. None: it has none, and the new object
        that is to come begins with this `hold`."""
        meta: dict[str, Value] = {"hold": hold_to_json(hold)} if hold is not None and record is None else {}
        await self.write(Entry(EntryType.RESULT, address, verb, provider, record=record, meta=meta))
        self.open.discard(address)
        if record is not None:
            self.records[address] = record
            self.holds.pop(address, None)
            return
        self.records.pop(address, None)
        if hold is not None:
            self.holds[address] = hold

    async def settle(self, records: Sequence[Record], verb: str = "settle") -> None:
        """Takes new records for addresses whose objects did not change."""
        now = self.clock.now()
        if records:
            await self.lease.append(
                [Entry(EntryType.RESULT, r.address, verb, r.provider, record=r, at=now) for r in records]
            )
        self.records.update({record.address: record for record in records})

    async def move(self, moves: Mapping[Address, Address]) -> None:
        """Takes records to other addresses, all or none."""
        await self.write(move_entry(moves))
        moved = moved_records(self.records.values(), moves)
        self.records.clear()
        self.records.update(moved)
        holds = moved_holds(self.holds, moves)
        self.holds.clear()
        self.holds.update(holds)

    async def intend(self, entry: Entry) -> None:
        """Returns when the intent is durable and the lease surely holds for one more request."""
        await self.before_send(entry)
        if entry.address is not None:
            self.open.add(entry.address)

    async def before_send(self, entry: Entry) -> None:
        await self.lease.announce([replace(entry, at=self.clock.now())])

    async def write(self, entry: Entry) -> None:
        await self.lease.append([replace(entry, at=self.clock.now())])

    def claimed(self, record: Record) -> frozenset[str]:
        """The ids of the objects of a record's kind that other addresses have, and of all that are deposed."""
        kind = (record.provider, record.section, record.kind)
        others = (r for r in self.records.values() if r.address != record.address)
        there = (one for r in (*others, record) for one in (r.objects if r is not record else r.objects[1:]))
        return frozenset(one.id for one in there if (one.provider, one.section, one.kind) == kind)


@dataclass(frozen=True, slots=True)
class Wording:
    """What all entries of one verb on one address share."""

    change: Change
    verb: str

    def intent(self, **fields: Any) -> Entry:
        return Entry(EntryType.INTENT, self.change.address, self.verb, self.change.provider, **fields)

    def phase(self, name: str, id: str | None) -> Entry:
        return Entry(EntryType.PHASE, self.change.address, self.verb, self.change.provider, id=id, phase=name)


@dataclass
class JournalStep:
    """The journal as a provider's verb sees it. `id` is the id that the verb told, `phases` the further calls.

    `mark` is what a new object may be told by.
    """

    book: Book
    wording: Wording
    id: str | None = None
    phases: int = 0
    mark: str = ""

    async def created(self, id: str) -> None:
        self.id = id
        await self.book.before_send(self.wording.phase("created", id))

    async def phase(self, name: str) -> None:
        self.phases += 1
        await self.book.before_send(self.wording.phase(name, self.id))
