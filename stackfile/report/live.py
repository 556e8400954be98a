"""Live progress on a terminal: the stages that run now, below the lines of those that are over.

Nothing is said here that the lines do not say; the caller uses it only where a person watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO, TypeAlias

from stackfile.address import Address
from stackfile.events import Event, StageDone, StageFailed, StageStarted, StageWaiting
from stackfile.report.events_text import address_columns, event_line
from stackfile.report.moments import whole_duration
from stackfile.report.run_text import events_per_second, run_line
from stackfile.report.text import pad, safe
from stackfile.sdk.operations import RunProgress

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Filter: TypeAlias = Callable[[str], str]


class LiveApply:
    """The progress of an apply. `update` takes every event; `close` must be called, also after a failure."""

    def __init__(self, progress: Progress, columns: int, redact: Filter, paint: Filter) -> None:
        self._progress = progress
        self._columns = columns
        self._redact = redact
        self._paint = paint
        self._tasks: dict[Address, TaskID] = {}
        progress.start()

    def update(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            name = self._redact(pad(safe(str(event.address)), self._columns))
            self._tasks[event.address] = self._progress.add_task(name, total=None, says=safe(event.verb))
        elif isinstance(event, StageWaiting):
            says = self._redact(f"{safe(event.says or event.verb)}, of {whole_duration(event.limit)}")
            if event.address in self._tasks:
                self._progress.update(self._tasks[event.address], says=says)
        else:
            self._over(event)

    def _over(self, event: Event) -> None:
        if isinstance(event, StageDone | StageFailed) and event.address in self._tasks:
            self._progress.remove_task(self._tasks.pop(event.address))
        _print_above(self._progress, self._paint(self._redact(event_line(event, self._columns))))

    def close(self) -> None:
        self._progress.stop()


class LiveRun:
    """The progress of `stack run`: a line for each pipeline or source, with its events a second."""

    def __init__(self, progress: Progress, redact: Filter, paint: Filter) -> None:
        self._progress = progress
        self._redact = redact
        self._paint = paint
        self._tasks: dict[str, TaskID] = {}
        progress.start()

    def update(self, progress: RunProgress) -> None:
        if progress.problem:
            _print_above(self._progress, self._paint(self._redact(run_line(progress))))
            return
        counts = f"{progress.read:,} read  {progress.written:,} written  {progress.failed:,} failed"
        says = f"{counts}  {events_per_second(progress):,.0f} events/s"
        if progress.name not in self._tasks:
            self._tasks[progress.name] = self._progress.add_task(
                self._redact(safe(progress.name)), total=None, says=says
            )
        task = self._tasks[progress.name]
        self._progress.update(task, says=says)
        if progress.done:
            self._progress.remove_task(self._tasks.pop(progress.name))
            _print_above(self._progress, self._paint(self._redact(run_line(progress))))

    def close(self) -> None:
        self._progress.stop()


def live_apply(file: TextIO, addresses: Iterable[Address], redact: Filter, paint: Filter = str) -> LiveApply:
    """Takes over the terminal behind `file` until it is closed.

    `redact` is done to each text before it is shown, `paint` to the lines that stay (`coloured`, where it is wanted).
    """
    return LiveApply(_progress(file), address_columns(addresses), redact, paint)


def live_run(file: TextIO, redact: Filter, paint: Filter = str) -> LiveRun:
    """Takes over the terminal behind `file` until it is closed; the filters are those of `live_apply`."""
    return LiveRun(_progress(file), redact, paint)


def _progress(file: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(file=file, force_terminal=True, highlight=False, markup=False)
    columns = (
        SpinnerColumn("line", style=""),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[says]}", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


def _print_above(progress: Progress, text: str) -> None:
    from rich.text import Text

    progress.console.print(Text.from_ansi(text), soft_wrap=True)
