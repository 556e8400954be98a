"""Formatting: what a text reads as stays, formatting it again changes nothing, and every comment survives."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from stackfile.language.edit.edit import read
from stackfile.language.edit.layout import lay_out
from stackfile.language.edit.same import alike
from stackfile.language.fmt.comments import all_comments
from stackfile.language.fmt.format import Unformattable, formatted
from tests.laws.yaml_texts import TREES, texts

_FIELDS = st.dictionaries(
    st.sampled_from(["lifecycle", "provider", "name", "path", "depends_on", "connector", "config", "source", "<>"]),
    TREES,
    max_size=5,
)
_SECTIONS = st.dictionaries(
    st.sampled_from(["pipelines", "x-home", "version", "sources", "outputs", "defaults", "teams", "variables"]),
    st.one_of(TREES, st.dictionaries(st.sampled_from(["a", "b c", "pg"]), _FIELDS, min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
)


def holds(text: str) -> None:
    try:
        once = formatted(text)
    except Unformattable as error:
        event(f"refused: {error}")
        return
    event("as it was" if once == text else "formatted")
    assert alike(read(once.replace("\r\n", "\n")), read(text.replace("\r\n", "\n")))
    assert formatted(once) == once
    assert all_comments(lay_out(once)) == all_comments(lay_out(text))
    assert once.endswith("\n")


@given(texts())
def test_any_yaml_keeps_its_meaning_and_its_comments(made: tuple[str, dict[str, Any]]) -> None:
    holds(made[0])


@given(texts(_SECTIONS))
def test_a_stackfile_keeps_its_meaning_and_its_comments(made: tuple[str, dict[str, Any]]) -> None:
    holds(made[0])
