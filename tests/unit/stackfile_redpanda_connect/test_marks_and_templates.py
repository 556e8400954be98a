"""What a stream keeps of us: whose it is, and the templates in whose place the engine shows what it filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.values import Path, put
from stackfile_redpanda_connect.marks import marked, resolved, unmarked

PLAIN: dict[str, Any] = {"input": {"stdin": {}}, "output": {"drop": {}}}
ENV = {"USER": "ada", "PASSWORD": "hunter22"}
_VARIABLE = re.compile(r"\$\{([A-Z]+)\}|\$\{(\{[A-Z]+\})\}")


def shown(config: Any) -> Any:
    """What the engine makes of a config: variables filled in, and what is escaped once less so."""
    if isinstance(config, str):
        return _VARIABLE.sub(lambda found: f"${found[2]}" if found[2] else ENV[found[1]], config)
    if isinstance(config, dict):
        return {key: shown(one) for key, one in config.items()}
    return [shown(one) for one in config] if isinstance(config, list) else config


CONFIGS = {
    "plain": PLAIN,
    "with a variable": put(PLAIN, ("input", "stdin", "password"), "${PASSWORD}"),
    "with a variable in a text": put(PLAIN, ("output", "drop", "url"), "http://${USER}:${PASSWORD}@host/?100%"),
    "with one in a list": {**PLAIN, "pipeline": {"processors": [{"log": {"message": "${USER}"}}]}},
    "with an escaped one": put(PLAIN, ("input", "stdin", "text"), "${{USER}}"),
    "with an interpolation": put(PLAIN, ("output", "drop", "text"), '${! json("x") } 100%'),
    "with a key that is no name": put(PLAIN, ("output", "drop", "a.b c"), "${USER}"),
    "with meta of its own": put(PLAIN, ("input", "meta"), {"team": "shop"}),
    "with empty meta": put(PLAIN, ("input", "meta"), {}),
    "without an input": {"output": {"drop": {}}},
    "without a component": {"pipeline": {}},
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_what_is_read_is_what_was_written(config: dict[str, Any]) -> None:
    assert unmarked(shown(marked(config, "stackfile streams.a 1")))[0] == config


@pytest.mark.parametrize("mark", ["stackfile streams.a 1", 'streams.a["${USER}"] 100%24', ""])
def test_a_mark_comes_back(mark: str) -> None:
    assert unmarked(shown(marked(PLAIN, mark)))[1] == mark


@given(st.text(alphabet="$%{}24A!:"))
def test_no_text_is_lost_on_the_way(text: str) -> None:
    config = put(PLAIN, ("input", "stdin", "text"), text)
    sent = marked(config, text)
    assert "$" not in str(sent["input"]["meta"])
    assert unmarked(sent)[1] == text


def test_what_somebody_else_made_has_no_mark_and_is_shown_as_it_would_be_written() -> None:
    made = put(PLAIN, ("input", "stdin", "text"), "${USER} ${! now() }")
    assert unmarked(made) == (put(PLAIN, ("input", "stdin", "text"), "${{USER}} ${! now() }"), None)


def test_what_was_filled_in_is_known_as_secret() -> None:
    sent = marked(CONFIGS["with a variable"], "")
    assert list(resolved(shown(sent))) == ["hunter22"]
    assert list(resolved(shown(marked(PLAIN, "")))) == []


SPOILT: dict[str, tuple[Path, Any]] = {
    "a path that is none": (("env",), {"[": "x"}),
    "a path that is not there": (("env",), {"output.nowhere": "x"}),
    "no templates": (("env",), 3),
    "no text": (("env",), {"input.stdin": 3}),
}


@pytest.mark.parametrize(("path", "value"), SPOILT.values(), ids=SPOILT)
def test_a_note_that_somebody_spoilt_is_passed_over(path: Path, value: Any) -> None:
    spoilt = put(marked(PLAIN, "m"), ("input", "meta", "stackfile", *path), value)
    assert unmarked(spoilt) == (PLAIN, "m")
