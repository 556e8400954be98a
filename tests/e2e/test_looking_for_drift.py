"""Drift of a real engine, as cron would look for it."""

from __future__ import annotations

from tests.e2e.shell import Folder
from tests.e2e.shop import keep_elsewhere, remove_elsewhere


def test_an_edit_of_the_stackfile_is_no_drift_and_a_change_behind_it_is(running: Folder) -> None:
    running.replace("amount >= 100", "amount >= 40")
    quiet = running("drift")
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.out.endswith("\n\nNo drift in 5 resources.\n")
    keep_elsewhere(running.path, "orders", "90d")
    remove_elsewhere(running.path, "pipelines", "large")
    found = running("drift", "--json")
    assert (found.code, found.err) == (2, "")
    assert [(one["address"], one["what"]) for one in found.json["drift"]] == [
        ("pipelines.large", "lost"),
        ("streams.orders", "changed"),
    ]
    moved = {"path": "retention", "applied": "7d", "live": "90d", "unset": False, "sensitive": False}
    assert found.json["drift"][1]["fields"] == [{**moved, "forces_replacement": False}]


def test_looking_for_drift_writes_nothing(running: Folder) -> None:
    keep_elsewhere(running.path, "orders", "90d")
    before = running.files()
    assert running("drift").code == 2
    assert running.files() == before


def test_a_saved_report_tells_the_next_run_what_is_new(running: Folder) -> None:
    memory = ("--since", "drift.json", "--save", "drift.json")
    keep_elsewhere(running.path, "orders", "90d")
    first = running("drift", *memory)
    assert first.code == 2
    assert first.err == "Note: there is no drift.json yet; what is new is told from the next run on.\n"
    assert "first seen" not in first.out
    remove_elsewhere(running.path, "pipelines", "large")
    second = running("drift", *memory)
    assert "; new, first seen " in second.out
    assert "since 20" in second.out
    assert ": 1 new. Exit 2.\n" in second.out
    assert running("drift", *memory).out.count("since 20") == 2


def test_a_report_of_something_else_is_refused(running: Folder) -> None:
    said = running("drift", "--since", "stack.yaml")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "error[drift-report-unreadable]: stack.yaml cannot be used: it is no JSON\n"
        "  Name the report of an earlier run, or begin anew: rm stack.yaml\n"
    )
