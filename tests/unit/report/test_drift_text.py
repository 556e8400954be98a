"""Drift as a person and as a program read it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from stackfile.address import Address
from stackfile.language.stackfile import Ignored
from stackfile.plan.drift import Drift, Drifted, Earlier, Overlooked, Unmanaged
from stackfile.plan.plan import (
    UNSET,
    Action,
    Change,
    FieldChange,
    Origin,
    PendingIntent,
    ReadSummary,
    Reason,
    Skipped,
)
from stackfile.report.drift_json import drift_json, read_earlier
from stackfile.report.drift_text import DriftNotes, drift_text
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold
from stackfile.values import Sealed, Sensitive, Value

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
WAREHOUSE = Address.parse("destinations.warehouse")
CDC = Address.parse("streams.orders_cdc")
DEDUPE = Address.parse("resources.dedupe")
CLICKS = Address.parse("streams.clicks_cdc")


def moved(path: tuple[str, ...], applied: Value, live: Value) -> FieldChange:
    return FieldChange(path, live, applied, Origin.DRIFT, applied)


def changed(address: Address, provider: str, name: str, *fields: FieldChange, **more: Any) -> Change:
    section, kind = address.section, address.section.removesuffix("s")
    return Change(address, Action.UPDATE, provider, provider, section, kind, name, id="64f0c1d2", fields=fields, **more)


def drift(**more: Any) -> Drift:
    warehouse = changed(
        WAREHOUSE,
        "streamkap",
        "prod-warehouse",
        moved(("config", "hard.delete"), True, False),
        impact=Impact.RESTART,
        impact_says=("The connector restarts.",),
        live={"connector": "snowflake"},
    )
    cdc = changed(CDC, "planasonix", "prod_orders_cdc", moved(("status",), "running", "paused"))
    lost = Change(DEDUPE, Action.CREATE, "connect_eu", "redpanda_connect", "resources", "cache", "dedupe")
    lost = replace(lost, reason=Reason.LOST, reason_says="gone outside the stackfile (it was dedupe)")
    given: dict[str, Any] = {
        "stack": "orders",
        "env": "prod",
        "resources": 119,
        "drifted": (Drifted(warehouse, "a1"), Drifted(cdc, "b2"), Drifted(lost, "c3")),
        "ignored": (
            Overlooked(
                Address.parse("sources.orders_pg"),
                moved(("config", "heartbeat.enabled"), True, False),
                Ignored(("config", "heartbeat.enabled"), "tuned by DBA", date(2026, 12, 31)),
            ),
        ),
        "held": {CLICKS: Hold("paused", "INC-4312", "ana", datetime(2026, 11, 21, 9, tzinfo=UTC))},
        "unmanaged": tuple(
            Unmanaged("streamkap", "streamkap", "sources", "source", f"tmp-ana-test-{n}", f"64f{n}") for n in range(8)
        ),
        "read": ReadSummary((("connect_eu", 22), ("streamkap", 105)), 27, 1.4),
        "fingerprint": "d41c000011112222",
    }
    return Drift(**{**given, **more})


EARLIER = Earlier("9b02000011112222", {"b2": datetime(2026, 11, 19, 4, tzinfo=UTC)})


def test_a_whole_report() -> None:
    text = drift_text(drift(), DriftNotes(NOW, EARLIER, list_unmanaged=True, options=("--env", "prod")))
    assert (
        text
        == """\
Stack orders, environment prod: 119 resources, 127 live objects, 27 calls, 1.4 s.
2026-11-21 04:00 UTC

changed  destinations.warehouse  streamkap snowflake "prod-warehouse"    new, first seen 04:00
           config.hard.delete: true -> false        impact of repair: restart
changed  streams.orders_cdc  planasonix "prod_orders_cdc"                since 2026-11-19 04:00
           status: "running" -> "paused"            impact of repair: none
lost     resources.dedupe  connect_eu cache
           gone outside the stackfile (it was dedupe); new, first seen 04:00
ignored  sources.orders_pg  config.heartbeat.enabled         "tuned by DBA", until 2026-12-31
held     streams.clicks_cdc  paused by ana, "INC-4312", until 2026-11-21 09:00 UTC
not managed  8 in streamkap: source "tmp-ana-test-0" (64f0), source "tmp-ana-test-1" (64f1), 6 more

