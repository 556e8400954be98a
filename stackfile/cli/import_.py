"""stack import: takes objects that are there already into the state, one by its id or those of a Terraform state."""

from __future__ import annotations

from pathlib import Path

import click

from stackfile.address import Address
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import lock_timeout


@stack_command
@click.argument("address", metavar="[ADDRESS]", required=False)
@click.argument("wanted", metavar="[ID|name:NAME]", required=False)
@click.option("--from-tfstate", type=click.Path(path_type=Path), metavar="FILE",
              help="Take all that a Terraform state has, and that is declared here.")  # fmt: skip
@click.option("--provider", metavar="NAME", help="With --from-tfstate: whose objects, where several are of one type.")
@lock_timeout
def import_(
    options: Options,
    address: str | None,
    wanted: str | None,
    from_tfstate: Path | None,
    provider: str | None,
    lock_timeout: float,
) -> Exit:
    """Take the object with this id, or of this name, into the state as ADDRESS, and show what is to plan then.

    Nothing of the object is changed. Where ADDRESS is not declared its YAML is printed instead, to be pasted.
    With --from-tfstate FILE, all objects of a Terraform state at once: `streamkap_source_mysql.orders` as
    sources.orders, or as the resource of that kind with the same remote name.
    """
    from stackfile.cli.importing import carry_out

    if from_tfstate is not None:
        from stackfile.cli.terraform import adopt_all

        if address is not None:
            raise click.UsageError("--from-tfstate takes no ADDRESS", click.get_current_context())
        return adopt_all(options, from_tfstate, provider, lock_timeout)
    if address is None or wanted is None or provider is not None:
        raise click.UsageError("write ADDRESS and ID, or --from-tfstate FILE", click.get_current_context())
    return carry_out(options, _parsed(address), _named(wanted), lock_timeout)


def _parsed(address: str) -> Address:
    try:
        return Address.parse(address)
    except ValueError as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="ADDRESS") from None


def _named(wanted: str) -> str:
    if not wanted.removeprefix("name:"):
        raise click.BadParameter("it is empty", click.get_current_context(), param_hint="ID|name:NAME")
    return wanted
