"""stack snapshot: reads tables of a source again, while it goes on with the changes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import click

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.command import bare_option, stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import not_in_state
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.snapshots import Pace, Snapshots, snapshots_of
from stackfile.sdk.operations import SnapshotProgress, SnapshotRequest
from stackfile.state.format import State

EVERY = 5.0
"""Seconds between two looks."""


@stack_command
@click.argument("address", metavar="ADDRESS")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Only this table, as the source names it.")
@click.option("--where", metavar="CONDITION", help="Only rows of which it holds, in the source's own language.")
@click.option("--stop", is_flag=True, help="End the one that is running.")
@bare_option("--watch", bare=f"{EVERY:g}", type=click.FloatRange(0.1), metavar="[=SECONDS]",
             help=f"Look at it every {EVERY:g} s, or so many, until it is over.")  # fmt: skip
def snapshot(
    options: Options, address: str, tables: tuple[str, ...], where: str | None, stop: bool, watch: float | None
) -> Exit:
    """Read tables of a source again, while it goes on with the changes; without --table, all that it reads.

    Rows arrive a second time, as inserts or updates, so what is downstream must bear that. Exit 1 where it failed.
    """
    _refuse(stop, tables, where, watch)
    desk = open_desk(options)

    def show(seen: SnapshotProgress) -> None:
        _tell(options, address, seen)

    async def work(snapshots: Snapshots) -> SnapshotProgress:
        if stop:
            return await snapshots.stop()
        begun = await snapshots.begin(SnapshotRequest(tables, where))
        if watch is None:
            return begun.progress
        return await snapshots.follow(begun, show, Pace(desk.stack.clock, watch))

    seen = loop.run(_with(desk, address, work))
    if stop:
        options.put(_stopped(options, address, seen))
    elif watch is None:
        show(seen)
        options.say(f"How far it is: stack status {address} --watch")
    return Exit.FAILED if seen.has_failed and not stop else Exit.DONE


async def _with(desk: Desk, address: str, work: Callable[[Snapshots], Awaitable[SnapshotProgress]]) -> SnapshotProgress:
    async with snapshots_of(desk.stack, lambda state: [_chosen(state, address)]) as snapshots:
        return await work(snapshots)


def _chosen(state: State, text: str) -> Address:
    at = next((one for one in state.records if str(one) == text), None)
    if at is None:
        raise not_in_state(text, state.records)
    return at


def _refuse(stop: bool, tables: tuple[str, ...], where: str | None, watch: float | None) -> None:
    context = click.get_current_context()
    if stop and (tables or where is not None or watch is not None):
        raise click.UsageError("--stop ends the snapshot that is running; it takes no other option", context)
    if where is not None and not tables:
        raise click.UsageError("--where is of tables: add --table NAME for each", context)


def _tell(options: Options, address: str, seen: SnapshotProgress) -> None:
    from stackfile.report.snapshots import progress_json, progress_text

    if options.json:
        options.put(json.dumps(progress_json(address, seen), sort_keys=True))
    else:
        options.put(progress_text(address, seen))


def _stopped(options: Options, address: str, before: SnapshotProgress) -> str:
    from stackfile.report.snapshots import progress_json, progress_text

    if options.json:
        return json.dumps({**progress_json(address, before), "stopped": before.is_running}, sort_keys=True)
    if not before.is_running:
        return f"{address}  no snapshot is running"
    return f"{progress_text(address, before)}; stopped"
