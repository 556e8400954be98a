"""How one object is imported: adopted under the lease, then the plan; or, for lack of a declaration, shown as YAML."""

from __future__ import annotations

import json
import shlex

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.edge import tell
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.origin import holder
from stackfile.cli.planned import print_plan
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.exporter import look_at_everything
from stackfile.engine.importer import import_one
from stackfile.engine.preview import Planned, preview
from stackfile.engine.records import whole_lists
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.moved import Import
from stackfile.plan.export import Exported, Exporter, Found
from stackfile.plan.question import Question
from stackfile.report.change_text import Notes
from stackfile.report.export_yaml import resources_text
from stackfile.report.lists import state_json
from stackfile.report.plan_json import plan_json
from stackfile.sdk.schema import Schema
from stackfile.state.format import Record
from stackfile.values import Sealed, leaves, print_path

NAME = "name:"


def carry_out(options: Options, to: Address, wanted: str, timeout: float) -> Exit:
    desk = open_desk(options)
    desk.hush()
    if to not in desk.configuration.resources:
        raise _undeclared(desk, to, wanted)
    name = wanted.removeprefix(NAME) if wanted.startswith(NAME) else ""
    one = Import(to, "" if name else wanted, name)
    record = loop.run(import_one(desk.stack, one, holder("stack import", desk.run), timeout))
    if options.json:
        planned = _plan(desk)
        imported = state_json(record) if record is not None else None
        plan = plan_json(planned.plan) if planned is not None else None
        options.put(json.dumps({"format_version": "1.0", "imported": imported, "plan": plan}, sort_keys=True))
        return Exit.DONE
    options.say(_said(to, record, desk.configuration.resources[to].schema))
    planned = _plan(desk)
    if planned is not None:
        print_plan(options, planned, Notes(apply="stack apply"))
    return Exit.DONE


def _said(to: Address, record: Record | None, schema: Schema) -> str:
    if record is None:
        return f"{to} has it already: nothing to import."
    lines = [f"Imported {record.id} as {to}. Nothing of it was changed."]
    lines += [f"  {says}" for says in unverified(record, schema)]
    return "\n".join(lines)


def unverified(record: Record, schema: Schema) -> list[str]:
    """What was taken into the state on trust, a line each: what nobody can read back, secrets above all."""
    said: dict[str, str] = {}
    for path, leaf in leaves(record.applied):
        if isinstance(leaf, Sealed) and leaf.assumed:
            said[print_path(path)] = "(sensitive, not verified)"
        elif schema.hides(path, record.observed):
            said[print_path(whole_lists(path))] = "(not verified)"
    return [f"{name}: {says}" for name, says in said.items()]


def _plan(desk: Desk) -> Planned | None:
    """What is to do now; None where that cannot be told yet, which is no failure of the import."""
    try:
        planned = loop.run(preview(desk.stack, Question()))
    except DiagnosticError as error:
        if not desk.options.json:
            desk.options.say("What is left to plan cannot be told yet:")
            tell(desk.options, error.diagnostics)
        return None
    desk.hush()
    return planned


def _undeclared(desk: Desk, to: Address, wanted: str) -> DiagnosticError:
    if desk.configuration.is_disabled(to):
        says = f"{to} is disabled"
        return DiagnosticError([Diagnostic("import-unknown", says, address=str(to), help=("Enable it first.",))])
    if to.instance is not None or to.modules or desk.configuration.has_declaration(to):
        known = [str(one) for one in desk.configuration.resources if one.declaration == to.declaration]
        help = f"Its instances: {', '.join(known)}" if known else "All addresses: stack graph"
        says = f"there is no {to} in this stackfile"
        return DiagnosticError([Diagnostic("import-unknown", says, address=str(to), help=(help,))])
    exported = _export(desk, to, wanted)
    if exported is None:
        says = f"{to} is not declared, and no object under {to.section} is {wanted}"
        return DiagnosticError.of("import-not-found", says, "What is there: stack export --out-dir exported")
    text = resources_text([exported], default_provider(desk))
    desk.options.put(json.dumps({"format_version": "1.0", "yaml": text}) if desk.options.json else text)
    says = f"{to} is not declared in {desk.options.file}"
    command = f"stack import {shlex.quote(str(to))} {shlex.quote(wanted)}"
    return DiagnosticError.of("import-undeclared", says, "Paste the YAML that was printed into it; then:", command)


def default_provider(desk: Desk) -> str:
    """The provider that a resource need not name here; empty where that cannot be told."""
    providers = desk.configuration.providers
    only = next(iter(providers)) if len(providers) == 1 else ""
    return only if any(one.provider == only for one in desk.configuration.resources.values()) else ""


def _export(desk: Desk, to: Address, wanted: str) -> Exported | None:
    found = loop.run(look_at_everything(desk.stack, sorted(desk.configuration.providers)))
    mine = [one for one in found if one.kind.section == to.section and _is_wanted(one, wanted)]
    if len(mine) != 1:
        return None
    stored = loop.run(desk.stack.store.read()).state
    records = stored.records.values() if stored is not None else ()
    at = {(r.provider, r.section, r.id): r.address for r in records}
    known = {(one.provider, one.kind.section, one.live.id): one for one in found}
    others = {address: known[key] for key, address in at.items() if key in known}
    return Exporter({**others, to: mine[0]}, desk.configuration.secrets).write(to, mine[0])


def _is_wanted(found: Found, wanted: str) -> bool:
    return found.name == wanted.removeprefix(NAME) if wanted.startswith(NAME) else found.live.id == wanted
