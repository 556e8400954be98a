from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.portable.fields import FieldPath, parse_field, print_field


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("page", ("page",)),
        ("user.name", ("user", "name")),
        ("user-id", ("user-id",)),
        ('user["full name"].first', ("user", "full name", "first")),
        ("['2023']", ("2023",)),
        ('["a.b"]', ("a.b",)),
        ("größe", ("größe",)),
        ("value", ("value",)),
        ('["value"].a', ("value", "a")),
    ],
)
def test_a_path_of_fields_is_read(text: str, path: FieldPath) -> None:
    assert parse_field(text) == path


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.just("value"), min_size=1, max_size=3)
)
def test_a_path_of_fields_printed_and_parsed_is_the_same(path: list[str]) -> None:
    assert parse_field(print_field(tuple(path))) == tuple(path)


@given(st.text(alphabet="ab.[]\"'0\\ ", max_size=8) | st.text(max_size=8))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = parse_field(text)
    except ValueError:
        return
    assert parse_field(print_field(path)) == path


@pytest.mark.parametrize(
    "text", ["", ".a", "a.", "a..b", "a b", "a[0]", "a[-1]", '["a', '["\\ud800"]', '["a"]b', "value.a"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"path of fields|missing|write"):
        parse_field(text)
