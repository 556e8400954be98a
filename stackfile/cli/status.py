"""stack status: how each resource fares now."""

from __future__ import annotations

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import patterns
from stackfile.cli.session import open_desk
from stackfile.cli.watching import Pace, looked, times_option, watch_option, watched

NONE = "The state holds no resource."


@stack_command
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1, callback=patterns)
@watch_option
@times_option
@click.option("--window", metavar="TIME", help="What rates are over, where a service has a choice: 1h.")
def status(
    options: Options, addresses: tuple[str, ...], watch: float | None, times: int | None, window: str | None
) -> Exit:
    """Show how each resource in the state fares now, or those of the addresses, and who reads the streams.

    Exit 2 when one is not as it should be. With --watch, rates are those since the look before; Ctrl-C ends it.
    """
    from stackfile.cli.faring import Faring

    if times is not None and watch is None:
        raise click.UsageError("--times is of --watch: stack status --watch --times 3", click.get_current_context())
    desk = open_desk(options)
    faring = Faring(desk.stack, addresses, window=window)
    if watch is None:
        return looked(options, faring, NONE)
    return watched(options, faring, Pace(watch, times), desk.stack.clock, NONE)
