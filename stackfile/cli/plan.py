"""stack plan: what apply would change, and what that does to the data."""

from __future__ import annotations

import click

from stackfile.cli.asking import asking_options
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import command_line, selection_options
from stackfile.plan.planner import Question


@stack_command
@selection_options
@click.option("--destroy", is_flag=True, help="Plan to delete everything.")
@asking_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
def plan(options: Options, asked: Question, destroy: bool, detailed_exitcode: bool) -> Exit:
    """Show what apply would change. Changes nothing and takes no lock."""
    from stackfile.cli import loop
    from stackfile.cli.planned import print_plan
    from stackfile.cli.session import open_desk
    from stackfile.engine.preview import preview

    desk = open_desk(options)
    planned = loop.run(preview(desk.stack, asked))
    desk.hush()
    print_plan(options, planned, apply=command_line(options, asked))
    if any(skipped.says != "excluded" for skipped in planned.plan.skipped):
        return Exit.FAILED
    return Exit.DIFFERENCES if detailed_exitcode and not planned.plan.empty else Exit.DONE
