"""The exit codes, highest in precedence first, and which error ends in which of them."""

from __future__ import annotations

from enum import IntEnum

import click

from stackfile.errors import Interrupted, LockHeld, Refused


class Exit(IntEnum):
    INTERRUPTED = 130
    FAILED = 1
    LOCK_HELD = 75
    REFUSED = 3
    DIFFERENCES = 2
    USAGE = 64
    DONE = 0


_ERRORS: tuple[tuple[type[BaseException], Exit], ...] = (
    (KeyboardInterrupt, Exit.INTERRUPTED),
    (Interrupted, Exit.INTERRUPTED),
    (click.Abort, Exit.INTERRUPTED),
    (LockHeld, Exit.LOCK_HELD),
    (Refused, Exit.REFUSED),
    (click.UsageError, Exit.USAGE),
)


def exit_of(error: BaseException) -> Exit:
    """The code an error ends in: whatever the table does not name has failed."""
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), Exit.FAILED)


def worst(*codes: Exit) -> Exit:
    """The one that counts when several apply."""
    return min(codes, key=list(Exit).index, default=Exit.DONE)
