"""Looks at how things fare again and again: redrawn in place on a terminal, block by block anywhere else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import click

from stackfile.cli import loop
from stackfile.cli.command import bare_option
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.report.status import Status
from stackfile.sdk.provider import Clock

F = TypeVar("F", bound=Callable[..., Any])

EVERY: Final = 2.0
"""Seconds between two looks."""

Show: TypeAlias = Callable[[Status], None]


class Eye(Protocol):
    """What is looked at. `reached` is whether everything was told the last time."""

    @property
    def reached(self) -> bool: ...

    async def look(self) -> Status: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds between two looks, and how many looks; None is until somebody stops it."""

    every: float
    times: int | None = None


async def watch(eye: Eye, show: Show, pace: Pace, clock: Clock) -> Status:
    """Shows each look, with the rates between it and the one before it. Returns the last."""
    from stackfile.report.rates import with_rates

    found = await eye.look()
    show(found)
    looks = 1
    while looks != pace.times:
        await clock.sleep(pace.every)
        before, found = found, await eye.look()
        show(with_rates(before, found))
        looks += 1
    return found


def watched(options: Options, eye: Eye, pace: Pace, clock: Clock, none: str) -> Exit:
    """Until it was shown as often as was asked for, or Ctrl-C or SIGTERM, which is how it ends where nothing else was.

    `none` is said where there is nothing to look at.
    """
    try:
        with shown(options, pace, none) as show:
            found = loop.run(_until_told(eye, show, pace, clock))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return Exit.DONE if pace.times is None else Exit.INTERRUPTED
    return exit_of(eye, found)


def looked(options: Options, eye: Eye, none: str) -> Exit:
    """A single look."""
    from stackfile.report.status import status_text
    from stackfile.report.status_json import status_json

    found = loop.run(_once(eye))
    options.put(json.dumps(status_json(found), sort_keys=True) if options.json else status_text(found, none))
    return exit_of(eye, found)


async def _once(eye: Eye) -> Status:
    try:
        return await eye.look()
    finally:
        await eye.close()


def exit_of(eye: Eye, found: Status) -> Exit:
    return Exit.FAILED if not eye.reached else Exit.DONE if found.well else Exit.DIFFERENCES


async def _until_told(eye: Eye, show: Show, pace: Pace, clock: Clock) -> Status:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await watch(eye, show, pace, clock)
    finally:
        await eye.close()


@contextmanager
def shown(options: Options, pace: Pace, none: str) -> Iterator[Show]:
    """How each look is shown. The last one stays on a terminal when it is over."""
    from stackfile.report.status import status_text
    from stackfile.report.status_json import status_json

    if options.json:
        yield lambda status: options.put(json.dumps(status_json(status), sort_keys=True))
    elif sys.stdout.isatty() and options.draws:
        with contextlib.closing(_Terminal(options, pace, none)) as terminal:
            yield terminal.show
    else:
        yield lambda status: options.put(f"{status_text(status, none)}\n")


class _Terminal:
    """A screen of its own, as long as it is looked at."""

    def __init__(self, options: Options, pace: Pace, none: str) -> None:
        from stackfile.report.screen import ENTER

        self._options = options
        self._pace = pace
        self._none = none
        self._text = ""
        _write(ENTER)

    def show(self, status: Status) -> None:
        from stackfile.report.screen import frame
        from stackfile.report.status import status_text

        self._text = self._options.redactor.mask(status_text(status, self._none))
        again = f"{self._text.removesuffix(chr(10))} Again every {self._pace.every:g} s; Ctrl-C ends.\n"
        _write(frame(again, *shutil.get_terminal_size()))

    def close(self) -> None:
        from stackfile.report.screen import LEAVE

        _write(f"{LEAVE}{self._text}")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def times_option(function: F) -> F:
    help = "Look so often, then end."
    return click.option("-n", "--times", type=click.IntRange(1), metavar="N", help=help)(function)


def watch_option(function: F) -> F:
    """`--watch` and `--watch=SECONDS`."""
    return bare_option(
        "--watch",
        bare=f"{EVERY:g}",
        type=click.FloatRange(0.1),
        metavar="[=SECONDS]",
        help=f"Look again and again: every {EVERY:g} s, or so many.",
    )(function)
