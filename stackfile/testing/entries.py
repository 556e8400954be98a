"""A small stack's worth of holders, records and journal entries, for tests of stores."""

from __future__ import annotations

from stackfile.address import Address
from stackfile.state.format import Record
from stackfile.state.journal import lineage_entry
from stackfile.state.store import Entry, EntryType, Holder
from stackfile.testing.world import START
from stackfile.values import Sealed

PG, LAKE = Address("sources", "pg"), Address("streams", "lake", "eu")
ANA = Holder(by="ana", command="stack apply", run="20261121T031204Z-7k2")
CI = Holder(by="ci", command="stack destroy", run="20261121T031300Z-9xw", run_url="https://ci.example.com/runs/1")


def record(address: Address, id: str = "id1", **applied: str | int) -> Record:
    return Record(
        address=address,
        provider="local",
        service="local",
        section=address.section,
        kind="stream",
        scope="local:a1",
        id=id,
        name=f"prod-{address.key}",
        applied={"name": f"prod-{address.key}", **applied, "password": Sealed("k1", "5a17", "d1ce")},
        dependencies=(PG,),
        created_at=START,
    )


def intent(address: Address, verb: str = "create") -> Entry:
    return Entry(EntryType.INTENT, address, verb, "local", {"name": address.key}, sent={"a": 1}, absent=True, at=START)


def phase(address: Address, name: str, id: str | None = None) -> Entry:
    return Entry(EntryType.PHASE, address, "create", "local", id=id, phase=name, at=START)


def result(address: Address, new: Record | None) -> Entry:
    return Entry(EntryType.RESULT, address, "create", "local", record=new, at=START)


BEGIN = lineage_entry("lineage-1")
