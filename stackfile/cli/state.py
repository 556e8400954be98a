"""stack state: looks into the state."""

from __future__ import annotations

import json

import click

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.cli.selecting import not_in_state


@stack_command
def list_state(options: Options) -> None:
    """List the addresses in the state."""
    from stackfile.cli.session import open_store
    from stackfile.graph.build import in_file_order
    from stackfile.report.lists import state_json, state_list

    state = loop.run(open_store(options).read()).state
    records = [state.records[address] for address in in_file_order(state.records)] if state is not None else []
    if options.json:
        for record in records:
            options.put(json.dumps(state_json(record), sort_keys=True))
    else:
        options.put(state_list(records))


@stack_command
@click.argument("address")
def show_state(options: Options, address: str) -> None:
    """Show what the state holds of a resource. Secrets are not shown."""
    from stackfile.cli.references import reference_fields
    from stackfile.cli.session import open_store
    from stackfile.registry import Registry
    from stackfile.report.lists import state_json, state_show

    try:
        wanted = Address.parse(address)
    except ValueError as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="ADDRESS") from None
    state = loop.run(open_store(options).read()).state
    record = state.records.get(wanted) if state is not None else None
    if state is None or record is None:
        raise not_in_state(str(wanted), state.records if state is not None else ())
    if options.json:
        options.put(json.dumps(state_json(record), sort_keys=True))
        return
    names = {one.id: at for at, one in state.records.items()}
    options.put(state_show(record, names, reference_fields(record, Registry())))
