"""Prints a plan as the user asked for it."""

from __future__ import annotations

import sys

from stackfile.cli.options import Options
from stackfile.engine.operate import Planned


def print_plan(options: Options, planned: Planned, apply: str) -> None:
    """The plan as text, or as one JSON document. `apply` is the command that would apply it."""
    if options.json:
        import json

        from stackfile.report.plan_json import plan_json

        options.put(json.dumps(plan_json(planned.plan), sort_keys=True))
        return
    from stackfile.report.change_text import Notes
    from stackfile.report.colour import coloured
    from stackfile.report.plan_text import plan_text

    names = {record.id: address for address, record in planned.known.state.records.items()}
    text = plan_text(planned.plan, Notes(names=names, apply=apply))
    options.put(coloured(text) if options.coloured(sys.stdout) else text)
