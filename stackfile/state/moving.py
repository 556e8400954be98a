"""Records under new addresses: one entry of the journal moves any number of them, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.state.format import Hold, Record
from stackfile.state.store import Entry, EntryType, Intent
from stackfile.values import Tree

VERB = "move"


def move_entry(moves: Mapping[Address, Address]) -> Entry:
    """What has been at one address is at another from now on: records, and intents that are open."""
    pairs = {str(before): str(after) for before, after in moves.items()}
    return Entry(EntryType.RESULT, None, VERB, meta={"moves": pairs})


def moves_of_meta(meta: Tree) -> dict[Address, Address]:
    pairs = meta["moves"]
    if not isinstance(pairs, Mapping):
        raise TypeError("moves are no map")
    return {Address.parse(before): Address.parse(str(after)) for before, after in pairs.items()}


def moved_records(records: Iterable[Record], moves: Mapping[Address, Address]) -> dict[Address, Record]:
    """All records by the addresses that they have now, also as others depend on them. The remote names stay."""
    out: dict[Address, Record] = {}
    for record in records:
        now = _moved(record, moves)
        out[now.address] = now
    return out


def moved_holds(holds: Mapping[Address, Hold], moves: Mapping[Address, Address]) -> dict[Address, Hold]:
    return {moves.get(address, address): hold for address, hold in holds.items()}


def moved_intent(intent: Intent, moves: Mapping[Address, Address]) -> Intent:
    entry = intent.entry
    if entry.address is None:
        return intent
    record = _moved(entry.record, moves) if entry.record is not None else None
    return replace(intent, entry=replace(entry, address=moves.get(entry.address, entry.address), record=record))


def _moved(record: Record, moves: Mapping[Address, Address]) -> Record:
    address = moves.get(record.address, record.address)
    if moves.keys().isdisjoint(record.dependencies):
        return record if address == record.address else replace(record, address=address)
    dependencies = tuple(dict.fromkeys(moves.get(one, one) for one in record.dependencies))
    return replace(record, address=address, dependencies=dependencies)
