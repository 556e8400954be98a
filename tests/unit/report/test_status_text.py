"""The status tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stackfile.address import Address
from stackfile.report.measures import printed
from stackfile.report.rates import with_rates
from stackfile.report.status import ConsumerRow, Status, StatusRow, status_text
from stackfile.report.status_json import status_json
from stackfile.sdk.measures import Measured, Unit, known, lag, rate
from stackfile.sdk.operations import Metrics, Part
from tests.unit.report.orders import AUDIT, CLICKS, ORDERS_PG, REFUNDS, WAREHOUSE, at, expected

AT = at("2026-11-21T03:25:10")
DAY, HOUR, MINUTE = 86_400, 3_600, 60
SECONDS, RECORDS = Unit.SECONDS, Unit.RECORDS


def enrich(instance: str) -> Address:
    return Address("streams", "enrich", instance)


def told(behind: Measured | None, events: float | None, errors: int | None, since: int) -> tuple[Measured, ...]:
    """What services tell of what they move."""
    return known(behind, rate(events), Measured("errors", errors), Measured("since", since, SECONDS))


SNAPSHOT = Part("snapshot", "running 1/2", "public.refunds done, refund_items")
ROWS = [
    StatusRow(
        ORDERS_PG,
        "streamkap source",
        Metrics("1", "active", True, told(lag(1.2, SECONDS), 312.4, 0, 41 * DAY), parts=(SNAPSHOT,)),
    ),
    StatusRow(
        WAREHOUSE, "streamkap dest", Metrics("2", "active", True, told(lag(4120, RECORDS), 310.9, 0, 12 * MINUTE))
    ),
    StatusRow(
        Address("pipelines", "orders"),
        "streamkap pipeline",
        Metrics("3", "active", True, told(lag(3.8, SECONDS), None, 0, 41 * DAY)),
    ),
    StatusRow(REFUNDS, "streamkap pipeline", Metrics("4", "starting", True, told(None, None, None, 42))),
    StatusRow(
        AUDIT,
        "planasonix stream",
        Metrics("5", "error", False, told(None, 0.0, 31, 9 * MINUTE), ("publication audit_pub not found",)),
    ),
    StatusRow(
        CLICKS,
        "planasonix stream",
        Metrics("6", "paused", True, told(lag(2 * HOUR + 10 * MINUTE, SECONDS), 0.0, 0, 2 * HOUR)),
        held=True,
    ),
    StatusRow(enrich("eu"), "connect stream", Metrics("7", "active", True, told(None, 1204.0, 0, 3 * DAY))),
    StatusRow(
        enrich("us"),
        "connect stream",
        Metrics(
            "8",
            "not connected",
            False,
            told(None, 0.0, 12, 6 * MINUTE),
            ("output kafka_franz: dial tcp: connection refused",),
        ),
    ),
]


def pipeline(name: str, *values: Measured) -> StatusRow:
    return StatusRow(Address("pipelines", name), "local pipeline", Metrics(f"proc_{name}", "running", True, values))


LOCAL = Status(
    [
        StatusRow(Address("sources", "orders"), "local source", Metrics("src_1", "ready")),
        pipeline(
            "large",
            Measured("read", 1_204_000),
            lag(1, Unit.EVENTS),
            rate(311.4, 1_204_000),
            Measured("latency", 0.012, SECONDS),
            Measured("errors", 3),
        ),
        pipeline(
            "windows",
            Measured("read", 12),
            lag(0, Unit.EVENTS),
            rate(0.0, 12),
            Measured("watermark", AT.timestamp(), Unit.MOMENT),
        ),
        StatusRow(
            Address("streams", "large"),
            "local stream",
            Metrics(
                "stream:large",
                "ready",
                True,
                (
                    Measured("events", 15),
                    Measured("bytes", 46_300, Unit.BYTES),
                    Measured("partitions", 4),
                    Measured("retention", "7d", Unit.TEXT),
                    rate(None, 15),
                ),
            ),
        ),
    ],
    AT,
    [ConsumerRow("billing", Address("streams", "large"), (lag(3, Unit.EVENTS), rate(None, 12)))],
)


def test_a_status_reads_as_expected() -> None:
    assert status_text(Status(ROWS, AT)) == expected("status.txt")


def test_a_kind_that_tells_more_than_others_has_a_table_of_its_own() -> None:
    assert status_text(LOCAL) == expected("status_of_an_engine.txt")


def test_values_that_nobody_knows_yet_are_columns_without_a_new_renderer() -> None:
    values = (Measured("slots_per_min", 1.5, Unit.PER_MINUTE), Measured("wal", 3 * 2**30, Unit.BYTES), rate(2.0))
    rows = [StatusRow(ORDERS_PG, "new source", Metrics("1", "on", True, values))]
    assert status_text(Status(rows, AT)).splitlines()[:2] == [
        "NEW SOURCE         STATE  EVENTS/S  SLOTS/MIN      WAL",
        "sources.orders_pg  on          2.0        1.5  3.0 GiB",
    ]


def test_an_object_that_is_gone_and_one_that_says_nothing_have_a_row() -> None:
    rows = [StatusRow(ORDERS_PG, "local source", there=False), StatusRow(REFUNDS, "local pipeline")]
    assert status_text(Status(rows, AT)).splitlines() == [
        "ADDRESS            KIND            STATE",
        "sources.orders_pg  local source    NOT THERE",
        "pipelines.refunds  local pipeline  -",
        "",
        "2 shown: 1 not there, 1 well. Read at 03:25:10 UTC.",
    ]


def test_an_empty_state_says_so() -> None:
    assert status_text(Status([], AT)) == "The state holds no resource.\n"


def test_what_is_not_well_decides_the_exit() -> None:
    assert not Status(ROWS, AT).well
    assert Status(ROWS[:3], AT).well


def test_words_of_a_service_cannot_act_on_the_terminal() -> None:
    evil = "\x1b]0;owned\x07"
    values = (Measured(evil, 1), Measured("lag", evil, Unit.TEXT))
    row = StatusRow(ORDERS_PG, evil, Metrics("1", evil, False, values, (evil, ""), (Part(evil, evil, evil),)))
    text = status_text(Status([row], AT, [ConsumerRow(evil, evil, values)]))
    assert all(char == "\n" or char.isprintable() for char in text)


PRINTED = {
    "nothing": (Measured("x", None), "-"),
    "a count": (Measured("x", 1234), "1,234"),
    "one event": (lag(1, Unit.EVENTS), "1 event"),
    "no events": (lag(0, Unit.EVENTS), "0"),
    "records": (lag(4120, RECORDS), "4,120 rec"),
    "a few bytes": (Measured("x", 812, Unit.BYTES), "812 B"),
    "bytes just below the next unit": (Measured("x", 1024 * 1024 - 1, Unit.BYTES), "1.0 MiB"),
    "very many bytes": (Measured("x", 5 * 2**50, Unit.BYTES), "5,120.0 TiB"),
    "bytes a second": (Measured("x", 2048.0, Unit.BYTES_PER_SECOND), "2.0 KiB/s"),
    "a rate": (rate(1204.04), "1,204.0"),
    "a rate of nothing": (rate(0.0), "0"),
    "a fraction": (Measured("x", 0.00123, Unit.FRACTION), "0.12%"),
    "whole seconds": (Measured("x", 42, SECONDS), "42 s"),
    "a part of a second": (Measured("x", 0.008, SECONDS), "8 ms"),
    "a moment of today": (Measured("x", AT.timestamp(), Unit.MOMENT), "03:25:10"),
    "a moment long ago": (Measured("x", int(AT.timestamp()) - 2 * DAY, Unit.MOMENT), "2026-11-19 03:25 UTC"),
}


@pytest.mark.parametrize("row", PRINTED)
def test_a_value_is_printed_with_its_unit(row: str) -> None:
    value, text = PRINTED[row]
    assert printed(value, AT) == text


def rates_of(status: Status) -> list[float | None]:
    values = [*(row.values for row in status.rows), *(one.values for one in status.consumers)]
    return [one.value for some in values for one in some if one.name == "events_per_s"]  # type: ignore[misc]


def later(seconds: float, **totals: int) -> Status:
    """The same engine after a while, with other totals."""

    def moved(name: str, values: tuple[Measured, ...]) -> tuple[Measured, ...]:
        return tuple(replace(one, total=totals.get(name, one.total)) if one.total else one for one in values)

    rows = [
        replace(row, metrics=replace(row.metrics, values=moved(f"{row.address}".replace(".", "_"), row.values)))
        for row in LOCAL.rows
        if row.metrics is not None
    ]
    consumers = [replace(one, values=moved(one.group, one.values)) for one in LOCAL.consumers]
    return Status(rows, AT + timedelta(seconds=seconds), consumers)


def test_rates_between_two_looks_are_told_from_totals() -> None:
    now = later(2, pipelines_large=1_204_100, streams_large=45, billing=13)
    assert rates_of(with_rates(LOCAL, now)) == [50.0, 0.0, 15.0, 0.5]


def test_a_total_that_began_anew_leaves_the_rate_of_the_service() -> None:
    assert rates_of(with_rates(LOCAL, later(2, pipelines_large=7))) == [311.4, 0.0, 0.0, 0.0]


def test_of_what_was_not_there_before_and_without_time_between_there_is_no_other_rate() -> None:
    assert rates_of(with_rates(Status([], AT), later(2))) == [311.4, 0.0, None, None]
    assert rates_of(with_rates(LOCAL, later(0, streams_large=99))) == [311.4, 0.0, None, None]


def test_json_has_what_the_tables_say() -> None:
    document = status_json(Status(ROWS, AT))
    assert (document["format_version"], document["read_at"], document["well"]) == ("1.1", "2026-11-21T03:25:10Z", False)
    assert document["resources"][4]["says"] == ["publication audit_pub not found"]
    assert document["resources"][5]["held"] is True
    assert document["resources"][0]["parts"] == [
        {"name": "snapshot", "state": "running 1/2", "says": "public.refunds done, refund_items"}
    ]
    assert status_json(Status([StatusRow(REFUNDS, "x")], AT))["resources"][0]["state"] == ""


def test_json_has_each_value_with_its_unit() -> None:
    document = status_json(LOCAL)
    assert document["resources"][2]["measures"] == {
        "read": {"value": 12, "unit": "count"},
        "lag": {"value": 0, "unit": "events"},
        "events_per_s": {"value": 0.0, "unit": "per_second", "total": 12},
        "watermark": {"value": "2026-11-21T03:25:10Z", "unit": "moment"},
    }
    assert document["consumers"] == [
        {
            "group": "billing",
            "stream": "streams.large",
            "measures": {
                "lag": {"value": 3, "unit": "events"},
                "events_per_s": {"value": None, "unit": "per_second", "total": 12},
            },
        }
    ]
