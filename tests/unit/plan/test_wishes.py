"""Requests that a plan cannot grant: what is said of each."""

from __future__ import annotations

import pytest

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.plan.question import Question
from tests.unit.plan.world import World, asked

WAS = "streams: {a: {partitions: 3}, gone: {}}\nsources: {s: {}}\ndestinations: {d: {path: x}}"
NOW = "streams: {a: {partitions: 3}, new: {}}\nsources: {s: {}}\ndestinations: {d: {path: x}}"

REFUSED: dict[str, tuple[Question, list[str]]] = {
    "of nothing that there is": (
        asked(replace="streams.aa"),
        ["selection-unknown: streams.aa matches no resource of this stack | did you mean streams.a?"],
    ),
    "of what is new": (
        asked(replace="streams.new"),
        [
            "request-impossible: streams.new: --replace has nothing to do: it is not in the state, and is created"
            " anyway | Leave out --replace streams.new"
        ],
    ),
    "of what goes": (
        asked(resend="streams.gone"),
        [
            "request-impossible: streams.gone: --resend has nothing to do: it is in the state only, and goes"
            " | Leave out --resend streams.gone"
        ],
    ),
    "of what is left out": (
        asked(replace="streams.a", exclude="streams.a"),
        [
            "request-impossible: streams.a: --replace has nothing to do: this plan leaves it out"
            " | Leave out --replace streams.a"
        ],
    ),
    "of the same twice": (
        asked(replace="streams.a", resend="streams.a"),
        [
            "request-impossible: streams.a: --resend has nothing to do: it is replaced, which sends all of it"
            " | Leave out --resend streams.a"
        ],
    ),
    "of what has no update": (
        asked(resend="destinations.d"),
        [
            "request-impossible: destinations.d: --resend has nothing to do: it has no update; --replace makes it anew"
            " | Leave out --resend destinations.d"
        ],
    ),
    "of what sets nothing that can be sent": (
        asked(resend="sources.s"),
        [
            "request-impossible: sources.s: --resend has nothing to do: it has no field that an update can send"
            " | Leave out --resend sources.s"
        ],
    ),
    "all at once": (
        asked(replace="streams.aa streams.new", resend="streams.gone"),
        ["selection-unknown", "request-impossible", "request-impossible"],
    ),
}


@pytest.mark.parametrize(("question", "told"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_cannot_be_granted_is_told(question: Question, told: list[str]) -> None:
    with pytest.raises(DiagnosticError) as caught:
        World.applied(WAS).make_plan(NOW, question)
    if len(told) == 1:
        assert [_in_words(one) for one in caught.value.diagnostics] == told
    else:
        assert [one.code for one in caught.value.diagnostics] == told


def _in_words(one: Diagnostic) -> str:
    address = f"{one.address}: " if one.address else ""
    return f"{one.code}: {address}{one.message} | {' '.join(one.help)}"
