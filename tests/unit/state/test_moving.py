"""One entry of the journal moves records, and intents that are open, to other addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackfile.address import Address
from stackfile.state.document import Damage
from stackfile.state.intents import Stamp
from stackfile.state.journal import Header, lineage_entry, print_entry, print_header, print_line, replay
from stackfile.state.moving import move_entry, moved_records
from stackfile.state.store import Entry, EntryType
from stackfile.testing.entries import intent, phase, record, result

OWNER = ("orders", "prod")
A, B, C = (Address("streams", key) for key in "abc")


def journal(*entries: Entry) -> bytes:
    entries = (lineage_entry("lin"), *entries)
    lines = [print_line(print_entry(one), Stamp("lin", 1, "run", seq)) for seq, one in enumerate(entries, 1)]
    return b"".join([print_header(Header(*OWNER)), *lines])


def test_records_are_at_their_new_addresses_and_depended_on_there() -> None:
    needing = replace(record(C), dependencies=(A, B))
    state = replay(None, journal(result(A, record(A)), result(C, needing), move_entry({A: B})), OWNER).state
    assert state is not None
    assert dict(state.records) == {B: replace(record(A), address=B), C: replace(needing, dependencies=(B,))}


def test_a_record_may_take_the_place_of_one_that_moves_on() -> None:
    found = moved_records([record(A, "1"), record(B, "2")], {A: B, B: C})
    assert {address: one.id for address, one in found.items()} == {B: "1", C: "2"}


def test_open_intents_move_with_what_their_phases_told() -> None:
    sent = replace(intent(A), record=record(A, ""))
    [open_one] = replay(None, journal(sent, phase(A, "created", "id7"), move_entry({A: B})), OWNER).intents
    assert (open_one.entry.address, open_one.id, open_one.phases) == (B, "id7", ("created",))
    assert open_one.entry.record == replace(record(A, ""), address=B)


def test_a_result_at_the_new_address_closes_what_was_open_at_the_old_one() -> None:
    assert replay(None, journal(intent(A), move_entry({A: B}), result(B, None)), OWNER).intents == ()


def test_a_move_that_says_no_map_is_damage() -> None:
    entry = Entry(EntryType.RESULT, None, "move", meta={"moves": ["a"]})
    with pytest.raises(Damage, match="line 3"):
        replay(None, journal(entry), OWNER)
