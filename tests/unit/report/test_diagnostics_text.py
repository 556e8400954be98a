"""Diagnostics as text and as JSON."""

from __future__ import annotations

import pytest

from stackfile.errors import Diagnostic, Severity, Span
from stackfile.report.diagnostics import render, report_json, summary, to_json
from stackfile.report.text import WIDTH, width
from tests.unit.report.orders import expected


def on_line(line: int, column: int, end: int) -> Span:
    return Span("stack.yaml", line, column, line, end)


UNQUOTED = Diagnostic(
    "template-unquoted",
    "quote a value that starts with {{",
    span=on_line(14, 26, 47),
    source="      database.password: {{ var.pg_password }}",
    label="YAML reads this as a mapping in a mapping",
    help=('write:  database.password: "{{ var.pg_password }}"',),
)
UNKNOWN = Diagnostic(
    "reference-unknown",
    "no destination `warehose`",
    span=on_line(31, 18, 39),
    source="    destination: destinations.warehose",
    label="did you mean destinations.warehouse (stack.yaml:22:3)?",
    address="pipelines.orders",
)
NOT_ID = Diagnostic(
    "reference-not-id",
    "`source` takes the source itself, not its id",
    span=on_line(30, 14, 40),
    source='    source: "{{ sources.orders_pg.id }}"',
    label="write: sources.orders_pg",
    address="pipelines.orders",
)
NO_KEY = Diagnostic(
    "config-key-unknown",
    "streamkap postgresql has no key `database.hostname`",
    span=on_line(11, 7, 24),
    source="      database.hostname: db.example.com",
    label="did you mean `database.hostname.user.defined` (required, missing)?",
    address="sources.orders_pg",
    help=("all keys: stack providers show streamkap postgresql",),
)
RENAME = Diagnostic(
    "looks-like-rename",
    "sources.orders_pg goes and sources.orders_db comes, with the same config",
    Severity.WARNING,
    span=on_line(9, 3, 12),
    help=(
        "As written the source is deleted and made anew: DATA LOSS. If it is a rename add:",
        "moved:\n  - {from: sources.orders_pg, to: sources.orders_db}",
    ),
)
LOCKED = Diagnostic(
    "lock-held",
    "stack orders (prod) is locked",
    help=(
        "by     ci, `stack apply`, https://ci.example.com/runs/8812",
        "since  2026-11-21 03:12:04 UTC, 2 m 10 s; heartbeat 4 s ago: it is alive",
        "Wait for it: stack apply --lock-timeout 10m. If its job is surely dead the lease ends by itself",
        "30 s after the last heartbeat; before that: stack lock break 7k2",
    ),
)
ALL = [UNQUOTED, UNKNOWN, NOT_ID, NO_KEY, RENAME, LOCKED]


def test_diagnostics_read_as_expected() -> None:
    assert render(ALL) == expected("diagnostics.txt")


def test_no_diagnostics_are_no_text() -> None:
    assert render([]) == ""


def test_the_same_diagnostic_is_told_once() -> None:
    assert render([LOCKED, UNKNOWN, LOCKED]) == render([LOCKED, UNKNOWN])


def test_a_message_that_names_its_address_does_not_name_it_twice() -> None:
    one = Diagnostic("cycle", "pipelines.a needs itself", address="pipelines.a")
    assert render([one]) == "error[cycle]: pipelines.a needs itself\n"


SUMMARIES = {
    "one error": ([UNKNOWN], "Nothing was planned."),
    "three errors in a file": ([UNQUOTED, UNKNOWN, NOT_ID], "2 errors more in stack.yaml, above. Nothing was planned."),
    "an error and a warning": ([UNKNOWN, RENAME], "Nothing was planned."),
    "two errors, one with a place": ([UNKNOWN, LOCKED], "1 error more in stack.yaml, above. Nothing was planned."),
    "errors without a place": (
        [LOCKED, Diagnostic("x", "y")],
        "1 error more, above. Nothing was planned.",
    ),
    "errors in two files": (
        [UNKNOWN, Diagnostic("x", "y", span=Span("teams/a.yaml", 1, 1, 1, 2))],
        "1 error more in 2 files, above. Nothing was planned.",
    ),
}


