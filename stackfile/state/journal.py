"""The journal: one JSON line for each thing that happened since the snapshot, each with a checksum. Pure; no I/O.

The first line, the header, names the snapshot that the journal continues, and carries the intents that were open when
that was written. A journal of an earlier snapshot is what a crash between the two writes of a compaction leaves: its
results are in the snapshot already, its open intents still count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson

from stackfile import __version__
from stackfile.address import Address
from stackfile.state.codec import (
    entry_from_json,
    entry_to_json,
    hold_from_json,
    intent_from_json,
    intent_to_json,
    origin_from_json,
    origin_to_json,
)
from stackfile.state.document import Damage, Snapshot, check_owner, check_version
from stackfile.state.format import Hold, Origin, Record, State, StoredOutput
from stackfile.state.intents import OpenIntents, Stamp
from stackfile.state.leaves import NotStorable, dump, refusal
from stackfile.state.moving import VERB as MOVE
from stackfile.state.moving import moved_holds, moved_records, moves_of_meta
from stackfile.state.store import Entry, EntryType, Intent
from stackfile.values import Tree

JOURNAL_VERSION = 1

_TOKEN = re.compile(rb'"token":([0-9]{1,18})[,}]')
_CRC = b',"crc":"'
_SEAL = len(_CRC) + 8 + len(b'"}')


class Unrelated(Damage):
    """The journal continues a snapshot that is not there. `serial` is that one's."""

    def __init__(self, serial: int) -> None:
        super().__init__(f"it continues serial {serial}, which is not what the snapshot holds")
        self.serial = serial


