"""stack run: runs the pipelines of engines that live in this process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import question
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.preview import preview
from stackfile.errors import DiagnosticError, StackError
from stackfile.language.stackfile import Catalog
from stackfile.sdk.operations import CanRun, RunProgress, RunRequest, RunsByItself
from stackfile.state.format import State

LOG_EVERY = 5.0
"""Seconds between two lines of one pipeline where there is no terminal."""


@stack_command
@click.option("--until-idle", is_flag=True, help="Stop once everything is read and written.")
def run(options: Options, until_idle: bool) -> Exit:
    """Run the pipelines, sources and destinations of the local engine. Ctrl-C stops after the current batch."""
    desk = open_desk(options)
    stop = _Stop()
    out = _Stdout(stop)
    report, close = _reporter(options, out)
    try:
        results = loop.run(_run(desk, RunRequest((), until_idle, stop, out), stop, report))
    finally:
        close()
    if not options.json:
        from stackfile.report.run_text import run_table

        _tell(options, out, run_table(results))
        if any(one.failed for one in results):
            options.say(complete(options, "What failed was kept, not lost. The last reason of each: stack status"))
    return Exit.INTERRUPTED if stop.asked and until_idle else Exit.DONE


class _Stop:
    """Set by the first SIGINT or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self) -> None:
        self.asked = True


class _Stdout:
    """Takes the data of destinations that write to stdout. From then on all else goes to stderr."""

    def __init__(self, stop: _Stop) -> None:
        self.taken = False
        self._stop = stop

    def __call__(self, data: bytes) -> None:
        self.taken = True
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # nobody reads any more, as when `head` has enough
            self._stop.ask()
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


def _tell(options: Options, out: _Stdout, text: str) -> None:
    say = options.say if out.taken else options.put
    say(text)


async def _run(
    desk: Desk, request: RunRequest, stop: _Stop, report: Callable[[RunProgress], None]
) -> Sequence[RunProgress]:
    state = (await desk.stack.store.read()).state
    if state is None or not state.records:
        raise DiagnosticError.of("nothing-applied", "there is nothing to run: the state is empty", "First: stack apply")
    await _say_unapplied(desk, state)
    addresses = {record.id: str(record.address) for record in state.records.values()}

    def named(one: RunProgress) -> RunProgress:
        return replace(one, name=addresses.get(one.id, one.name))

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.ask)
    connections = desk.stack.connections(state)
    results: list[RunProgress] = []
    try:
        runnable = [(await connections.provider(name), ids) for name, ids in sorted(_runnable(state).items())]
        here = [(provider, ids) for provider, ids in runnable if isinstance(provider, CanRun)]
        _tell_elsewhere(
            desk, [one.runs_at for one, _ in runnable if isinstance(one, RunsByItself)], any_here=bool(here)
        )
        if not request.until_idle and not desk.options.json:
            desk.options.say("Running until Ctrl-C. With --until-idle it ends by itself once everything is moved.")
        for provider, ids in here:
            done = await provider.run(replace(request, ids=ids), lambda one: report(named(one)))
            results += map(named, done)
    finally:
        await connections.close()
    return results


def _tell_elsewhere(desk: Desk, urls: Sequence[str], *, any_here: bool) -> None:
    """Raises DiagnosticError where nothing is to be run here."""
    for url in urls:
        says, help = f"the engine at {url} runs what is declared by itself", "How it fares: stack status"
        if not any_here:
            raise DiagnosticError.of("runs-itself", says, help)
        desk.options.say(complete(desk.options, f"Note: {says}. {help}"))


async def _say_unapplied(desk: Desk, state: State) -> None:
    """What runs is what was applied; where the stackfile says something else by now, the user is told."""
    services = {record.provider: record.service for record in state.records.values()}
    elsewhere = [name for name, service in services.items() if not _runs_here(desk.stack.catalog, service)]
    try:
        planned = await preview(desk.stack, question((), [f"provider:{name}" for name in elsewhere]))
    except StackError:
        return  # what is applied runs all the same
    changes = len(planned.plan.changes)
    if changes and not desk.options.json:
        what = "1 change of the stackfile is" if changes == 1 else f"{changes} changes of the stackfile are"
        note = f"Note: {what} not applied yet; this runs what is. See: stack plan"
        desk.options.say(complete(desk.options, note))


def _runs_here(catalog: Catalog, service: str) -> bool:
    return issubclass(catalog.provider(service), CanRun)


def _runnable(state: State) -> dict[str, tuple[str, ...]]:
    """For each provider instance the ids of what may run."""
    found: dict[str, tuple[str, ...]] = {}
    for record in state.records.values():
        found[record.provider] = (*found.get(record.provider, ()), record.id)
    return found


def _reporter(options: Options, out: _Stdout) -> tuple[Callable[[RunProgress], None], Callable[[], None]]:
    """Who is told of progress, and how that ends."""
    if options.json:
        from stackfile.report.events_json import run_line

        return lambda one: _tell(
            options, out, json.dumps(run_line(one, datetime.now(UTC)), sort_keys=True)
        ), lambda: None
    if sys.stderr.isatty():
        from stackfile.report.live import live_run

        live = live_run(sys.stderr, options.redactor.mask)
        return lambda one: None if out.taken and sys.stdout.isatty() else live.update(one), live.close
    return _NowAndThen(options).tell, lambda: None


@dataclass
class _NowAndThen:
    """Lines for a log: one for each name every few seconds of the run. How it ended, the table says."""

    options: Options
    told: dict[str, float] = field(default_factory=dict)

    def tell(self, one: RunProgress) -> None:
        from stackfile.report.run_text import run_line

        if one.problem:
            self.options.say(run_line(one))
        elif not one.done and one.seconds - self.told.get(one.name, 0.0) >= LOG_EVERY:
            self.told[one.name] = one.seconds
            self.options.say(run_line(one))
