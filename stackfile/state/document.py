"""The snapshot of a state as bytes: one JSON document with a checksum over all the rest of it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from stackfile import __version__
from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.codec import (
    hold_from_json,
    hold_to_json,
    origin_from_json,
    origin_to_json,
    outputs_from_json,
    outputs_to_json,
    record_from_json,
    record_to_json,
)
from stackfile.state.format import FORMAT_VERSION, Author, Record, State
from stackfile.state.leaves import NotStorable, dump, refusal

UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By format version: makes a document of the next version. Each is applied until the document is of ours."""

# "checksum" sorts before every other key, so that it can be put before bytes that are sorted already.
_HEAD, _HEX, _TAIL = b'{"checksum":"', 64, b'",'
_REST = len(_HEAD) + _HEX + len(_TAIL)


class Damage(Exception):
    """A file of the state is not what was written. The text ends the sentence "state.json is damaged: ...".

    `line` is the first line that is not whole, counted from 1, where the file has lines.
    """

    def __init__(self, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.line = line


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state as it was written. The checksum tells it from every other snapshot: a journal names it."""

    state: State
    checksum: str


def print_snapshot(state: State) -> bytes:
    """Raises StateError, naming the address and field, for a value that cannot be stored."""
    document = {
        "format_version": FORMAT_VERSION,
        "stackfile": __version__,
        "stack": state.stack,
        "env": state.env,
        "lineage": state.lineage,
        "serial": state.serial,
        "origin": origin_to_json(state.origin),
        "resources": {str(address): _record(record) for address, record in state.records.items()},
        "outputs": outputs_to_json(state.outputs),
    }
    if state.author != Author():
        document["author"] = {"by": state.author.by, "command": state.author.command}
    if state.holds:
        document["holds"] = {str(address): hold_to_json(hold) for address, hold in state.holds.items()}
    try:
        body = dump(document)
    except NotStorable as error:
        raise refusal("the state", error) from None
    return b"".join((_HEAD, sha256(body).hexdigest().encode(), _TAIL, memoryview(body)[1:], b"\n"))


def _record(record: Record) -> orjson.Fragment:
    try:
        return orjson.Fragment(dump(record_to_json(record)))
    except NotStorable as error:
        raise refusal(str(record.address), error) from None


def parse_snapshot(data: bytes, where: str, known: Snapshot | None = None) -> Snapshot:
    """The inverse of `print_snapshot`; `known` is returned where the bytes are those of that one.

    Raises Damage; StateError for a document that a newer stackfile wrote. `where` names the file.
    """
    claimed = _checksum_in_place(data)
    if known is not None and known.checksum == claimed:
        return known
    with _no_garbage():
        document = _parse(data)
        check_version(document["format_version"], FORMAT_VERSION, where, document.get("stackfile"))
        checksum = document.pop("checksum", "")
        if claimed != checksum and sha256(dump(document)).hexdigest() != checksum:
            raise Damage("its content does not match its checksum")
        try:
            return Snapshot(_state(_upgraded(document)), checksum)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Damage(f"it cannot be read ({error})") from None


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Keeps the cyclic collector from going through half a million new objects, none of which is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def checksum_of(data: bytes) -> str:
    """The checksum that `print_snapshot` has put into its bytes."""
    return data[len(_HEAD) : len(_HEAD) + _HEX].decode()


def author_of(data: bytes) -> Author:
    """Who wrote a snapshot; nobody where these bytes do not tell."""
    try:
        return Author(**orjson.loads(data).get("author", {}))
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        return Author()


def readable(data: bytes) -> bytes:
    """A snapshot's bytes laid out for a person. Its checksum still holds."""
    return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def is_intact(data: bytes) -> bool:
    """Whether these are the whole bytes of some snapshot, found without parsing them."""
    return _checksum_in_place(data) is not None


def _checksum_in_place(data: bytes) -> str | None:
    """The checksum of a document that is byte for byte as it was written, else None."""
    if not data.startswith(_HEAD) or data[_REST - len(_TAIL) : _REST] != _TAIL or not data.endswith(b"\n"):
        return None
    digest = sha256(b"{")
    digest.update(memoryview(data)[_REST:-1])
    found = digest.hexdigest()
    return found if data[len(_HEAD) : len(_HEAD) + _HEX] == found.encode() else None


def _parse(data: bytes) -> dict[str, Any]:
    if not data.strip(b"\0 \n"):
        raise Damage("it is empty")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Damage(f"it is no JSON, or only a part of it ({error})") from None
    if not isinstance(document, dict) or not isinstance(document.get("format_version"), int):
        raise Damage("it is JSON, but no state")
    return document


def check_version(found: int, ours: int, where: str, writer: object) -> None:
    """Raises StateError, naming what to install, for a format newer than ours. `writer` is who wrote it."""
    if found <= ours:
        return
    wanted = f"stackfile>={writer}" if isinstance(writer, str) else "stackfile"
    raise StateError.of(
        "state-newer",
        f"{where} was written by a newer stackfile: format {found}, and this one ({__version__}) reads up to {ours}",
        f"Install that one: pip install --upgrade '{wanted}'",
    )


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    for version in range(document["format_version"], FORMAT_VERSION):
        document = UPGRADES[version](document)
    return document


def _state(document: Mapping[str, Any]) -> State:
    return State(
        stack=document["stack"],
        env=document["env"],
        lineage=document["lineage"],
        serial=document["serial"],
        records=_records(document["resources"]),
        outputs=outputs_from_json(document["outputs"]),
        origin=origin_from_json(document["origin"]),
        author=Author(**document.get("author", {})),
        holds={Address.parse(text): hold_from_json(hold) for text, hold in document.get("holds", {}).items()},
    )


def _records(resources: Mapping[str, Any]) -> dict[Address, Record]:
    by_text = {text: Address.parse(text) for text in resources}

    def parse(text: str) -> Address:
        """Most dependencies are records too; one that is not is an object that has gone since."""
        return by_text.get(text) or Address.parse(text)

    return {by_text[text]: record_from_json(by_text[text], data, parse) for text, data in resources.items()}


def check_owner(owner: tuple[str, str], found: tuple[str, str], where: str) -> None:
    """Raises StateError when a file of the state was `found` to be of another stack or environment."""
    if found != owner:
        raise StateError.of(
            "state-other-stack",
            f"{where} is of stack {found[0]} ({found[1]}), not of {owner[0]} ({owner[1]})",
            "Name the right stack and environment, or keep this state in a folder of its own: each has one.",
        )