@dataclass(frozen=True, slots=True)
class Header:
    """What a journal continues: the snapshot with this serial and checksum (0 and empty: none yet).

    `token` and `seq` are the last ones given when it was begun.
    """

    stack: str
    env: str
    lineage: str = ""
    serial: int = 0
    checksum: str = ""
    token: int = 0
    seq: int = 0
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A snapshot with its journal. `state` is None where nothing was ever recorded.

    `size` counts the bytes of whole lines. `continues` is false for a journal that more lines must not be added to.
    """

    state: State | None
    intents: tuple[Intent, ...]
    lineage: str
    token: int
    seq: int
    size: int
    continues: bool


def lineage_entry(lineage: str) -> Entry:
    """The first entry of a new stack: names its history."""
    return Entry(EntryType.RESULT, None, "lineage", meta={"lineage": lineage})


def origin_entry(origin: Origin) -> Entry:
    """Where this apply comes from."""
    return Entry(EntryType.RESULT, None, "origin", meta=origin_to_json(origin))


def outputs_entry(outputs: Mapping[str, StoredOutput]) -> Entry:
    """All outputs as they are from now on; sensitive ones sealed."""
    return Entry(
        EntryType.RESULT,
        None,
        "outputs",
        meta={name: {"value": output.value, "sensitive": output.sensitive} for name, output in outputs.items()},
    )


def kept_hold(entry: Entry) -> Hold | None:
    """The hold that an address keeps between the delete of its object and the create of the one in its place."""
    hold = entry.meta.get("hold")
    return hold_from_json(hold) if isinstance(hold, Mapping) else None


def outputs_of_meta(meta: Tree) -> dict[str, StoredOutput]:
    out = {}
    for name, output in meta.items():
        if not isinstance(output, Mapping):
            raise TypeError(f"output {name} is no map")
        out[name] = StoredOutput(output["value"], output["sensitive"] is True)
    return out


def print_header(header: Header) -> bytes:
    fields = {
        "v": JOURNAL_VERSION,
        "type": "snapshot",
        "stackfile": __version__,
        "stack": header.stack,
        "env": header.env,
        "lineage": header.lineage,
        "serial": header.serial,
        "checksum": header.checksum,
        "token": header.token,
        "seq": header.seq,
        "open": [intent_to_json(intent) for intent in header.intents],
    }
    return _sealed(dump(fields)[:-1])


def print_entry(entry: Entry) -> bytes:
    """What an entry says; `print_line` makes a line of it. Raises StateError for what JSON cannot hold."""
    try:
        return dump(entry_to_json(entry))
    except NotStorable as error:
        raise refusal(str(entry.address or entry.verb), error) from None


def print_line(body: bytes, stamp: Stamp) -> bytes:
    fields = {"v": JOURNAL_VERSION, "lineage": stamp.lineage, "token": stamp.token, "run": stamp.run, "seq": stamp.seq}
    return _sealed(dump(fields)[:-1] + b"," + body[1:-1])


def _sealed(fields: bytes) -> bytes:
    """A line, from an object without its closing brace."""
    return fields + _closing(fields) + b"\n"


def _closing(fields: bytes) -> bytes:
    return b'%b%08x"}' % (_CRC, crc32(fields))


def lineage_after(lineage: str, entry: Entry) -> str:
    """The lineage that an entry is written under. Raises ValueError for an entry that cannot stand here."""
    names_it = entry.type is EntryType.RESULT and entry.address is None and entry.verb == "lineage"
    if names_it == bool(lineage):
        raise ValueError("the journal of a new stack begins with its lineage, and no other has such an entry")
    return str(entry.meta["lineage"]) if names_it else lineage


def replay(snapshot: Snapshot | None, data: bytes | None, owner: tuple[str, str]) -> Replayed:
    """What a snapshot and the bytes of a journal come to. `owner` is the stack's name and environment.

    A last line without its end was never acknowledged: it is left out. Raises Damage for anything else that is not as
    it was written, and StateError for what another stack or a newer stackfile wrote.
    """
    if data is None:
        state = snapshot.state if snapshot is not None else None
        return Replayed(state, (), state.lineage if state is not None else "", 0, 0, 0, False)
    size = data.rfind(b"\n") + 1
    lines = _lines(data[:size])
    tape = _Tape(snapshot, _header(next(lines, {}), owner))
    for number, line in enumerate(lines, 2):
        try:
            tape.take(line)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Damage(f"line {number}: {error}", number) from None
    return tape.end(size, owner)


def replay_whole(snapshot: Snapshot, data: bytes | None, owner: tuple[str, str]) -> tuple[Replayed, int]:
    """What a snapshot comes to with as much of a damaged journal as holds, and how many of its entries do not.

    A journal of another snapshot does not hold at all.
    """
    lines = data[: data.rfind(b"\n") + 1].splitlines(keepends=True) if data is not None else []
    try:
        return replay(snapshot, data, owner), 0
    except Damage as damage:
        whole = (damage.line or 1) - 1
    if whole < 1:
        return replay(snapshot, None, owner), max(len(lines) - 1, 0)
    return replay(snapshot, b"".join(lines[:whole]), owner), len(lines) - whole


def base_serial(data: bytes) -> int:
    """The serial of the snapshot that a journal continues; 0 where its first line does not tell."""
    try:
        return int(orjson.loads(data.partition(b"\n")[0])["serial"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return 0


def last_token(data: bytes) -> int:
    """The highest token that any line, also of a damaged journal, seems to have: 0 for none."""
    return max((int(token) for token in _TOKEN.findall(data)), default=0)


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        if line[-_SEAL:] != _closing(line[:-_SEAL]):
            raise Damage(f"line {number} does not match its checksum", number)
        yield orjson.loads(line)


def _header(line: Mapping[str, Any], owner: tuple[str, str]) -> Header:
    try:
        check_version(line["v"], JOURNAL_VERSION, "the journal", line["stackfile"])
        check_owner(owner, (line["stack"], line["env"]), "the journal")
        intents = tuple(intent_from_json(intent) for intent in line["open"])
        serial, checksum, token, seq = line["serial"], line["checksum"], line["token"], line["seq"]
        return Header(*owner, line["lineage"], serial, checksum, token, seq, intents)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damage(f"line 1 is no header ({error})", 1) from None


class _Tape:
    """Takes the lines of one journal, in order."""

    def __init__(self, snapshot: Snapshot | None, header: Header) -> None:
        self.snapshot = snapshot
        self.current = _continues(snapshot, header)
        self.lineage, self.token, self.seq = header.lineage, header.token, header.seq
        self.open = OpenIntents(header.intents)
        state = snapshot.state if snapshot is not None else None
        self.records: dict[Address, Record] = dict(state.records) if state is not None else {}
        self.outputs: Mapping[str, StoredOutput] = state.outputs if state is not None else {}
        self.origin = state.origin if state is not None else Origin()
        self.holds: dict[Address, Hold] = dict(state.holds) if state is not None else {}
        self.results = 0

    def take(self, line: Mapping[str, Any]) -> None:
        entry, stamp = entry_from_json(line), Stamp(line["lineage"], line["token"], line["run"], line["seq"])
        if stamp.seq != self.seq + 1:
            raise ValueError(f"it has number {stamp.seq} where {self.seq + 1} is due")
        if stamp.token < self.token:
            raise ValueError(f"it was written under lease {stamp.token}, after lease {self.token} had begun")
        if stamp.lineage != lineage_after(self.lineage, entry):
            raise ValueError("it is of another lineage")
        self.lineage, self.token, self.seq = stamp.lineage, stamp.token, stamp.seq
        self.open.take(entry, stamp)
        if entry.type is EntryType.RESULT:
            self.results += 1
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        if entry.address is None:
            self._apply_to_all(entry)
        elif entry.record is None:
            self.records.pop(entry.address, None)
            if (hold := kept_hold(entry)) is not None:
                self.holds[entry.address] = hold
        else:
            self.records[entry.address] = entry.record
            self.holds.pop(entry.address, None)

    def _apply_to_all(self, entry: Entry) -> None:
        if entry.verb == "origin":
            self.origin = origin_from_json(entry.meta)
        elif entry.verb == "outputs":
            self.outputs = outputs_of_meta(entry.meta)
        elif entry.verb == MOVE:
            moves = moves_of_meta(entry.meta)
            self.records, self.holds = moved_records(self.records.values(), moves), moved_holds(self.holds, moves)
        elif entry.verb != "lineage":
            raise ValueError(f"{entry.verb} is no entry of a whole stack")

    def end(self, size: int, owner: tuple[str, str]) -> Replayed:
        state = self.snapshot.state if self.snapshot is not None else None
        is_live = self.current or self.open.all()  # else it is what a state of another history has replaced
        if is_live and state is not None and self.lineage not in ("", state.lineage):
            raise Damage("it is of another lineage than the snapshot")
        if state is not None:
            self.lineage = state.lineage
        if self.current and self.results:
            serial = state.serial + 1 if state is not None else 1
            state = State(*owner, self.lineage, serial, self.records, self.outputs, self.origin, holds=self.holds)
        return Replayed(state, self.open.all(), self.lineage, self.token, self.seq, size, self.current)


def _continues(snapshot: Snapshot | None, header: Header) -> bool:
    """False for the journal of an earlier snapshot. Raises Unrelated for that of a later one, or of another."""
    serial, checksum = (snapshot.state.serial, snapshot.checksum) if snapshot is not None else (0, "")
    if (header.serial, header.checksum) == (serial, checksum):
        return True
    if header.serial < serial:
        return False
    raise Unrelated(header.serial)
