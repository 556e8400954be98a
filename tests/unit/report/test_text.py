"""Characters, columns, durations and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from stackfile.report.moments import clock, duration, minute, rfc3339, second, whole_duration
from stackfile.report.text import count, cut, glued, head, indented, pad, quoted, safe, table, width, wrapped
from stackfile.report.value_text import contrast, inline, shortened
from stackfile.values import Value

SAFE = {
    "plain": "plain",
    "über 表": "über 表",
    "\x1b[31m": "\\x1b[31m",
    "a\nb\tc\r": "a\\nb\\tc\\r",
    "\u202e\u2028": "\\u202e\\u2028",
    "\U000e0001": "\\U000e0001",
    "\ud800": "\\ud800",
    "\u00a0": "\\xa0",
}


@pytest.mark.parametrize("text", SAFE)
def test_what_a_terminal_would_act_on_is_escaped(text: str) -> None:
    assert safe(text) == SAFE[text]


def test_quotes_and_backslashes_are_escaped_once() -> None:
    assert quoted('a"\\\n') == '"a\\"\\\\\\n"'


def test_width_counts_columns() -> None:
    assert [width(text) for text in ("abc", "表", "e\u0301", "")] == [3, 2, 1, 0]
    assert pad("表", 4) == "表  "


def test_cut_keeps_to_the_columns() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abc..."
    assert cut("表表表", 5) == "表..."
    assert head("表表表", 5) == "表表"


def test_words_are_wrapped_and_glued_ones_stay_together() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped(f"one {glued('two three')}", 9) == ["one", "two three"]
    assert wrapped("a-word-that-is-too-long b", 5) == ["a-word-that-is-too-long", "b"]
    assert indented("one two", 2, 6) == ["  one", "  two"]


def test_a_table_aligns_its_columns() -> None:
    assert table([("A", "N", "B"), ("aa", "1", "表"), ("a", "10")], right=frozenset({1})) == [
        "A    N  B",
        "aa   1  表",
        "a   10",
    ]
    assert table([]) == []


def test_a_count_has_its_noun() -> None:
    assert [count(1, "entry", "entries"), count(1204, "entry", "entries"), count(0, "change")] == [
        "1 entry",
        "1,204 entries",
        "0 changes",
    ]


DURATIONS = {
    0: "0 ms",
    0.0079: "8 ms",
    0.1: "0.1 s",
    1.24: "1.2 s",
    59.94: "59.9 s",
    59.96: "1 m",
    605: "10 m 5 s",
    3600: "1 h",
    7800: "2 h 10 m",
    86_399: "23 h 59 m",
    41 * 86_400: "41 d",
    -1: "0 ms",
}


@pytest.mark.parametrize("seconds", DURATIONS)
def test_a_duration_has_two_units_at_most(seconds: float) -> None:
    assert duration(seconds) == DURATIONS[seconds]


def test_a_whole_duration_has_no_decimals() -> None:
    assert [whole_duration(seconds) for seconds in (0.2, 32, 600, 130)] == ["0 s", "32 s", "10 m", "2 m 10 s"]


def test_times_are_told_in_utc() -> None:
    at = datetime(2026, 11, 20, 15, 2, 31, tzinfo=timezone(timedelta(hours=1)))
    assert minute(at) == "2026-11-20 14:02 UTC"
    assert second(at) == "2026-11-20 14:02:31 UTC"
    assert clock(at) == "14:02:31"
    assert rfc3339(at) == "2026-11-20T14:02:31Z"
    assert rfc3339(datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)) == "2026-01-01T00:00:00.000005Z"


def nested(depth: int) -> Value:
    value: Value = "bottom"
    for _ in range(depth):
        value = [value]
    return value


def test_a_value_that_is_nested_too_deep_is_cut() -> None:
    assert inline(nested(500)) == "[" * 13 + "[...]" + "]" * 13
    assert "bottom" in inline(nested(12))


def test_a_number_too_large_to_print_is_told_in_hex() -> None:
    assert inline(10**20) == "100000000000000000000"
    assert inline(2**20000).startswith("0x1000")


def test_a_long_text_says_how_long_it_is() -> None:
    text = shortened("x" * 1204, 60)
    assert text == '"' + "x" * 36 + '..." (1,204 characters)'
    assert shortened("x" * 1204, 20) == '"' + "x" * 16 + "..."
    assert shortened("abc", 20) == '"abc"'


def test_two_texts_are_cut_where_they_begin_to_differ() -> None:
    before, after = contrast("select a", "select b", 40)
    assert (before, after) == ('"select a"', '"select b"')
    before, after = contrast("x" * 100 + "a" + "y" * 100, "x" * 100 + "b" + "y" * 100, 30)
    assert before == '..."' + "x" * 10 + "a" + "y" * 12 + "..."
    assert after == '..."' + "x" * 10 + "b" + "y" * 12 + "..."
