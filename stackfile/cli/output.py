"""stack output: the outputs of the last apply."""

from __future__ import annotations

import json

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError
from stackfile.spelling import guess


@stack_command
@click.argument("name", required=False)
def output(options: Options, name: str | None) -> None:
    """Print the outputs of the last apply: all of them, or the plain value of one."""
    from stackfile.cli.session import open_store
    from stackfile.report.lists import outputs_json, outputs_text

    state = loop.run(open_store(options).read()).state
    outputs = state.outputs if state is not None else {}
    if name is None:
        options.put(json.dumps(outputs_json(outputs), sort_keys=True) if options.json else outputs_text(outputs))
        return
    if name not in outputs:
        help = guess(name, outputs, "all of them: stack output")
        raise DiagnosticError.of("output-unknown", f"the last apply left no output `{name}`", help)
    shown = outputs_json({name: outputs[name]})[name]
    if shown["sensitive"]:
        says = f"output `{name}` is sensitive; the state holds a digest of it, not the value"
        raise DiagnosticError.of("output-sensitive", says, "Read it where it comes from.")
    value = shown["value"]
    options.put(value if isinstance(value, str) and not options.json else json.dumps(value, sort_keys=True))
