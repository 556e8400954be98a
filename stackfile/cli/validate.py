"""stack validate: everything that can be told without asking a service."""

from __future__ import annotations

from stackfile.cli.command import stack_command
from stackfile.cli.edge import tell
from stackfile.cli.options import Options


@stack_command
def validate(options: Options) -> None:
    """Check the stackfile; no service is asked and no state is read."""
    from stackfile.cli.session import open_desk
    from stackfile.plan.planner import resource_graph
    from stackfile.report.diagnostics import report_json

    desk = open_desk(options)
    configuration = desk.configuration
    resource_graph(configuration, desk.stack.empty_state(), destroy=False)
    if options.json:
        import json

        options.put(json.dumps(report_json(configuration.warnings), sort_keys=True))
        return
    if configuration.warnings:
        tell(options, configuration.warnings)
    number = len(configuration.resources)
    options.put(f"{options.file} is valid: stack {configuration.stack}, {number} resource{'' if number == 1 else 's'}.")
