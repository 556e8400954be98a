"""The journal's lines and what a replay makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from zlib import crc32

import pytest

from stackfile import __version__
from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.document import Damage, Snapshot, checksum_of, print_snapshot
from stackfile.state.format import Record, State
from stackfile.state.intents import Stamp
from stackfile.state.journal import (
    Header,
    Unrelated,
    last_token,
    lineage_entry,
    print_entry,
    print_header,
    print_line,
    replay,
)
from stackfile.state.store import Entry, EntryType

OWNER = ("orders", "prod")
PG = Address("sources", "pg")
AT = datetime(2026, 11, 21, 3, 12, 4, tzinfo=UTC)
RECORD = Record(PG, "local", "local", "sources", "file", "local:a1", "id1", "prod-pg", {"path": "in.csv"})
INTENT = Entry(EntryType.INTENT, PG, "create", "local", {"name": "pg"}, sent={"a": 1}, absent=True, at=AT)
CREATED = Entry(EntryType.PHASE, PG, "create", "local", id="id1", phase="created", at=AT)
RESULT = Entry(EntryType.RESULT, PG, "create", "local", record=RECORD, at=AT)


def line(entry: Entry, seq: int, token: int = 1, lineage: str = "lin") -> bytes:
    return print_line(print_entry(entry), Stamp(lineage, token, "run-1", seq))


def journal(*lines: bytes, header: Header | None = None) -> bytes:
    return b"".join([print_header(header or Header(*OWNER)), *lines])


def snapshot(serial: int) -> Snapshot:
    state = State("orders", "prod", "lin", serial)
    return Snapshot(state, checksum_of(print_snapshot(state)))


def test_a_line_is_what_the_format_says() -> None:
    fields = (
        '{"lineage":"lin","run":"run-1","seq":7,"token":3,"v":1,"address":"sources.pg","at":"2026-11-21T03:12:04Z",'
        '"id":"id1","phase":"created","provider":"local","type":"phase","verb":"create"'
    )
    assert line(CREATED, 7, 3).decode() == f'{fields},"crc":"{crc32(fields.encode()):08x}"}}\n'


def test_the_header_is_what_the_format_says() -> None:
    assert print_header(Header("orders", "prod", "lin", 6, "ab12", 3, 7)).decode().partition(',"crc":')[0] == (
        '{"checksum":"ab12","env":"prod","lineage":"lin","open":[],"seq":7,"serial":6,"stack":"orders",'
        f'"stackfile":"{__version__}","token":3,"type":"snapshot","v":1'
    )


def test_a_new_stacks_journal_makes_its_first_state() -> None:
    found = replay(None, journal(line(lineage_entry("lin"), 1), line(INTENT, 2), line(RESULT, 3)), OWNER)
    assert found.state == State("orders", "prod", "lin", 1, {PG: RECORD})
    assert (found.intents, found.lineage, found.token, found.seq, found.continues) == ((), "lin", 1, 3, True)


def test_without_results_the_snapshot_is_the_state() -> None:
    base = snapshot(6)
    header = Header(*OWNER, "lin", 6, base.checksum, 1, 4)
    found = replay(base, journal(line(INTENT, 5), header=header), OWNER)
    assert found.state is base.state
    assert [intent.entry for intent in found.intents] == [INTENT]


def test_without_a_journal_the_snapshot_is_the_state() -> None:
    found = replay(snapshot(6), None, OWNER)
    assert (found.state, found.lineage, found.continues) == (snapshot(6).state, "lin", False)


def test_a_failed_result_keeps_the_record_it_names() -> None:
    refused = Entry(EntryType.RESULT, PG, "update", ok=False, record=RECORD)
    found = replay(None, journal(line(lineage_entry("lin"), 1), line(INTENT, 2), line(refused, 3)), OWNER)
    assert found.state is not None
    assert (dict(found.state.records), found.intents) == ({PG: RECORD}, ())


BEGIN = line(lineage_entry("lin"), 1)
CORRUPT = {
    "a line is missing": (journal(BEGIN, line(INTENT, 3)), "line 3: it has number 3 where 2 is due", 3),
    "a line is there twice": (journal(BEGIN, BEGIN), "line 3: it has number 1 where 2 is due", 3),
    "a token goes back": (
        journal(line(lineage_entry("lin"), 1, 5), line(INTENT, 2, 4)),
        "line 3: it was written under lease 4, after lease 5 had begun",
        3,
    ),
    "a line of another history": (
        journal(BEGIN, line(INTENT, 2, lineage="other")),
        "line 3: it is of another lineage",
        3,
    ),
    "a history begins twice": (
        journal(BEGIN, line(lineage_entry("lin"), 2)),
        "line 3: the journal of a new stack begins with its lineage, and no other has such an entry",
        3,
    ),
    "a history has no beginning": (
        journal(line(INTENT, 1, lineage="")),
        "line 2: the journal of a new stack begins with its lineage, and no other has such an entry",
        2,
    ),
    "a byte differs": (
        journal(BEGIN, line(INTENT, 2).replace(b"create", b"delete"), line(RESULT, 3)),
        "line 3 does not match its checksum",
        3,
    ),
    "the last whole line differs": (
        journal(BEGIN, line(INTENT, 2).replace(b"create", b"delete")),
        "line 3 does not match its checksum",
        3,
    ),
    "two lines run together": (
        journal(BEGIN.replace(b"\n", b" "), line(INTENT, 2)),
        "line 2 does not match its checksum",
        2,
    ),
    "no header": (BEGIN, "line 1 is no header ('stackfile')", 1),
    "empty": (b"", "line 1 is no header ('v')", 1),
    "an entry of the whole stack that nobody knows": (
        journal(BEGIN, line(Entry(EntryType.RESULT, None, "magic"), 2)),
        "line 3: magic is no entry of a whole stack",
        3,
    ),
}


@pytest.mark.parametrize(("data", "says", "number"), CORRUPT.values(), ids=CORRUPT.keys())
def test_corruption_is_named_by_its_line(data: bytes, says: str, number: int) -> None:
    with pytest.raises(Damage) as caught:
        replay(None, data, OWNER)
    assert (str(caught.value), caught.value.line) == (says, number)


def test_a_torn_last_line_is_left_out() -> None:
    whole = journal(BEGIN, line(INTENT, 2))
    found = replay(None, whole + line(RESULT, 3)[:-1], OWNER)
    assert (len(found.intents), found.seq, found.size) == (1, 2, len(whole))


def test_zeros_after_the_last_line_are_left_out() -> None:
    whole = journal(BEGIN, line(INTENT, 2))
    assert replay(None, whole + bytes(4096), OWNER).size == len(whole)


def test_an_earlier_journal_gives_its_open_intents_only() -> None:
    found = replay(snapshot(1), journal(BEGIN, line(RESULT, 2), line(INTENT, 3), line(CREATED, 4)), OWNER)
    assert (found.state, found.continues) == (snapshot(1).state, False)
    assert [(intent.entry, intent.phases, intent.id) for intent in found.intents] == [(INTENT, ("created",), "id1")]


def test_an_earlier_journal_of_another_history_says_nothing_more() -> None:
    found = replay(snapshot(1), journal(line(lineage_entry("other"), 1, lineage="other")), OWNER)
    assert (found.state, found.lineage, found.continues) == (snapshot(1).state, "lin", False)


def test_an_earlier_journal_of_another_history_with_calls_that_are_open_is_refused() -> None:
    lines = line(lineage_entry("other"), 1, lineage="other"), line(INTENT, 2, lineage="other")
    with pytest.raises(Damage, match="another lineage than the snapshot"):
        replay(snapshot(1), journal(*lines), OWNER)


@pytest.mark.parametrize("header", [Header(*OWNER, "lin", 7, "ab"), Header(*OWNER, "lin", 6, "ab")])
def test_a_journal_of_a_snapshot_that_is_not_there_is_refused(header: Header) -> None:
    with pytest.raises(Unrelated) as caught:
        replay(snapshot(6), journal(header=header), OWNER)
    assert caught.value.serial == header.serial


def test_another_stacks_journal_is_refused() -> None:
    with pytest.raises(StateError, match="state-other-stack"):
        replay(None, journal(), ("billing", "prod"))


def test_a_newer_journal_is_refused_with_what_to_install() -> None:
    newer = print_header(Header(*OWNER)).partition(b',"crc"')[0].replace(b'"v":1', b'"v":2')
    with pytest.raises(StateError, match="state-newer: the journal was written by a newer stackfile: format 2"):
        replay(None, newer + b',"crc":"%08x"}\n' % crc32(newer), OWNER)


def test_the_last_token_is_found_in_a_damaged_journal_too() -> None:
    assert last_token(journal(BEGIN, line(INTENT, 2, 12)) + b'{"broken') == 12
    assert last_token(b"") == 0


def test_a_record_under_another_address_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValueError, match=r"an entry of streams\.x with a record of sources\.pg"):
        print_entry(Entry(EntryType.RESULT, Address("streams", "x"), "create", record=RECORD))
