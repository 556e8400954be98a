"""stack import: takes one object that is there already into the state."""

from __future__ import annotations

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import lock_timeout


@stack_command
@click.argument("address", metavar="ADDRESS")
@click.argument("wanted", metavar="ID|name:NAME")
@lock_timeout
def import_(options: Options, address: str, wanted: str, lock_timeout: float) -> Exit:
    """Take the object with this id, or of this name, into the state as ADDRESS, and show what is to plan then.

    Nothing of the object is changed. Where ADDRESS is not declared its YAML is printed instead, to be pasted.
    """
    from stackfile.address import Address
    from stackfile.cli.importing import carry_out

    try:
        to = Address.parse(address)
    except ValueError as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="ADDRESS") from None
    if not wanted.removeprefix("name:"):
        raise click.BadParameter("it is empty", click.get_current_context(), param_hint="ID|name:NAME")
    return carry_out(options, to, wanted, lock_timeout)
