"""The status table."""

from __future__ import annotations

from stackfile.address import Address
from stackfile.report.status import StatusRow, as_declared, status_json, status_text
from stackfile.sdk.operations import Metrics
from tests.unit.report.orders import AUDIT, CLICKS, ORDERS_PG, REFUNDS, WAREHOUSE, at, expected

AT = at("2026-11-21T03:25:10")
DAY, HOUR, MINUTE = 86_400, 3_600, 60


def enrich(instance: str) -> Address:
    return Address("streams", "enrich", instance)


ROWS = [
    StatusRow(ORDERS_PG, "streamkap source", Metrics("1", "active", True, "1.2 s", 312.4, None, 0), 41 * DAY),
    StatusRow(WAREHOUSE, "streamkap dest", Metrics("2", "active", True, "4,120 rec", 310.9, None, 0), 12 * MINUTE),
    StatusRow(
        Address("pipelines", "orders"),
        "streamkap pipeline",
        Metrics("3", "active", True, "3.8 s", None, None, 0),
        41 * DAY,
    ),
    StatusRow(REFUNDS, "streamkap pipeline", Metrics("4", "starting"), 42),
    StatusRow(
        AUDIT,
        "planasonix stream",
        Metrics("5", "error", False, None, 0.0, None, 31, ("publication audit_pub not found",)),
        9 * MINUTE,
    ),
    StatusRow(CLICKS, "planasonix stream", Metrics("6", "paused", True, "2 h 10 m", 0.0, None, 0), 2 * HOUR, held=True),
    StatusRow(enrich("eu"), "connect stream", Metrics("7", "active", True, None, 1204.0, None, 0), 3 * DAY),
    StatusRow(
        enrich("us"),
        "connect stream",
        Metrics(
            "8", "not connected", False, None, 0.0, None, 12, ("output kafka_franz: dial tcp: connection refused",)
        ),
        6 * MINUTE,
    ),
]


def test_a_status_reads_as_expected() -> None:
    assert status_text(ROWS, AT) == expected("status.txt")


def test_an_object_that_is_gone_and_one_that_says_nothing_have_a_row() -> None:
    rows = [StatusRow(ORDERS_PG, "local source", there=False), StatusRow(REFUNDS, "local pipeline")]
    assert [line.rstrip() for line in status_text(rows, AT).splitlines()[1:3]] == [
        "sources.orders_pg  local source    NOT THERE  -           -       -  -",
        "pipelines.refunds  local pipeline  -          -           -       -  -",
    ]
    assert status_text(rows, AT).splitlines()[-1] == "2 shown: 1 not there, 1 well. Read at 03:25:10 UTC."


def test_an_empty_state_says_so() -> None:
    assert status_text([], AT) == "The state holds no resource.\n"


def test_what_is_not_well_decides_the_exit() -> None:
    assert not as_declared(ROWS)
    assert as_declared(ROWS[:3])


def test_words_of_a_service_cannot_act_on_the_terminal() -> None:
    row = StatusRow(ORDERS_PG, "local\x1b", Metrics("1", "\x1b[2J", False, "\x07", says=("\x1b]0;owned\x07", "")))
    assert all(char == "\n" or char.isprintable() for char in status_text([row], AT))


def test_json_has_what_the_table_says() -> None:
    document = status_json(ROWS, AT)
    assert (document["read_at"], document["well"]) == ("2026-11-21T03:25:10Z", False)
    assert document["resources"][4]["says"] == ["publication audit_pub not found"]
    assert document["resources"][5]["held"] is True
    assert status_json([StatusRow(REFUNDS, "x")], AT)["resources"][0]["state"] == ""
