"""Laws of the state: what is printed is parsed back, and no damage is taken for a state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.codec import entry_from_json, entry_to_json
from stackfile.state.document import Damage, Snapshot, checksum_of, parse_snapshot, print_snapshot
from stackfile.state.format import Deposed, Hold, Origin, Record, State, StoredOutput
from stackfile.state.intents import OpenIntents, Stamp
from stackfile.state.journal import Header, lineage_entry, print_entry, print_header, print_line, replay
from stackfile.state.leaves import canonical, dump, from_json
from stackfile.state.lock import Lock, parse_lock, print_lock
from stackfile.state.secrets import Match, Seal
from stackfile.state.store import Entry, EntryType, Holder
from stackfile.values import Ref, Sealed, Sensitive, Tree, Value, reveal

OWNER = ("orders", "prod")

text = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
keys = st.one_of(text, st.sampled_from(["$secret", "$ref", "$$secret", "$leaves", "$$", "$", "$x"]))
times = st.datetimes(
    min_value=datetime(2000, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
addresses = st.builds(
    Address,
    st.sampled_from(["sources", "streams", "pipelines"]),
    names,
    st.none() | text,
    st.lists(st.tuples(names, st.none() | text), max_size=2).map(tuple),
)
sealed = st.builds(Sealed, text, text, text, st.booleans())
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
    sealed,
    st.builds(Ref, addresses, text),
)
values: st.SearchStrategy[Value] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)
trees = st.dictionaries(keys, values, max_size=4)
small_trees = st.dictionaries(keys, text | sealed | st.integers(0, 9), max_size=2)
deposed = st.builds(
    Deposed,
    text,
    small_trees,
    *[text] * 6,
    dependencies=st.lists(addresses, max_size=2).map(tuple),
)
records = st.builds(
    Record,
    address=addresses,
    provider=text,
    service=st.just("local"),
    section=st.just("sources"),
    kind=text,
    scope=st.just("local:a1"),
    id=text,
    name=text,
    applied=trees,
    observed=small_trees,
    observed_at=st.none() | times,
    dependencies=st.lists(addresses, max_size=2).map(tuple),
    schema_version=st.integers(1, 9),
    created_at=st.none() | times,
    updated_at=st.none() | times,
    prevent_destroy=st.booleans(),
    deposed=st.lists(deposed, max_size=2).map(tuple),
    hold=st.none() | st.builds(Hold, text, text, text, st.none() | times),
)
origins = st.builds(Origin, text, text, st.booleans(), text, text, st.none() | times)
states = st.builds(
    State,
    stack=st.just("orders"),
    env=st.just("prod"),
    lineage=text.filter(bool),
    serial=st.integers(1, 2**40),
    records=st.lists(records, max_size=3).map(lambda records: {record.address: record for record in records}),
    outputs=st.dictionaries(text, st.builds(StoredOutput, values, st.booleans()), max_size=2),
    origin=origins,
)


small_records = st.builds(
    Record,
    address=addresses,
    provider=text,
    service=st.just("local"),
    section=st.just("sources"),
    kind=st.just("file"),
    scope=st.just("local:a1"),
    id=text,
    name=st.just("prod"),
    applied=small_trees,
)
small_states = st.builds(
    State,
    stack=st.just("orders"),
    env=st.just("prod"),
    lineage=st.just("lin"),
    serial=st.integers(1, 9),
    records=st.lists(small_records, max_size=3).map(lambda records: {record.address: record for record in records}),
)


@st.composite
def entries(draw: st.DrawFn, trees: st.SearchStrategy[Tree] = small_trees) -> Entry:
    address, record = draw(addresses), draw(st.none() | small_records)
    return Entry(
        type=draw(st.sampled_from(EntryType)),
        address=address,
        verb=draw(st.sampled_from(["create", "update", "delete", "replace"])),
        identity=draw(trees),
        id=draw(st.none() | text.filter(bool)),
        sent=draw(st.none() | trees),
        absent=draw(st.booleans()),
        phase=draw(text),
        ok=draw(st.booleans()),
        record=replace(record, address=address) if record is not None else None,
        at=draw(st.none() | times),
    )


def snapshot_of(state: State) -> Snapshot:
    return Snapshot(state, checksum_of(print_snapshot(state)))


def journal_of(entries: list[Entry], snapshot: Snapshot | None = None) -> bytes:
    """A journal that says these entries, under tokens that grow."""
    lineage = snapshot.state.lineage if snapshot is not None else "new"
    header = (
        Header(*OWNER, lineage, snapshot.state.serial, snapshot.checksum, 3, 7)
        if snapshot is not None
        else Header(*OWNER, token=3, seq=7)
    )
    first = [] if snapshot is not None else [lineage_entry(lineage)]
    lines = [
        print_line(print_entry(entry), Stamp(lineage, 3 + number // 2, "run", 8 + number))
        for number, entry in enumerate([*first, *entries])
    ]
    return b"".join([print_header(header), *lines])


@given(values)
def test_a_tree_is_read_back_as_it_was_written(value: Value) -> None:
    assert from_json(orjson.loads(canonical(value))) == value


@given(values, values)
def test_two_trees_have_the_same_bytes_only_if_they_are_the_same_json(one: Value, other: Value) -> None:
    if canonical(one) == canonical(other):
        assert from_json(orjson.loads(canonical(one))) == from_json(orjson.loads(canonical(other)))
        assert one == other


@given(states)
def test_a_snapshot_is_read_back_as_it_was_written(state: State) -> None:
    data = print_snapshot(state)
    assert parse_snapshot(data, "state.json") == Snapshot(state, checksum_of(data))


@given(states)
def test_a_snapshot_that_was_printed_anew_is_still_the_same(state: State) -> None:
    pretty = orjson.dumps(orjson.loads(print_snapshot(state)), option=orjson.OPT_INDENT_2)
    assert parse_snapshot(pretty, "state.json") == snapshot_of(state)


@given(states, st.data())
def test_a_snapshot_with_one_bit_flipped_is_never_taken_for_another_state(state: State, data: st.DataObject) -> None:
    good = print_snapshot(state)
    position = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = parse_snapshot(bytes(bad), "state.json").state
    except (Damage, StateError):
        return
    assert found == state


@given(states, st.data())
def test_a_part_of_a_snapshot_is_never_taken_for_a_state(state: State, data: st.DataObject) -> None:
    good = print_snapshot(state)
    part = good[: data.draw(st.integers(0, len(good) - 2))]
    with pytest.raises(Damage):
        parse_snapshot(part, "state.json")


@given(entries(trees), text, text, small_trees)
def test_an_entry_is_read_back_as_it_was_written(entry: Entry, provider: str, prev: str, meta: Tree) -> None:
    entry = replace(entry, provider=provider, prev=prev, meta=meta)
    assert entry_from_json(orjson.loads(dump(entry_to_json(entry)))) == entry


@given(small_states, st.lists(entries(), max_size=5))
def test_a_journal_says_what_its_entries_say(state: State, entries: list[Entry]) -> None:
    snapshot = snapshot_of(state)
    found = replay(snapshot, journal_of(entries, snapshot), OWNER)
    expected, open_intents, results = dict(state.records), OpenIntents(), 0
    for number, entry in enumerate(entries):
        open_intents.take(entry, Stamp("", 3 + number // 2, "run", 8 + number))
        if entry.type is EntryType.RESULT and entry.address is not None:
            results += 1
            expected.pop(entry.address, None)
            if entry.record is not None:
                expected[entry.address] = entry.record
    assert found.state == replace(state, records=expected, serial=state.serial + (results > 0))
    assert found.intents == open_intents.all()


@given(small_states, st.lists(entries(), max_size=5), st.data())
def test_a_journal_cut_anywhere_says_what_its_whole_lines_say(
    state: State, entries: list[Entry], data: st.DataObject
) -> None:
    snapshot = snapshot_of(state)
    whole = journal_of(entries, snapshot)
    header = whole.index(b"\n") + 1
    cut = data.draw(st.integers(header, len(whole)))
    lines = whole[:cut].count(b"\n") - 1
    found = replay(snapshot, whole[:cut], OWNER)
    said = replay(snapshot, journal_of(entries[:lines], snapshot), OWNER)
    assert (found.state, found.intents, found.seq, found.size) == (said.state, said.intents, said.seq, said.size)


@given(small_states, st.lists(entries(), min_size=1, max_size=4), st.data())
def test_a_journal_with_one_bit_flipped_is_refused(state: State, entries: list[Entry], data: st.DataObject) -> None:
    snapshot = snapshot_of(state)
    whole = bytearray(journal_of(entries, snapshot))
    # The last byte is the end of the last line: without it that line was never acknowledged.
    whole[data.draw(st.integers(0, len(whole) - 2))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Damage, StateError)):
        replay(snapshot, bytes(whole), OWNER)


@given(small_states, st.lists(entries(), min_size=2, max_size=5), st.data())
def test_a_journal_without_one_of_its_lines_is_refused(state: State, entries: list[Entry], data: st.DataObject) -> None:
    snapshot = snapshot_of(state)
    lines = journal_of(entries, snapshot).splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 2))]
    with pytest.raises(Damage):
        replay(snapshot, b"".join(lines), OWNER)


@given(small_states, st.lists(entries(), max_size=4))
def test_a_journal_of_an_earlier_snapshot_is_not_applied_twice(state: State, entries: list[Entry]) -> None:
    before = snapshot_of(state)
    journal = journal_of(entries, before)
    told = replay(before, journal, OWNER)
    assert told.state is not None
    after = snapshot_of(replace(told.state, serial=state.serial + 1))
    found = replay(after, journal, OWNER)
    assert (found.state, found.intents, found.continues) == (after.state, told.intents, False)


@given(
    st.builds(
        Lock, names, st.builds(Holder, text, text, text), st.integers(1, 9), times, st.integers(0), times, text, text
    )
)
def test_a_lock_is_read_back_as_it_was_written(lock: Lock) -> None:
    small = replace(lock, heartbeat=lock.heartbeat % 2**60)
    assert parse_lock(print_lock(small), "lock.json") == small


@given(values, values)
def test_a_digest_tells_equal_values_from_others(one: Value, other: Value) -> None:
    seal = Seal.of(b"k" * 32, lambda: "5a17")
    same = seal.matches(seal.seal(one), other) is Match.SAME
    assert same == (canonical(reveal(one)) == canonical(reveal(other)))
    assert seal.matches(seal.seal(one), Sensitive(one)) is Match.SAME


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=20))
def test_no_secret_is_in_a_digest(secret: str) -> None:
    seal = Seal.of(b"k" * 32, lambda: "5a17")
    tree = seal.seal_tree({"password": Sensitive(secret), "list": [{"token": Sensitive({"deep": secret})}]})
    assert secret not in canonical(tree).decode()
    assert secret not in repr(seal)