Drift: 2 changed, 1 lost, 1 ignored, 1 held; 8 not managed. Fingerprint d41c (was 9b02): 2 new.
Exit 2.
Repair live:  stack apply --env prod
Keep live: stack drift --env prod --adopt destinations.warehouse --adopt streams.orders_cdc
"""
    )


def test_nothing_moved() -> None:
    quiet = drift(
        drifted=(), ignored=(), held={}, unmanaged=(), fingerprint="", read=ReadSummary((("streamkap", 1),), 1, 0.2)
    )
    assert (
        drift_text(quiet, DriftNotes(NOW, EARLIER))
        == """\
Stack orders, environment prod: 119 resources, 1 live object, 1 call, 0.2 s. 2026-11-21 04:00 UTC

No drift in 119 resources. The one before (9b02) is gone.
"""
    )


def test_what_is_left_out_and_what_is_open_is_said() -> None:
    silent = Skipped("connect_ap", "connection refused", (DEDUPE,))
    open_one = PendingIntent(CDC, "update", "sent, no recorded answer")
    text = drift_text(drift(skipped=(silent,), pending=(open_one,), complete=False), DriftNotes(NOW))
    assert "connect_ap did not answer: connection refused.\n  1 resource was not read and is left out: " in text
    assert "open     streams.orders_cdc  update half done: sent, no recorded answer; apply judges it\n" in text
    assert "Fingerprint d41c. Exit 1.\nThis report is partial: " in text


def test_secrets_are_in_neither_form() -> None:
    hidden = changed(
        WAREHOUSE, "streamkap", "w", moved(("password",), Sealed("k", "s", "m"), Sensitive("hunter2")),
        moved(("token",), Sealed("k", "s", "m"), UNSET),
    )  # fmt: skip
    found = drift(drifted=(Drifted(hidden, "a1"),))
    text, document = drift_text(found, DriftNotes(NOW)), drift_json(found, NOW)
    assert "hunter2" not in text + json.dumps(document)
    assert "password: (sensitive, changed)" in text
    assert "token: (sensitive) -> (unset)" in text
    assert [
        (one["applied"], one["live"], one["sensitive"], one["unset"]) for one in document["drift"][0]["fields"]
    ] == [
        (None, None, True, False),
        (None, None, True, True),
    ]


def test_hostile_names_stay_on_their_lines() -> None:
    nasty = changed(WAREHOUSE, "stream\nkap", "a\x1b[31m\nb", moved(("config", "x\ny"), "1\n2", "3"))
    text = drift_text(drift(drifted=(Drifted(nasty, "a1"),)), DriftNotes(NOW))
    assert "\x1b" not in text
    assert "stream\\nkap" in text


def test_a_report_is_the_memory_of_the_next_one() -> None:
    first = drift_json(drift(), NOW)
    earlier = read_earlier(json.dumps(first).encode(), "orders", "prod")
    assert earlier == Earlier("d41c000011112222", dict.fromkeys(("a1", "b2", "c3"), NOW))
    later = drift_json(drift(), datetime(2026, 11, 22, tzinfo=UTC), earlier)
    assert [(one["first_seen"], one["new"]) for one in later["drift"]] == [("2026-11-21T04:00:00Z", False)] * 3
    assert [one["new"] for one in first["drift"]] == [None] * 3
    assert "Fingerprint d41c, as before. Exit 2." in drift_text(drift(), DriftNotes(NOW, earlier))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"\xff{", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b"[]", "it is no report of stack drift --json"),
        (b'{"format_version": "1.2"}', "it is no report of stack drift --json"),
        (b'{"format_version": "2.0", "drift": []}', "its format is 2.0, and this version reads 1.0"),
        (
            b'{"format_version": "1.0", "drift": [], "stack": "other", "env": "prod"}',
            "it is of stack other, environment prod",
        ),
        (
            b'{"format_version": "1.0", "drift": [{}], "stack": "orders", "env": "prod"}',
            "a part of it is missing or damaged",
        ),
        (
            b'{"format_version": "1.0", "drift": [{"digest": "a", "first_seen": "2026-11-21T04:00:00"}],'
            b' "fingerprint": "", "stack": "orders", "env": "prod"}',
            "a part of it is missing or damaged",
        ),
    ],
)
def test_what_is_no_report_of_this_stack_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_earlier(text, "orders", "prod")
