"""The live view, on something that claims to be a terminal."""

from __future__ import annotations

import io
import subprocess
import sys

from stackfile.events import RunStarted, StageDone, StageFailed, StageStarted, StageWaiting
from stackfile.report.colour import coloured
from stackfile.report.live import live_apply, live_run
from stackfile.report.run_text import run_line, run_table
from stackfile.sdk.operations import RunProgress
from tests.unit.report.apply_run import events
from tests.unit.report.orders import AUDIT, WAREHOUSE, at

NOW = at("2026-11-21T03:12:04")


def masked(text: str) -> str:
    return text.replace("hunter2", "(sensitive)")


def test_lines_of_what_is_over_stay_on_the_screen() -> None:
    screen = io.StringIO()
    view = live_apply(screen, [WAREHOUSE, AUDIT], masked)
    for event in events():
        view.update(event)
    view.close()
    text = screen.getvalue()
    for line in (
        "Run 20261121T031204Z-7k2. Lock taken by ci (run 8812).",
        "03:12:41  done   destinations.warehouse  update   36.2 s",
        "03:22:09  fail   streams.audit_cdc       replace: create   not running after 10 m",
    ):
        assert line in text
    assert "start" not in text


def test_every_text_is_redacted_and_colour_is_for_lines_that_stay() -> None:
    screen = io.StringIO()
    view = live_apply(screen, [WAREHOUSE], masked, coloured)
    view.update(StageStarted(WAREHOUSE, "update", NOW))
    view.update(StageWaiting(WAREHOUSE, "update", "hunter2 is wrong", 1, 60, NOW))
    view.update(StageFailed(WAREHOUSE, "update", "hunter2 is wrong", 2.0, NOW))
    view.close()
    assert "hunter2" not in screen.getvalue()
    assert "\x1b[31mfail\x1b[0m" in screen.getvalue()


def test_an_event_of_an_unknown_stage_is_only_a_line() -> None:
    screen = io.StringIO()
    view = live_apply(screen, [], masked)
    view.update(StageWaiting(AUDIT, "update", "slow", 1, 60, NOW))
    view.update(StageDone(AUDIT, "update", "1", 2.0, NOW))
    view.update(RunStarted("r", "ana", 1, 10, NOW))
    view.close()
    view.close()
    assert "done   streams.audit_cdc  update   2.0 s" in screen.getvalue()


def test_a_run_shows_its_events_a_second() -> None:
    screen = io.StringIO()
    view = live_run(screen, masked)
    view.update(RunProgress("flights hunter2", 1000, 900, 1, 2.0))
    view.update(RunProgress("flights hunter2", 336_776, 126_484, 3, 0.8, done=True))
    view.close()
    text = screen.getvalue()
    assert "done   flights (sensitive)  336,776 read, 126,484 written, 3 failed, 420,970 events/s, 0.8 s" in text
    assert "hunter2" not in text


def test_a_run_in_a_log_is_a_line_a_moment() -> None:
    line = run_line(RunProgress("flights\x1b", 1000, 900, 0, 2.0))
    assert line == "run    flights\\x1b  1,000 read, 900 written, 0 failed, 500 events/s, 2.0 s"
    assert run_line(RunProgress("a", 0, 0, 0, 0.0, done=True)).startswith("done   a  0 read")


def test_a_run_ends_with_a_table() -> None:
    results = [RunProgress("flights", 336_776, 126_484, 3, 0.8), RunProgress("late", 3, 3, 0, 65.0)]
    assert run_table(results) == (
        "ADDRESS     READ  WRITTEN  FAILED  EVENTS/S  TIME\n"
        "flights  336,776  126,484       3   420,970  0.8 s\n"
        "late           3        3       0         0  1 m 5 s\n"
    )
    assert run_table([]).startswith("Nothing to run")


def test_rich_is_imported_only_when_a_view_is_made() -> None:
    code = "import stackfile.report.live, stackfile.report.plan_text, sys; sys.exit('rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
