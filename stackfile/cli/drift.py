"""stack drift: what moved outside the stackfile since the last apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import selection_options

_FILE = click.Path(path_type=Path, dir_okay=False)


@stack_command
@selection_options
@click.option(
    "--unmanaged",
    is_flag=True,
    help="Name the live objects that the stack does not manage, as far as a line goes; all of them with --json.",
)
@click.option("--since", type=_FILE, metavar="FILE", help="The JSON report of the run before, to tell what is new.")
@click.option("--save", type=_FILE, metavar="FILE", help="Write the JSON report to this file too.")
@click.option("--adopt", multiple=True, metavar="ADDRESS", help="Write what is live of this into the stackfile.")
def drift(
    options: Options, /, target: tuple[str, ...], exclude: tuple[str, ...], adopt: tuple[str, ...], **report: Any
) -> Exit:
    """Show what moved outside the stackfile since the last apply. Changes nothing and takes no lock. Exit 2 when
    something did.

    With --adopt the fields that moved are written into the stackfile as they are live, and nothing else is shown."""
    from stackfile.cli import adopting, loop
    from stackfile.cli.drifted import Report, print_drift
    from stackfile.cli.session import open_desk
    from stackfile.engine.drift import look_for_drift
    from stackfile.plan.select import Selection

    desk = open_desk(options)
    looked = loop.run(look_for_drift(desk.stack, Selection(target, exclude)))
    desk.hush()
    if adopt:
        adopting.adopt(options, desk, looked, adopt)
        return Exit.DONE
    print_drift(options, looked, Report(desk.stack.clock.now(), **report))
    if any(skipped.says != "excluded" for skipped in looked.drift.skipped):
        return Exit.FAILED
    return Exit.DIFFERENCES if looked.drift.drifted else Exit.DONE
