"""Lists of what the state holds, its outputs and its lock."""

from __future__ import annotations

from stackfile.address import Address
from stackfile.report.lists import (
    lock_json,
    lock_text,
    outputs_json,
    outputs_text,
    state_json,
    state_list,
    state_show,
)
from stackfile.report.state_text import forgotten_text
from stackfile.state.format import Deposed, Hold, Record, StoredOutput
from stackfile.state.store import Holder, LockInfo
from stackfile.values import Sealed
from tests.unit.report.orders import ORDERS_PG, REFUNDS, at, expected

SEALED = Sealed("k", "aa", "bb")
CLICKS = Record(
    address=Address("streams", "clicks", "eu"),
    provider="local",
    service="local",
    section="streams",
    kind="stream",
    scope="local:engine",
    id="7",
    name="prod-clicks-eu",
    applied={"partitions": 4},
)
REFUNDS_RECORD = Record(
    address=REFUNDS,
    provider="streamkap",
    service="streamkap",
    section="pipelines",
    kind="pipeline",
    scope="streamkap:acme",
    id="64f1",
    name="prod-refunds",
    applied={"source": "64f0", "topics": ["a", "b"], "config": {"password": SEALED}},
    observed={"source": "64f0", "status": "running"},
    observed_at=at("2026-11-21T03:12:41"),
    dependencies=(ORDERS_PG,),
    created_at=at("2026-11-20T14:02:31"),
    updated_at=at("2026-11-21T03:12:41"),
    prevent_destroy=True,
    deposed=(Deposed("64e0", {}),),
    hold=Hold("paused", "INC-4312", "ana"),
)
LOCK = LockInfo(
    id="7k2",
    holder=Holder("ci", "stack apply", "20261121T031204Z-7k2", "https://ci.example.com/runs/8812", "runner-18", 412),
    token=4,
    since=at("2026-11-21T03:12:04"),
    heartbeat=13,
    heartbeat_at=at("2026-11-21T03:14:10"),
    alive=True,
)
NOW = at("2026-11-21T03:14:14")


def test_the_list_of_the_state_reads_as_expected() -> None:
    assert state_list([CLICKS, REFUNDS_RECORD]) == expected("state_list.txt")


def test_the_objects_that_are_still_to_be_deleted_are_listed_and_forgotten_with_their_record() -> None:
    assert [one["id"] for one in state_json(REFUNDS_RECORD)["deposed"]] == ["64e0"]
    told = forgotten_text([REFUNDS_RECORD], 3)
    assert "stays alive in streamkap: 64f1\n" in told
    assert "stays alive in streamkap: 64e0 (deposed)\n" in told


def test_an_empty_state_says_so() -> None:
    assert state_list([]) == "The state holds no resource.\n"


def test_one_record_reads_as_expected() -> None:
    assert state_show(REFUNDS_RECORD, {"64f0": ORDERS_PG}) == expected("state_show.txt")


def test_a_record_that_was_never_observed_is_short() -> None:
    assert "observed" not in state_show(CLICKS)


def test_json_of_a_record_masks_its_secrets() -> None:
    document = state_json(REFUNDS_RECORD)
    assert document["applied"]["config"] == {"password": None}
    assert document["applied_sensitive"] == {"config": {"password": True}}
    assert (document["observed_at"], document["created_at"]) == ("2026-11-21T03:12:41Z", "2026-11-20T14:02:31Z")
    assert state_json(CLICKS)["updated_at"] is None


def test_outputs_stand_in_order_and_sensitive_ones_without_value() -> None:
    outputs = {"rows": StoredOutput(3), "orders_id": StoredOutput("64f1"), "key": StoredOutput(SEALED, True)}
    assert outputs_text(outputs) == 'key:        (sensitive)\norders_id:  "64f1"\nrows:       3\n'
    assert outputs_json(outputs) == {
        "key": {"sensitive": True},
        "orders_id": {"sensitive": False, "value": "64f1"},
        "rows": {"sensitive": False, "value": 3},
    }


def test_no_outputs_say_so() -> None:
    assert outputs_text({}) == "No outputs.\n"


def test_a_lock_reads_as_expected() -> None:
    assert lock_text(LOCK, NOW) == expected("lock.txt")


def test_a_lock_whose_holder_is_silent_says_so() -> None:
    silent = LockInfo("a", Holder("ana", "stack apply", "", host="laptop", pid=7), 1, NOW, 0, NOW, alive=False)
    assert lock_text(silent, NOW) == (
        "Lock a\n"
        "  by     ana, `stack apply`, host laptop (process 7)\n"
        "  since  2026-11-21 03:14:14 UTC, 0 s; heartbeat 0 s ago: it does not beat any more\n"
    )


def test_no_lock_says_so() -> None:
    assert lock_text(None, NOW) == "Nobody holds the lock.\n"
    assert lock_json(None) == {"held": False}


def test_json_of_a_lock_names_its_holder() -> None:
    document = lock_json(LOCK)
    assert (document["held"], document["by"], document["token"], document["alive"]) == (True, "ci", 4, True)
