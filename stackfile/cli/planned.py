"""Prints a plan as the user asked for it."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace

from stackfile.cli.options import Options
from stackfile.cli.proposing import completed
from stackfile.cli.references import reference_fields
from stackfile.cli.selecting import global_words
from stackfile.engine.preview import Planned
from stackfile.plan.plan import Action, Plan
from stackfile.report.change_text import Notes


def print_plan(options: Options, planned: Planned, notes: Notes) -> None:
    """The plan as text, or as one JSON document. `notes` say how it is applied, and where it was saved."""
    print_notes(options, planned.plan, notes if options.json else _with_names(planned, notes))


def print_markdown(options: Options, planned: Planned, notes: Notes, commit: str) -> None:
    """The plan as the comment of a pull request."""
    print_comment(options, planned.plan, _with_names(planned, notes), commit)


def print_comment(options: Options, plan: Plan, notes: Notes, commit: str) -> None:
    """The same for a plan of which only the notes know more."""
    from stackfile.report.markdown import Around, plan_markdown

    options.put(plan_markdown(plan, Around(notes, commit)))


def _with_names(planned: Planned, notes: Notes) -> Notes:
    known = planned.known
    names = {record.id: address for address, record in known.state.records.items()}
    going = [known.state.records[one.address] for one in planned.plan.changes if one.action is Action.DELETE]
    references = {record.address: reference_fields(record, known.catalog) for record in going}
    return replace(notes, names=names, references=references)


def print_notes(options: Options, plan: Plan, notes: Notes) -> None:
    """A plan of which only the notes know more."""
    plan = replace(plan, diagnostics=tuple(completed(options, plan.diagnostics)))
    if options.json:
        import json

        from stackfile.report.plan_json import plan_json

        options.put(json.dumps(plan_json(plan), sort_keys=True))
        return
    from stackfile.report.colour import coloured
    from stackfile.report.plan_text import plan_text

    text = plan_text(plan, replace(notes, options=shlex.join(global_words(options))))
    options.put(coloured(text) if options.coloured(sys.stdout) else text)
