"""The snapshot file: its bytes, and what is refused with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from stackfile import __version__
from stackfile.address import Address
from stackfile.errors import StateError
from stackfile.state.codec import record_digest
from stackfile.state.document import Damage, check_owner, is_intact, parse_snapshot, print_snapshot
from stackfile.state.format import Origin, Record, State, StoredOutput
from stackfile.values import Sealed

PG = Address("sources", "pg")
AT = datetime(2026, 11, 21, 3, 12, 4, tzinfo=UTC)
RECORD = Record(
    address=PG,
    provider="local",
    service="local",
    section="sources",
    kind="file",
    scope="local:a1",
    id="id1",
    name="prod-pg",
    applied={"path": "in.csv", "password": Sealed("k1", "5a17", "d1ce")},
    created_at=AT,
)
STATE = State("orders", "prod", "lin", 7, {PG: RECORD}, {"id": StoredOutput("id1")}, Origin("ana", "3f9c2d1", at=AT))


def test_the_document_is_what_the_format_says() -> None:
    document = orjson.loads(print_snapshot(STATE))
    assert len(document.pop("checksum")) == 64
    assert document == {
        "format_version": 1,
        "stackfile": __version__,
        "stack": "orders",
        "env": "prod",
        "lineage": "lin",
        "serial": 7,
        "origin": {"by": "ana", "commit": "3f9c2d1", "at": "2026-11-21T03:12:04Z"},
        "outputs": {"id": {"value": "id1"}},
        "resources": {
            "sources.pg": {
                "provider": "local",
                "service": "local",
                "section": "sources",
                "kind": "file",
                "scope": "local:a1",
                "id": "id1",
                "name": "prod-pg",
                "applied": {
                    "$leaves": {
                        "path": "in.csv",
                        "password": {"$secret": {"v": 1, "kid": "k1", "salt": "5a17", "mac": "d1ce"}},
                    }
                },
                "created_at": "2026-11-21T03:12:04Z",
            }
        },
    }


def test_equal_states_have_equal_bytes_whatever_their_order() -> None:
    other = Address("sources", "a")
    records = {PG: RECORD, other: replace(RECORD, address=other)}
    backwards = dict(reversed(records.items()))
    assert print_snapshot(replace(STATE, records=records)) == print_snapshot(replace(STATE, records=backwards))


def resealed(**changes: object) -> bytes:
    """The document with other fields, and a checksum that holds."""
    from hashlib import sha256

    document = {**orjson.loads(print_snapshot(STATE)), **changes}
    del document["checksum"]
    body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return orjson.dumps({**document, "checksum": sha256(body).hexdigest()})


def test_a_newer_format_is_refused_with_what_to_install() -> None:
    with pytest.raises(StateError) as caught:
        parse_snapshot(resealed(format_version=2, stackfile="3.1.4"), "state.json")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        "state-newer",
        f"state.json was written by a newer stackfile: format 2, and this one ({__version__}) reads up to 1",
    )
    assert diagnostic.help == ("Install that one: pip install --upgrade 'stackfile>=3.1.4'",)


GOOD = print_snapshot(STATE)
DAMAGED = {
    "empty": (b"", "it is empty"),
    "only zeros, as after a power cut": (b"\0" * 512, "it is empty"),
    "cut off": (GOOD[:-100], "it is no JSON, or only a part of it"),
    "not JSON": (b"serial: 7\n", "it is no JSON, or only a part of it"),
    "JSON of something else": (b'{"version": 4, "serial": 7}', "it is JSON, but no state"),
    "a list": (b"[1]", "it is JSON, but no state"),
    "edited by hand": (GOOD.replace(b'"id1"', b'"id2"', 1), "its content does not match its checksum"),
    "without its checksum": (b"{" + GOOD[79:], "its content does not match its checksum"),
    "a field missing": (resealed(resources={"sources.pg": {"id": "id1"}}), "it cannot be read ('provider')"),
    "an address that is none": (resealed(resources={"nonsense": {}}), "it cannot be read ("),
    "a format that never was": (resealed(format_version=0), "it cannot be read (0)"),
}


@pytest.mark.parametrize(("data", "says"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_is_named(data: bytes, says: str) -> None:
    with pytest.raises(Damage) as caught:
        parse_snapshot(data, "state.json")
    assert str(caught.value).startswith(says)


def test_a_snapshot_that_is_known_is_not_parsed_again() -> None:
    known = parse_snapshot(GOOD, "state.json")
    assert parse_snapshot(GOOD, "state.json", known) is known
    other = print_snapshot(replace(STATE, serial=8))
    assert parse_snapshot(other, "state.json", known).state.serial == 8


@pytest.mark.parametrize(("data", "intact"), [(GOOD, True), (GOOD[:-2], False), (GOOD.replace(b"7", b"8", 1), False)])
def test_wholeness_is_told_without_parsing(data: bytes, intact: bool) -> None:
    assert is_intact(data) is intact


def test_another_stacks_file_is_refused() -> None:
    with pytest.raises(StateError) as caught:
        check_owner(("orders", "prod"), ("billing", "dev"), "state.json")
    assert caught.value.diagnostics[0].message == "state.json is of stack billing (dev), not of orders (prod)"


def test_a_records_digest_tells_its_versions_apart() -> None:
    assert record_digest(None) == ""
    assert record_digest(RECORD) == record_digest(replace(RECORD))
    assert record_digest(RECORD) != record_digest(replace(RECORD, id="id2"))
