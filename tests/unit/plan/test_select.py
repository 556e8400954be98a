"""Patterns of --target, --exclude and --allow: what they match, and what is said of one that matches nothing."""

from __future__ import annotations

import pytest

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.plan.select import Selection, matcher
from tests.unit.plan.world import World, address, asked

PATTERNS: dict[str, list[str]] = {
    "streams.a": ["streams.a", "streams.a[eu]"],
    "streams.a[eu]": ["streams.a[eu]"],
    'streams.a["eu"]': ["streams.a[eu]"],
    "streams.a/eu": ["streams.a[eu]"],
    "streams.*": ["streams.a", "streams.a[eu]", "streams.ab"],
    "streams.a*": ["streams.a", "streams.a[eu]", "streams.ab"],
    "*[eu]": ["streams.a[eu]"],
    "*": ["sources.a", "streams.a", "streams.a[eu]", "streams.ab"],
    "*.a": ["sources.a", "streams.a"],
}


@pytest.mark.parametrize(("pattern", "matched"), PATTERNS.items())
def test_a_pattern_matches(pattern: str, matched: list[str]) -> None:
    test = matcher(pattern)
    assert [text for text in PATTERNS["*"] if test(address(text))] == matched


@pytest.mark.parametrize("pattern", ["streams", "streams.a.b", "nothing.a", ""])
def test_what_is_neither_an_address_nor_a_glob_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        matcher(pattern)


SAID = {
    "a misspelt address": (
        "streams.clics",
        "streams.clics matches no resource of this stack",
        "did you mean streams.clicks?",
    ),
    "an address like no other": (
        "sources.zzzzzz",
        "sources.zzzzzz matches no resource of this stack",
        "All addresses: stack graph",
    ),
    "a provider that nobody uses": (
        "provider:vault",
        "provider:vault matches no resource of this stack",
        "Providers of this stack: cloud",
    ),
}


@pytest.mark.parametrize(("pattern", "message", "help"), SAID.values(), ids=SAID)
def test_a_pattern_that_matches_nothing_is_an_error(pattern: str, message: str, help: str) -> None:
    for question in (asked(target=pattern), asked(exclude=pattern)):
        with pytest.raises(DiagnosticError) as caught:
            World().make_plan("streams: {clicks: {}}", question)
        assert caught.value.diagnostics == (Diagnostic("selection-unknown", message, help=(help,)),)


def test_all_patterns_that_match_nothing_are_told_at_once() -> None:
    with pytest.raises(DiagnosticError) as caught:
        World().make_plan("streams: {a: {}}", asked(target="streams.x streams streams.a"))
    assert [one.message for one in caught.value.diagnostics] == [
        "streams.x matches no resource of this stack",
        "'streams' is no address: write section.key",
    ]


def test_only_an_excluded_provider_is_not_contacted() -> None:
    selection = Selection(target=("provider:a",), exclude=("provider:b", "streams.x", "provider:c"))
    assert selection.excluded_providers == {"b", "c"}