@pytest.mark.parametrize("case", SUMMARIES)
def test_the_last_line_counts_what_is_above(case: str) -> None:
    diagnostics, want = SUMMARIES[case]
    assert summary(diagnostics, "Nothing was planned.") == want


def snippet(span: Span, source: str, label: str = "here") -> list[str]:
    return render([Diagnostic("x", "m", span=span, source=source, label=label)]).splitlines()[3:]


SNIPPETS: dict[str, tuple[Span, str, list[str]]] = {
    "a tab is four columns": (
        on_line(1, 2, 4),
        "\tab: c",
        [" 1 |     ab: c", "   |     ^^ here"],
    ),
    "wide characters take two columns": (
        on_line(1, 3, 5),
        "表表ab",
        [" 1 | 表表ab", "   |     ^^ here"],
    ),
    "control characters are escaped": (
        on_line(1, 2, 3),
        "\x1ba",
        [" 1 | \\x1ba", "   |     ^ here"],
    ),
    "an empty span is one caret": (on_line(1, 3, 3), "abc", [" 1 | abc", "   |   ^ here"]),
    "a span behind the end of the line": (on_line(1, 9, 12), "abc", [" 1 | abc", "   |    ^ here"]),
    "a span over several lines ends with the first": (
        Span("stack.yaml", 1, 3, 4, 2),
        "a: {b: c",
        [" 1 | a: {b: c", "   |   ^^^^^^ here"],
    ),
    "a line number of four digits": (on_line(1204, 1, 2), "ab", ["1204 | ab", "     | ^ here"]),
    "a long line is cut behind": (
        on_line(1, 1, 3),
        "ab" + "x" * 200,
        [" 1 | ab" + "x" * 87 + "...", "   | ^^ here"],
    ),
    "a long line is cut on both sides of the caret": (
        on_line(1, 201, 203),
        "x" * 200 + "ab" + "x" * 200,
        [" 1 | ..." + "x" * 44 + "ab" + "x" * 43 + "...", "   | " + " " * 47 + "^^ here"],
    ),
    "a long mark is cut": (
        on_line(1, 1, 300),
        "x" * 300,
        [" 1 | " + "x" * 89 + "...", "   | " + "^" * 89 + " here"],
    ),
}


@pytest.mark.parametrize("case", SNIPPETS)
def test_a_caret_stands_under_what_it_marks(case: str) -> None:
    span, source, want = SNIPPETS[case]
    assert snippet(span, source) == want


def test_a_label_that_does_not_fit_stands_below_its_caret() -> None:
    lines = snippet(on_line(1, 80, 82), "x" * 90, "a label of several words that has no place on the line")
    assert lines[1].strip().endswith("^^")
    assert [line[4:].strip() for line in lines[2:]] == ["a label of several words that has no", "place on the line"]
    assert all(width(line) <= WIDTH for line in lines)


def test_a_message_cannot_act_on_the_terminal() -> None:
    text = render([Diagnostic("x", "a\x1b[2Jb", label="\x07", help=("c\x1bd\ne",), address="s\n")])
    assert text == "error[x]: s\\n: a\\x1b[2Jb\n  \\x07\n  c\\x1bd\n  e\n"


def test_json_is_terraforms_with_ours_beside() -> None:
    assert to_json(UNKNOWN) == {
        "severity": "error",
        "summary": "no destination `warehose`",
        "detail": "did you mean destinations.warehouse (stack.yaml:22:3)?",
        "address": "pipelines.orders",
        "range": {
            "filename": "stack.yaml",
            "start": {"line": 31, "column": 18},
            "end": {"line": 31, "column": 39},
        },
        "snippet": {
            "context": None,
            "code": "    destination: destinations.warehose",
            "start_line": 31,
            "highlight_start_offset": 17,
            "highlight_end_offset": 38,
            "values": [],
        },
        "stackfile": {
            "code": "reference-unknown",
            "label": "did you mean destinations.warehouse (stack.yaml:22:3)?",
            "help": [],
        },
    }


def test_json_without_a_place_has_no_range() -> None:
    assert set(to_json(LOCKED)) == {"severity", "summary", "detail", "stackfile"}


def test_a_report_counts_errors_and_warnings() -> None:
    report = report_json([UNKNOWN, RENAME])
    assert (report["valid"], report["error_count"], report["warning_count"]) == (False, 1, 1)
    assert report_json([RENAME])["valid"] is True
