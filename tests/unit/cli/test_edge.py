"""Errors in, text and exit codes out."""

from __future__ import annotations

import json
from collections.abc import Callable

import click
import pytest

from stackfile.cli.edge import guard
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    DiagnosticError,
    Interrupted,
    LockHeld,
    NotFound,
    RateLimited,
    Refusal,
    Rejected,
    StackError,
    Unreachable,
)

REPORT_IT = """\
  This is a mistake in stackfile, not in your stackfile. Please report it with its traceback:
  the same command with -vv prints one, without the secrets of the run.
"""


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            DiagnosticError.of("type-wrong", "a list is needed", "write: [a]"),
            Exit.FAILED,
            "error[type-wrong]: a list is needed\n  write: [a]\n",
        ),
        (LockHeld.of("lock-held", "held by ana"), Exit.LOCK_HELD, "error[lock-held]: held by ana\n"),
        (
            Rejected(
                "Streamkap refused", "PUT", "/sources/1", 422, "7f3a", (Refusal("config.table", "does not exist"),)
            ),
            Exit.FAILED,
            "error[rejected]: Streamkap refused\n  422 PUT /sources/1, request 7f3a\n  config.table: does not exist\n",
        ),
        (AuthFailed("wrong key"), Exit.FAILED, "error[auth-failed]: wrong key\n"),
        (NotFound("no such source"), Exit.FAILED, "error[not-found]: no such source\n"),
        (RateLimited("too many requests"), Exit.FAILED, "error[rate-limited]: too many requests\n"),
        (Unreachable("connection refused"), Exit.FAILED, "error[unreachable]: connection refused\n"),
        (Ambiguous("timed out", "POST", "/x"), Exit.FAILED, "error[no-answer]: timed out\n  POST /x\n"),
        (StackError("could not"), Exit.FAILED, "error[failed]: could not\n"),
        (click.UsageError("no such\n\n thing"), Exit.USAGE, "error[usage]: no such thing\n"),
        (
            PermissionError(13, "Permission denied", "stack.yaml"),
            Exit.FAILED,
            "error[system]: stack.yaml: Permission denied\n"
            "  The system refused this. Mend it, then give the same command again.\n",
        ),
        (KeyError("x"), Exit.FAILED, f"error[internal]: KeyError: 'x'\n{REPORT_IT}"),
        (ValueError("one\ntwo"), Exit.FAILED, f"error[internal]: ValueError: one\n{REPORT_IT}"),
        (ValueError(), Exit.FAILED, f"error[internal]: ValueError\n{REPORT_IT}"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "Interrupted.\n"),
        (Interrupted("Stopped; 2 changes were let end."), Exit.INTERRUPTED, "Stopped; 2 changes were let end.\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_is_told_on_stderr(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: Exit, said: str
) -> None:
    assert guard(Options(), raising(error)) is code
    out, err = capsys.readouterr()
    assert out == ""
    if isinstance(error, click.UsageError):
        said += "  how it is used: stack --help\n"
    assert err == said


def test_each_error_of_a_group_is_told_and_the_worst_code_counts(capsys: pytest.CaptureFixture[str]) -> None:
    both = BaseExceptionGroup("", [StackError("first"), BaseExceptionGroup("", [KeyboardInterrupt()])])
    assert guard(Options(), raising(both)) is Exit.INTERRUPTED
    assert capsys.readouterr().err == "error[failed]: first\nInterrupted.\n"


def test_json_prints_one_object_a_line_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    error = DiagnosticError([*DiagnosticError.of("a", "one").diagnostics, *DiagnosticError.of("b", "two").diagnostics])
    assert guard(Options(json=True), raising(error)) is Exit.FAILED
    out, err = capsys.readouterr()
    assert err == ""
    told = [json.loads(line) for line in out.splitlines()]
    assert [(one["type"], one["diagnostic"]["summary"]) for one in told] == [
        ("diagnostic", "one"),
        ("diagnostic", "two"),
    ]


@pytest.mark.parametrize(("verbose", "shown"), [(0, False), (1, False), (2, True)])
def test_a_traceback_is_for_those_who_ask(capsys: pytest.CaptureFixture[str], verbose: int, shown: bool) -> None:
    guard(Options(verbose=verbose), raising(KeyError("x")))
    assert ("Traceback (most recent call last)" in capsys.readouterr().err) is shown


def test_a_traceback_holds_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(verbose=2)
    options.redactor.add(["correct horse battery"])
    guard(options, raising(ValueError("cannot parse correct horse battery")))
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "horse" not in err


def test_a_result_is_passed_on() -> None:
    assert guard(Options(), lambda: Exit.DIFFERENCES) is Exit.DIFFERENCES
    assert guard(Options(), lambda: None) is Exit.DONE
