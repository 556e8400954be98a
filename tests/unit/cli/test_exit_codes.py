from __future__ import annotations

import itertools

import click
import pytest

from stackfile.cli.exit_codes import Exit, exit_of, worst
from stackfile.errors import Ambiguous, DiagnosticError, Fenced, Interrupted, LockHeld, Refused, StateError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (Interrupted("stopped"), 130),
        (click.Abort(), 130),
        (LockHeld.of("lock-held", "held"), 75),
        (Refused.of("data-loss-not-allowed", "no"), 3),
        (click.UsageError("what?"), 64),
        (DiagnosticError.of("type-wrong", "no"), 1),
        (StateError.of("state-corrupt", "no"), 1),
        (Fenced.of("fenced", "no"), 1),
        (Ambiguous("no answer"), 1),
        (ValueError("a fault"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_an_error_ends_in_its_code(error: BaseException, code: int) -> None:
    assert exit_of(error) == code


def test_of_two_codes_the_one_higher_in_the_table_counts() -> None:
    table = [130, 1, 75, 3, 2, 64, 0]
    assert [code.value for code in Exit] == table
    for (above, high), (below, low) in itertools.combinations(enumerate(Exit), 2):
        assert above < below
        assert worst(low, high) is worst(high, low) is high


def test_nothing_that_happened_is_done() -> None:
    assert worst() is Exit.DONE
