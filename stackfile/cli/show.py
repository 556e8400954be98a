"""stack show: the state of the stack, resource by resource; or a plan that was saved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.keeping import form_option
from stackfile.cli.options import Options
from stackfile.state.format import State


@stack_command
@click.argument("plan", required=False, type=click.Path(path_type=Path), metavar="[PLAN]")
@form_option
def show(options: Options, plan: Path | None, form: str) -> None:
    """Show all that the state holds, outputs included; or PLAN, a file that `stack plan --out` saved. Secrets are not
    shown."""
    from stackfile.cli.session import open_store

    if plan is not None:
        _show_plan(replace(options, json=options.json or form == "json"), plan, form)
        return
    if form == "markdown":
        raise click.UsageError("--format markdown is for a plan: stack show PLAN --format markdown")
    options = replace(options, json=options.json or form == "json")
    state = loop.run(open_store(options).read()).state
    if options.json:
        options.put(json.dumps(_document(state), sort_keys=True))
    else:
        options.put(_text(state))


def _show_plan(options: Options, file: Path, form: str) -> None:
    from stackfile.cli.planned import print_comment, print_notes
    from stackfile.cli.saved import apply_command, read_plan
    from stackfile.report.change_text import Notes

    saved = read_plan(file)
    names = {check.id: address for address, check in saved.checks.items() if check.id}
    notes = Notes(names=names, apply=apply_command(options, file), allowed=saved.allowed)
    if form == "markdown" and not options.json:
        print_comment(options, saved.plan, replace(notes, saved_to=str(file)), saved.made_from.commit)
    else:
        print_notes(options, saved.plan, notes)


def _document(state: State | None) -> dict[str, object]:
    from stackfile.graph.build import in_file_order
    from stackfile.report.lists import outputs_json, state_json

    document: dict[str, object] = {"format_version": "1.0", "resources": [], "outputs": {}}
    if state is None:
        return document
    resources = [state_json(state.records[address]) for address in in_file_order(state.records)]
    whole = {"stack": state.stack, "env": state.env, "lineage": state.lineage, "serial": state.serial}
    return {**document, **whole, "resources": resources, "outputs": outputs_json(state.outputs)}


def _text(state: State | None) -> str:
    from stackfile.cli.references import reference_fields
    from stackfile.graph.build import in_file_order
    from stackfile.registry import Registry
    from stackfile.report.lists import outputs_text, state_show

    records = [state.records[address] for address in in_file_order(state.records)] if state is not None else []
    names, catalog = {one.id: one.address for one in records}, Registry()
    parts = [state_show(one, names, reference_fields(one, catalog)) for one in records]
    parts = parts or ["The state holds no resource.\n"]
    if state is not None and state.outputs:
        parts.append(f"Outputs:\n{outputs_text(state.outputs)}")
    return "\n".join(parts)
