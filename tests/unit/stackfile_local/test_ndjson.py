from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile_local.engine.readers.file import Bad
from stackfile_local.engine.readers.ndjson import Ndjson, path_key
from stackfile_local.engine.stored import Shape

PLAIN = Ndjson(None)

BAD: dict[str, tuple[bytes, list[Any], list[Bad]]] = {
    "no JSON": (b"1\n{oops\n2\n", [1, 2], [Bad(1, "not JSON: object keys must be strings (byte 1)", "{oops")]),
    "half a line": (b'1\n{"a": 1', [1], [Bad(1, "not JSON: input data was truncated", '{"a": 1')]),
    "two values on a line": (b"1 2\n3\n", [3], [Bad(0, "not JSON: trailing characters (byte 3)", "1 2")]),
    "bytes that are not UTF-8": (b'"a"\n"\xff"\n', ["a"], [Bad(1, "not UTF-8 at byte 2", '"\\xff"')]),
    "NaN, which is no JSON": (b"NaN\n1\n", [1], [Bad(0, "not JSON: invalid character (byte 0)", "NaN")]),
    "a number no float holds": (b"1e999\n1\n", [1], [Bad(0, "not JSON: number out of range", "1e999")]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_lines_are_told_by_number_and_the_others_are_read(case: str) -> None:
    block, good, bad = BAD[case]
    found = PLAIN.parse(block, (), True)
    assert (list(found.values), list(found.bad)) == (good, bad)
    assert (found.used, found.total_lines) == (len(block), len(block.splitlines()))


def test_what_is_nested_too_deeply_is_a_bad_line() -> None:
    found = PLAIN.parse(b"[" * 100_000 + b"]" * 100_000 + b"\n1\n", (), True)
    assert list(found.values) == [1]
    assert found.bad[0].reason == "nested too deeply"


def test_blank_lines_are_no_events_and_count_as_lines() -> None:
    found = PLAIN.parse(b'\n{"a": 1}\r\n  \r\n{"a": 2}\n', (), True)
    assert list(found.values) == [{"a": 1}, {"a": 2}]
    assert (list(found.lines), found.total_lines, list(found.bad)) == ([1, 3], 4, [])


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4)))
def test_every_json_value_is_an_event(values: list[Any]) -> None:
    block = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    assert list(PLAIN.parse(block, (), True).values) == values


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"user": {"id": 7}}, 7),
        ({"user": {"id": "x"}}, "x"),
        ({"user": {"id": None}}, None),
        ({"user": {"id": [1]}}, None),
        ({"user": "x"}, None),
        ({}, None),
        ([1], None),
    ],
)
def test_a_key_is_found_by_its_path_or_is_none(value: Any, key: Any) -> None:
    assert path_key("user.id")(value) == key


WHOLE = {
    "lines that are maps": (b'{"a": 1}\n{"a": 2, "b": [1e2, "e5"]}', True),
    "a number that is out of range in a field that is not read": (b'{"a": 1}\n{"a": 2, "b": 1e999}\n', False),
    "a long number there": (b'{"a": 1, "b": ' + b"9" * 400 + b".5}\n", False),
    "bytes that are not UTF-8 there": (b'{"a": 1, "b": "\xff"}\n', False),
    "two values in a line, and one in two": (b'{"a": 1} {"a": 2}\n{"a":\n3}\n', False),
    "a value over two lines that look like maps": (b'{"a": [{}\n{}]}\n{"a": 1} {"a": 2}\n', False),
    "an empty line": (b'{"a": 1}\n\n{"a": 2}\n', False),
    "a line that is no map": (b'{"a": 1}\n5\n', False),
    "a line that is no JSON": (b'{"a": 1}\n{a}\n', False),
}


@pytest.mark.parametrize("case", WHOLE.values(), ids=WHOLE.keys())
def test_fields_are_read_alone_only_where_each_line_is_surely_an_event(case: tuple[bytes, bool]) -> None:
    block, whole = case
    part = Ndjson(None).whole(block, 1, 0, Shape(["a"], False))
    rows = None if part is None else part.rows(Shape(["a"], False))
    if not whole:
        assert rows is None
    else:
        assert rows is not None
        assert [row[-1].f0 for row in rows] == [1, 2]
