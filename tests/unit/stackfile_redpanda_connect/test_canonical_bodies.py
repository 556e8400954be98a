"""What is sent: JSON that the engine's YAML reader takes whole, with a line for each key and item."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackfile.values import Path
from stackfile_redpanda_connect.canonical import NotCanonical, document, received, verbatim

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(TREES)
def test_what_is_sent_is_the_same_value_as_json(value: Any) -> None:
    assert json.loads(document(value).body) == value


@given(st.text())
def test_a_yaml_reader_reads_every_text_as_it_is(text: str) -> None:
    assert yaml.safe_load(document({"text": text}).body.decode()) == {"text": text}


def test_only_what_yaml_would_refuse_or_fold_is_escaped() -> None:
    sent = document("grün 日本 😀 \x7f\x85\u2028\uffff").body.decode()
    assert sent == '"grün 日本 😀 \\u007f\\u0085\\u2028\\uffff"'


def test_each_key_and_item_has_a_line_and_so_has_each_line_of_a_text() -> None:
    made = document({"input": {"generate": {"mapping": "a\nb", "count": 1}}, "list": [1, {"x": 2}]})
    expected: list[Path] = [
        (),
        ("input",),
        ("input", "generate"),
        ("input", "generate", "mapping"),
        ("input", "generate", "mapping"),
        ("input", "generate", "count"),
        ("list",),
        ("list", 0),
        ("list", 1),
        ("list", 1, "x"),
    ]
    assert list(made.lines) == expected
    assert made.body.decode().splitlines()[5] == '"count":1}},'
    assert [made.at(line) for line in (0, 4, 11)] == [(), ("input", "generate", "mapping"), ()]


def test_verbatim_leaves_nothing_for_the_engine_to_fill_in() -> None:
    value = {"a": "${VAR}", "b": "\\${VAR}", "${c}": "${! json() }"}
    sent = verbatim(value).body
    assert b"${" not in sent
    assert json.loads(sent) == value


REFUSED = {
    "a whole number that the engine would round": ({"a": 2**64}, ("a",)),
    "no number": ({"a": [float("nan")]}, ("a", 0)),
    "infinity": (float("inf"), ()),
    "half a surrogate pair": ({"a": "\ud83d"}, ("a",)),
    "a key that is no text": ({"a": {1: 2}}, ("a",)),
    "a key longer than YAML's": ({"k" * 1023: 1}, ()),
    "something else": ({"a": {1, 2}}, ("a",)),
}


@pytest.mark.parametrize(("value", "path"), REFUSED.values(), ids=REFUSED)
def test_what_the_engine_would_not_keep_is_refused_with_its_place(value: Any, path: Path) -> None:
    with pytest.raises(NotCanonical) as refused:
        document(value)
    assert refused.value.path == path


def test_a_key_of_1022_characters_is_sent() -> None:
    assert json.loads(document({"k" * 1022: 1}).body) == {"k" * 1022: 1}


def test_what_the_engine_rounded_is_the_float_that_was_sent() -> None:
    assert received([{"a": 18446744073709552000}, 2**64 - 1]) == [{"a": float(2**64)}, 2**64 - 1]
