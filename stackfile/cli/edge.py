"""The one edge where errors become text and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import click
from click.exceptions import NoArgsIsHelpError

from stackfile.cli.exit_codes import Exit, exit_of, worst
from stackfile.cli.options import Options
from stackfile.errors import (
    Ambiguous,
    AuthFailed,
    Conflict,
    Diagnostic,
    DiagnosticError,
    Interrupted,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    StackError,
    Unreachable,
)


def guard(options: Options, work: Callable[[], int | None]) -> Exit:
    """Does the work, tells what went wrong, and returns the exit code of either."""
    try:
        return _told(options, work)
    except BrokenPipeError:
        return _reader_left()


def _told(options: Options, work: Callable[[], int | None]) -> Exit:
    try:
        code = Exit(work() or Exit.DONE)
        sys.stdout.flush()
        return code
    except (SystemExit, BrokenPipeError):
        raise
    except BaseException as error:
        causes = list(_leaves(error))
        for cause in causes:
            _tell(options, cause)
        return worst(*map(exit_of, causes))


def _reader_left() -> Exit:
    """`stack graph | head`: what is still buffered goes nowhere, or the interpreter complains of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    return Exit.FAILED


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _tell(options: Options, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt | click.Abort | Interrupted):
        options.say(str(error) or "Interrupted.")
        return
    if isinstance(error, NoArgsIsHelpError):
        options.say(error.format_message())
        return
    diagnostics = _diagnostics(error)
    if diagnostics is None:
        if options.verbose > 1:
            _tell_traceback(options, error)
        diagnostics = (_internal(error),)
    tell(options, diagnostics)


def tell(options: Options, diagnostics: Sequence[Diagnostic]) -> None:
    """Prints diagnostics as the user asked: text on stderr, or one JSON object a line on stdout."""
    from stackfile.cli.proposing import completed

    diagnostics = completed(options, diagnostics)
    if options.json:
        import json
        from datetime import UTC, datetime

        from stackfile.report.events_json import diagnostic_lines

        for line in diagnostic_lines(diagnostics, datetime.now(UTC)):
            options.put(json.dumps(line, sort_keys=True))
    else:
        from stackfile.report.diagnostics import render

        options.say(render(diagnostics, colour=options.coloured(sys.stderr)))


def _diagnostics(error: BaseException) -> Sequence[Diagnostic] | None:
    """None: nothing that anybody foresaw."""
    match error:
        case DiagnosticError():
            return error.diagnostics
        case ProviderError():
            return (_of_provider(error),)
        case StackError():
            return (Diagnostic("failed", str(error)),)
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "stack"
            message = " ".join(error.format_message().split())
            return (Diagnostic("usage", message, help=(f"how it is used: {command} --help",)),)
        case click.ClickException():
            return (Diagnostic("failed", error.format_message()),)
        case OSError(strerror=str(reason)):
            where = f"{error.filename}: " if error.filename is not None else ""
            help = "The system refused this. Mend it, then give the same command again."
            return (Diagnostic("system", f"{where}{reason}", help=(help,)),)
    return None


_PROVIDER_CODES: Final[tuple[tuple[type[ProviderError], str], ...]] = (
    (NotFound, "not-found"),
    (Conflict, "conflict"),
    (AuthFailed, "auth-failed"),
    (RateLimited, "rate-limited"),
    (Rejected, "rejected"),
    (Ambiguous, "no-answer"),
    (Unreachable, "unreachable"),
    (ProviderError, "provider-failed"),
)


def _of_provider(error: ProviderError) -> Diagnostic:
    code = next(code for kind, code in _PROVIDER_CODES if isinstance(error, kind))
    asked = " ".join(part for part in (error.method, error.path) if part)
    call = " ".join(part for part in (str(error.status or ""), asked) if part) if asked else ""
    request = f"request {error.request_id}" if error.request_id else ""
    said = "" if asked and asked in error.message else ", ".join(part for part in (call, request) if part)
    refused = (f"{one.path}: {one.message}" for one in error.fields if one.message != error.message)
    return Diagnostic(code, error.message, help=tuple(line for line in (said, *refused) if line))


def _internal(error: BaseException) -> Diagnostic:
    return Diagnostic(
        "internal",
        ": ".join(part for part in (type(error).__name__, *str(error).splitlines()[:1]) if part),
        help=(
            "This is a mistake in stackfile, not in your stackfile. Please report it with its traceback:",
            "the same command with -vv prints one, without the secrets of the run.",
        ),
    )


def _tell_traceback(options: Options, error: BaseException) -> None:
    import traceback

    options.say("".join(traceback.format_exception(error)).rstrip())
