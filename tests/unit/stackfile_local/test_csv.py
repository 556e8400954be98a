from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile_local.engine.readers.csv import Csv
from stackfile_local.engine.readers.file import Bad, Parsed

AUTO = Csv(None, False)
TEXT = Csv(None, True)


def parse(text: str | bytes, kind: Csv = AUTO, columns: Sequence[str] = ("a", "b"), *, last: bool = True) -> Parsed:
    return kind.parse(text.encode() if isinstance(text, str) else text, tuple(columns), last)


def column(*cells: str, kind: Csv = AUTO) -> list[Any]:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([cell, "."] for cell in cells)
    return [value["a"] for value in parse(out.getvalue(), kind).values]


CELLS: dict[str, tuple[str, Any]] = {
    "an integer": ("17", 17),
    "a negative one": ("-17", -17),
    "a fraction": ("1.50", 1.5),
    "a power": ("1e3", 1000.0),
    "nothing": ("", None),
    "a word": ("EWR", "EWR"),
    "a leading zero": ("00123", "00123"),
    "a plus sign": ("+1", "+1"),
    "a bare point": (".5", ".5"),
    "a point at the end": ("5.", "5."),
    "spaces around": (" 5 ", " 5 "),
    "a thousands mark": ("1,000", "1,000"),
    "an underscore": ("1_000", "1_000"),
    "digits of another script": ("\uff11\uff12", "\uff11\uff12"),
    "hexadecimal": ("0x10", "0x10"),
    "the word true": ("true", "true"),
    "the word null": ("null", "null"),
    "the word nan": ("NaN", "NaN"),
    "infinity": ("Infinity", "Infinity"),
    "what no float holds": ("1e999", "1e999"),
    "what 64 bits do not hold": ("9223372036854775808", "9223372036854775808"),
    "what 64 bits just hold": ("-9223372036854775808", -(2**63)),
    "JSON": ('{"a": 1}', '{"a": 1}'),
    "a list of two numbers": ("[1", "[1"),
    "a date": ("2013-01-01", "2013-01-01"),
    "a minus": ("-", "-"),
}


@pytest.mark.parametrize("case", CELLS)
@pytest.mark.parametrize("beside", [(), ("1", "2"), ("word",), ("", "")])
def test_a_cell_means_the_same_whatever_stands_beside_it(case: str, beside: tuple[str, ...]) -> None:
    cell, value = CELLS[case]
    assert column(*beside, cell, *beside)[len(beside)] == value
    assert column(*beside, cell, kind=TEXT)[-1] == cell


def test_cells_that_are_named_mean_null() -> None:
    assert column("1", "NA", "x", "", kind=Csv(None, False, frozenset({"NA"}))) == [1, None, "x", None]
    assert column("1", "NA", kind=Csv(None, False, frozenset({"NA"}))) == [1, None]
    assert column("1", "NA", "", kind=Csv(None, True, frozenset({"NA"}))) == ["1", None, ""]


@given(
    st.lists(st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=5), min_size=1, max_size=6)
)
def test_columns_decoded_at_once_equal_cells_decoded_alone(cells: list[Any]) -> None:
    texts = [str(cell).replace("\r", "").replace("\x00", "") for cell in cells]
    together, alone = column(*texts), [column(text)[0] for text in texts]
    assert [type(value) for value in together] == [type(value) for value in alone]
    assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(together, alone, strict=True))


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), min_size=1, max_size=8))
def test_what_pythons_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    rows = [(a.replace("\r", " "), b.replace("\r", " ")) for a, b in rows]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found = parse(out.getvalue(), TEXT)
    assert [(value["a"], value["b"]) for value in found.values] == rows
    assert found.bad == []
    assert found.used == len(out.getvalue().encode())


def test_the_first_line_names_the_columns_and_the_key_is_one_of_them() -> None:
    found = parse("carrier, delay\nUA,3\nAA,\n", Csv("carrier", False), ())
    assert found.columns == ("carrier", "delay")
    assert list(found.keys) == ["UA", "AA"]
    assert found.values == [{"carrier": "UA", "delay": 3}, {"carrier": "AA", "delay": None}]
    assert list(found.lines) == [1, 2]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("a,,c", "column 2 has no name"),
        ("a,b,a", "two columns are named `a`"),
        ("a,b", "no column is named `id`, which is to be the key"),
    ],
)
def test_a_first_line_that_cannot_name_columns_is_refused(header: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(f"{header}\n1,2,3\n", Csv("id", False), ())


BAD: dict[str, tuple[str | bytes, list[Any], list[Bad]]] = {
    "a short row": ("1,2\n3\n4,5\n", [1, 4], [Bad(1, "1 cells where there are 2 columns", "3")]),
    "a long row": ("1,2\n3,4,5\n", [1], [Bad(1, "3 cells where there are 2 columns", "3,4,5")]),
    "blank lines, which are no rows": ("1,2\n\n\n3\n", [1], [Bad(3, "1 cells where there are 2 columns", "3")]),
    "text behind a quote": (
        '1,2\n"x"y,2\n3,4\n', [1, 3], [Bad(1, "not CSV: ',' expected after '\"'", '"x"y,2')],
    ),
    "a quote that never ends": (
        '1,2\n"x,2\n3,4\n', [1, 3], [Bad(1, "not CSV: a quote is opened and never closed", '"x,2')],
    ),
    "bytes that are not UTF-8": (b"1,2\n\xff\xfe,2\n3,\xc3\xa9\n", [1, 3], [Bad(1, "not UTF-8", r"\xff\xfe,2")]),
    "a carriage return in a row": (
        "1,2\n3\r4,5\n", [1],
        [Bad(1, "not CSV: a carriage return within a row",
             "3\r4,5")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_told_by_line_and_the_others_are_read(case: str) -> None:
    text, good, bad = BAD[case]
    found = parse(text)
    assert [value["a"] for value in found.values] == good
    assert found.bad == bad
    assert found.used == len(text)
    assert found.total_lines == text.count(b"\n" if isinstance(text, bytes) else "\n")  # type: ignore[arg-type]


def test_lines_are_counted_through_cells_that_span_several() -> None:
    found = parse('1,"x\ny\n\nz"\r\n\r\n2,b\r\nbad\r\n')
    assert [value["b"] for value in found.values] == ["x\ny\n\nz", "b"]
    assert list(found.lines) == [0, 5]
    assert [bad.line for bad in found.bad] == [6]


def test_separators_of_lines_that_csv_does_not_know_stay_in_their_cells() -> None:
    assert column("a\u2028b\x0bc\x1cd\x85e") == ["a\u2028b\x0bc\x1cd\x85e"]


def test_a_record_that_is_still_open_waits_for_its_end() -> None:
    found = parse('1,2\n"x\n', last=False)
    assert ([value["a"] for value in found.values], found.bad, found.used, found.total_lines) == ([1], [], 4, 1)


def test_a_record_that_stays_open_for_too_long_is_bad_in_its_first_line() -> None:
    found = parse('"x,2\n' + "3,4\n" * 40_000, last=False)
    assert found.bad == [Bad(0, "not CSV: a cell of more than 131,072 characters", '"x,2')]
    assert len(found.values) == 40_000


def test_a_record_is_longer_than_a_block_only_when_it_is_bad() -> None:
    row = "".join(f'"{"x" * 90_000}\n",' for _ in range(8))
    found = parse(row + '"\n', last=False)
    assert (found.bad[0].line, found.bad[0].reason) == (0, "not CSV: a quote is opened and never closed")
