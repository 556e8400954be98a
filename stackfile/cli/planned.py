"""Prints a plan as the user asked for it."""

from __future__ import annotations

import shlex
import sys

from stackfile.cli.options import Options
from stackfile.cli.references import reference_fields
from stackfile.cli.selecting import global_words
from stackfile.engine.preview import Planned
from stackfile.plan.plan import Action


def print_plan(options: Options, planned: Planned, apply: str) -> None:
    """The plan as text, or as one JSON document. `apply` is the command that applies it; empty: it is on its way."""
    if options.json:
        import json

        from stackfile.report.plan_json import plan_json

        options.put(json.dumps(plan_json(planned.plan), sort_keys=True))
        return
    from stackfile.report.change_text import Notes
    from stackfile.report.colour import coloured
    from stackfile.report.plan_text import plan_text

    known = planned.known
    names = {record.id: address for address, record in known.state.records.items()}
    going = [known.state.records[one.address] for one in planned.plan.changes if one.action is Action.DELETE]
    references = {record.address: reference_fields(record, known.catalog) for record in going}
    words = shlex.join(global_words(options))
    text = plan_text(planned.plan, Notes(names=names, references=references, apply=apply, options=words))
    options.put(coloured(text) if options.coloured(sys.stdout) else text)
