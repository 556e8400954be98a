"""Events as lines for a log and as JSON lines."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.events import Event, ReadDone, Recovered, StageDone, StageFailed, StageStarted, StageWaiting, Stopping
from stackfile.plan.plan import Action, OutputChange, Reason
from stackfile.report.events_json import (
    JsonLines,
    diagnostic_lines,
    ledger_lines,
    line,
    output_json,
    outputs_line,
    run_line,
    version_line,
)
from stackfile.report.events_text import address_columns, event_line
from stackfile.sdk.operations import RunProgress
from stackfile.state.format import StoredOutput
from stackfile.values import Sealed
from tests.unit.report.apply_run import done_ledger, events, failed_ledger
from tests.unit.report.orders import (
    AUDIT,
    CLICKS,
    ORDERS_PG,
    REFUNDS,
    WAREHOUSE,
    at,
    change,
    expected,
    orders_plan,
    plan_of,
)
from tests.unit.report.test_diagnostics_text import RENAME, UNKNOWN

NOW = at("2026-11-21T03:12:04")
COMMON = {"@level": "info", "@module": "stackfile.ui", "@timestamp": "2026-11-21T03:12:04Z"}


def test_an_apply_in_a_job_log_reads_as_expected() -> None:
    columns = address_columns([WAREHOUSE, ORDERS_PG, AUDIT, REFUNDS])
    assert "".join(event_line(event, columns) + "\n" for event in events()) == expected("progress.txt")


LINES: dict[str, tuple[Event, str]] = {
    "a refresh": (
        ReadDone((("streamkap", 91), ("local", 13)), 4, 1.2),
        "Read 104 live objects in 4 calls, 1.2 s (streamkap 91, local 13).",
    ),
    "a refresh that read nothing": (ReadDone((), 0, 0.1), ""),
    "a wait without words": (
        StageWaiting(CLICKS, "create", "", 5, 60, NOW),
        "03:12:04  wait   streams.clicks_cdc  create, 5 s of 1 m",
    ),
    "a signal": (
        Stopping(2, NOW),
        "03:12:04  stop   nothing more is started; 2 running calls may end first; a second signal stops at once",
    ),
    "a signal while nothing runs": (
        Stopping(0, NOW),
        "03:12:04  stop   nothing more is started; no call is running; a second signal stops at once",
    ),
    "an intent that was judged": (
        Recovered(CLICKS, "delete", "it is gone", "recorded"),
        "  streams.clicks_cdc   delete: it is gone   recorded as done",
    ),
    "words that would act on a terminal": (
        StageFailed(Address("streams", "s", "\x1b"), "create", "no\n\x1b[2J", 1, NOW),
        '03:12:04  fail   streams.s["\\u001b"]  create   no\\n\\x1b[2J after 1.0 s',
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_an_event_is_one_line(case: str) -> None:
    event, want = LINES[case]
    assert event_line(event) == want


def lines_of(*found: Event) -> list[dict[str, Any]]:
    return [JsonLines.of(orders_plan()).event(event, NOW) for event in found]


def test_the_first_json_line_is_the_version() -> None:
    assert version_line("0.1.0", NOW) == {
        **COMMON,
        "@message": "stackfile 0.1.0",
        "type": "version",
        "stackfile": "0.1.0",
        "ui": "1.2",
    }


def test_a_stage_is_an_apply_hook_with_its_resource() -> None:
    start, progress, done, failed = lines_of(
        StageStarted(AUDIT, "replace: create", NOW),
        StageWaiting(AUDIT, "replace: create", "Pending", 32, 600, NOW),
        StageDone(AUDIT, "replace: delete", "str_1", 3.1, NOW),
        StageFailed(AUDIT, "update", "422", 1.4, NOW),
    )
    resource = {
        "addr": "streams.audit_cdc",
        "module": "",
        "resource": "streams.audit_cdc",
        "implied_provider": "planasonix",
        "resource_type": "planasonix_postgres_cdc",
        "resource_name": "audit_cdc",
        "resource_key": None,
    }
    assert start == {
        **COMMON,
        "@message": "streams.audit_cdc: Creating...",
        "type": "apply_start",
        "hook": {"resource": resource, "action": "create"},
    }
    assert (progress["type"], progress["hook"]["elapsed_seconds"]) == ("apply_progress", 32)
    assert progress["@message"] == "streams.audit_cdc: Still creating... [32.0 s elapsed; Pending]"
    assert (done["type"], done["hook"]["id_key"], done["hook"]["id_value"]) == ("apply_complete", "id", "str_1")
    assert done["@message"] == "streams.audit_cdc: Destruction complete after 3.1 s [id=str_1]"
    assert (failed["type"], failed["@level"]) == ("apply_errored", "error")


def test_a_resource_in_a_module_is_told_with_and_without_it() -> None:
    inside = Address("streams", "clicks", "eu", (("billing", None),))
    lines = JsonLines.of(plan_of(change(inside, Action.CREATE)))
    found = lines.event(StageStarted(inside, "create", NOW), NOW)["hook"]["resource"]
    assert (found["addr"], found["module"], found["resource"], found["resource_key"]) == (
        "modules.billing.streams.clicks[eu]",
        "modules.billing",
        "streams.clicks[eu]",
        "eu",
    )


def test_every_event_of_a_run_has_a_known_type() -> None:
    types = [found["type"] for found in lines_of(*events(), ReadDone((), 0, 0), Stopping(1, NOW))]
    assert set(types) == {
        "log",
        "apply_start",
        "apply_progress",
        "apply_complete",
        "apply_errored",
        "refresh_complete",
    }


def test_a_recovered_intent_has_a_line_of_its_own() -> None:
    (found,) = lines_of(Recovered(REFUNDS, "create", "absent in 2 listings", "cleared"))
    assert found["type"] == "recovered"
    assert found["stackfile"] == {"verdict": "cleared", "says": "absent in 2 listings"}


def test_a_plan_is_told_change_by_change() -> None:
    plan = orders_plan()
    found = list(JsonLines.of(plan).plan(plan, NOW))
    assert [one["type"] for one in found] == ["resource_drift", *["planned_change"] * 4, "change_summary"]
    assert [one["change"]["action"] for one in found[1:5]] == ["create", "update", "update", "replace"]
    assert found[4]["change"]["reason"] == "replace_because_cannot_update"
    assert found[5]["@message"] == "Plan: 2 to add, 2 to change, 1 to destroy."
    assert found[5]["changes"] == {"add": 2, "change": 2, "import": 0, "remove": 1, "operation": "plan"}


def test_a_forgotten_and_a_lost_resource_have_their_words() -> None:
    plan = plan_of(change(CLICKS, Action.FORGET), change(REFUNDS, Action.CREATE, reason=Reason.LOST))
    found = list(JsonLines.of(plan).plan(plan, NOW))
    assert [one["change"]["action"] for one in found[:3]] == ["delete", "remove", "create"]
    assert found[3]["changes"]["forget"] == 1


def test_outputs_and_warnings_of_a_plan_are_told() -> None:
    outputs = (OutputChange("a", None, 1), OutputChange("b", 1, 1), OutputChange("c", 1, None), OutputChange("d", 1, 2))
    plan = plan_of(outputs=outputs, diagnostics=(RENAME,))
    _, told, warning = JsonLines.of(plan).plan(plan, NOW)
    assert {name: one["action"] for name, one in told["outputs"].items()} == {
        "a": "create",
        "b": "noop",
        "c": "delete",
        "d": "update",
    }
    assert (warning["type"], warning["@level"]) == ("diagnostic", "warn")


def test_a_diagnostic_is_a_line_with_its_level() -> None:
    (found,) = diagnostic_lines([UNKNOWN], NOW)
    assert found["@level"] == "error"
    assert found["@message"] == "Error: no destination `warehose`"
    assert found["diagnostic"]["stackfile"]["code"] == "reference-unknown"


def test_a_complete_apply_ends_with_terraforms_sentence() -> None:
    (found,) = ledger_lines(done_ledger(), NOW)
    assert found["@message"].startswith("Apply complete! Resources: 2 added, 1 changed, 1 destroyed.")
    assert found["changes"] == {"add": 2, "change": 1, "import": 0, "remove": 1, "operation": "apply"}


def test_a_failed_apply_does_not_say_that_it_is_complete() -> None:
    (found,) = ledger_lines(failed_ledger(), NOW)
    assert (
        found["@message"]
        == "Apply failed: 1 done, 2 failed, 1 skipped (of 4), 10 m 5 s. The state is saved, serial 213."
    )
    assert found["@level"] == "error"
    assert [one["outcome"] for one in found["stackfile"]["results"]] == ["done", "failed", "half_done", "skipped"]
    assert found["changes"]["remove"] == 1


def test_outputs_are_told_without_sensitive_values() -> None:
    outputs = {"b": StoredOutput("hunter2", True), "a": StoredOutput([1]), "c": StoredOutput(Sealed("k", "a", "b"))}
    assert outputs_line(outputs, NOW)["outputs"] == {
        "a": {"sensitive": False, "value": [1]},
        "b": {"sensitive": True},
        "c": {"sensitive": True},
    }
    assert output_json(StoredOutput(None)) == {"sensitive": False, "value": None}


def test_progress_of_a_run_is_a_line() -> None:
    found = run_line(RunProgress("flights", 1000, 900, 1, 2.0), NOW)
    assert found["type"] == "run_progress"
    assert found["run"] == {"name": "flights", "read": 1000, "written": 900, "failed": 1, "seconds": 2.0}
    assert run_line(RunProgress("flights", 1000, 900, 1, 2.0, done=True), NOW)["type"] == "run_complete"


def test_text_that_is_not_unicode_is_mended() -> None:
    assert line("log", "a\ud800b", NOW)["@message"] == "a?b"
