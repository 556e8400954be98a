"""The one tree of exceptions, and what their texts say."""

from __future__ import annotations

import pytest

from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    Diagnostic,
    DiagnosticError,
    Fenced,
    Interrupted,
    LockHeld,
    NotFound,
    ProviderError,
    RateLimited,
    Refused,
    Rejected,
    Severity,
    Span,
    StackError,
    StateError,
    Unreachable,
)

PARENTS = {
    DiagnosticError: StackError,
    Refused: DiagnosticError,
    LockHeld: DiagnosticError,
    StateError: DiagnosticError,
    Fenced: StateError,
    ProviderError: StackError,
    Unreachable: ProviderError,
    Ambiguous: ProviderError,
    Rejected: ProviderError,
    NotFound: Rejected,
    Conflict: Rejected,
    AuthFailed: Rejected,
    RateLimited: Rejected,
    Interrupted: StackError,
}


@pytest.mark.parametrize(("error", "parent"), PARENTS.items())
def test_the_tree_of_errors(error: type[Exception], parent: type[Exception]) -> None:
    assert error.__bases__ == (parent,)


def test_what_is_no_answer_is_no_refusal() -> None:
    """Whoever catches Rejected must be sure that nothing happened."""
    assert not issubclass(Ambiguous, Rejected)
    assert not issubclass(Unreachable, Rejected)


def test_the_text_of_a_diagnostic_error_names_every_code() -> None:
    error = DiagnosticError([Diagnostic("one", "first"), Diagnostic("two", "second")])
    assert str(error) == "one: first; two: second"


def test_one_diagnostic_without_a_place_is_made_by_its_class() -> None:
    error = Refused.of("code", "message", "a way", "out")
    assert type(error) is Refused
    assert error.diagnostics == (Diagnostic("code", "message", help=("a way", "out")),)
    assert error.diagnostics[0].severity is Severity.ERROR


def test_a_place_is_printed_as_editors_read_it() -> None:
    assert str(Span("stack.yaml", 14, 27, 14, 48)) == "stack.yaml:14:27"


def test_a_provider_error_says_its_message_and_is_equal_to_itself_only() -> None:
    error = Conflict("it exists", "POST", "/things", 409)
    assert str(error) == "it exists"
    assert error != Conflict("it exists", "POST", "/things", 409)
    assert {error} == {error}
