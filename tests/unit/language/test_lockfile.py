"""`stack.lock`: the same text for the same catalogues, and what is wrong with one is told at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.errors import DiagnosticError
from stackfile.language.lockfile import lock_text, read_lock
from stackfile.sdk.catalogue import CatalogueWrong

CATALOGUES = {
    "streamkap": {
        "sources": {
            "pg": {"b.key": {"type": "text", "max": 3}, "a.key": {"secret": True, "enum": ["é", "x"]}},
            "bare": {},
        },
        "destinations": {},
    },
    "other": {},
}
TEXT = """\
{
 "version": 1,
 "providers": {
  "other": {},
  "streamkap": {
   "destinations": {},
   "sources": {
    "bare": {},
    "pg": {
     "a.key": {"enum": ["é", "x"], "secret": true},
     "b.key": {"max": 3, "type": "text"}
    }
   }
  }
 }
}
"""
WAYS = (
    "Take it as it was committed: git checkout stack.lock",
    "Or delete it and make it anew: stack providers sync",
)
_NAMES = st.text(max_size=3)


def _maps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(_NAMES, values, max_size=2)


_FACTS = _maps(st.booleans() | st.integers() | _NAMES | st.lists(_NAMES, max_size=2))


def test_a_lock_has_a_line_for_each_key_in_order() -> None:
    assert lock_text(CATALOGUES) == TEXT
    assert lock_text({}) == '{\n "version": 1,\n "providers": {}\n}\n'


@given(_maps(_maps(_maps(_maps(_FACTS)))))
def test_what_is_written_is_read_back(catalogues: dict[str, Any]) -> None:
    read = read_lock(lock_text(catalogues).encode(), "stack.lock").catalogues
    assert read == catalogues
    assert lock_text(read) == lock_text(catalogues)


WRONG = {
    "nothing at all": ("", "stack-lock-damaged", "it is no JSON: Expecting value", "1:1"),
    "cut off": (TEXT[:60], "stack-lock-damaged", "it is no JSON: Unterminated string starting at", "5:3"),
    "a merge that was not ended": (
        TEXT.replace('    "bare"', '<<<<<<< HEAD\n    "bare"'),
        "stack-lock-damaged",
        "a merge was not ended here",
        "8:1",
    ),
    "a list": ("[]", "stack-lock-damaged", "it is no map", "1:1"),
    "nested without an end": ("[" * 100_000, "stack-lock-damaged", "it is nested too deep", "1:1"),
    "no version": ('{\n "providers": {}}', "stack-lock-damaged", "`version` is not 1", "1:1"),
    "a version that is none": ('{"version": true}', "stack-lock-damaged", "`version` is not 1", "1:2"),
    "no providers": ('{"version": 1}', "stack-lock-damaged", "`providers` is no map", "1:1"),
    "a later version": (
        '{\n "version": 2, "more": []}',
        "stack-lock-newer",
        "version 2 is of a later stackfile; this one reads version 1",
        "2:2",
    ),
    "a key without facts": (
        TEXT.replace('{"max": 3, "type": "text"}', "7"),
        "stack-lock-damaged",
        "`b.key` is no map",
        "11:6",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_lock_that_cannot_be_used_is_told_at_its_place(case: str) -> None:
    text, code, says, place = WRONG[case]
    with pytest.raises(DiagnosticError) as raised:
        read_lock(text.encode(), "stack.lock")
    (told,) = raised.value.diagnostics
    assert (told.code, told.message, str(told.span)) == (code, says, f"stack.lock:{place}")
    assert told.help == (
        WAYS if code == "stack-lock-damaged" else ("Install that one: pip install --upgrade stackfile",)
    )


def test_what_a_provider_does_not_understand_is_told_at_its_place() -> None:
    lock = read_lock(TEXT.encode(), "stack.lock")
    error = lock.wrong("streamkap", CatalogueWrong(("sources", "pg", "b.key", "max"), "it should be less"))
    (told,) = error.diagnostics
    assert (told.message, str(told.span)) == ("sources.pg.b.key.max: it should be less", "stack.lock:11:16")
    assert told.help[-1] == "Or delete it and make it anew: stack providers sync streamkap"


def test_a_lock_is_json() -> None:
    assert json.loads(lock_text(CATALOGUES)) == {"version": 1, "providers": CATALOGUES}
