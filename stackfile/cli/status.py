"""stack status: how each resource fares now."""

from __future__ import annotations

import json

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import patterns
from stackfile.cli.session import open_desk


@stack_command
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1, callback=patterns)
def status(options: Options, addresses: tuple[str, ...]) -> Exit:
    """Show how each resource in the state fares now, or those of the addresses. Exit 2 when one is not as it should
    be."""
    from stackfile.cli.faring import Faring
    from stackfile.report.status import status_text
    from stackfile.report.status_json import status_json

    desk = open_desk(options)
    faring = Faring(desk.stack, addresses)
    found = loop.run(faring.once())
    options.put(json.dumps(status_json(found), sort_keys=True) if options.json else status_text(found))
    return Exit.FAILED if not faring.reached else Exit.DONE if found.well else Exit.DIFFERENCES
