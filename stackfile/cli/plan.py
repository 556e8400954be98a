"""stack plan: what apply would change, and what that does to the data."""

from __future__ import annotations

import click

from stackfile.cli.asking import wish_options
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import command_line, question, selection_options
from stackfile.plan.wishes import Wishes


@stack_command
@selection_options
@wish_options
@click.option("--destroy", is_flag=True, help="Plan to delete everything.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
def plan(
    options: Options,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    wishes: Wishes,
    destroy: bool,
    detailed_exitcode: bool,
) -> Exit:
    """Show what apply would change. Changes nothing and takes no lock."""
    from stackfile.cli import loop
    from stackfile.cli.planned import print_plan
    from stackfile.cli.session import open_desk
    from stackfile.engine.preview import preview

    if destroy and wishes != Wishes():
        says = "--destroy deletes: it goes with neither --replace nor --resend"
        raise click.UsageError(says, click.get_current_context())
    desk = open_desk(options)
    asked = question(target, exclude, destroy=destroy, wishes=wishes)
    planned = loop.run(preview(desk.stack, asked))
    desk.hush()
    print_plan(options, planned, apply=command_line(options, asked))
    if any(skipped.says != "excluded" for skipped in planned.plan.skipped):
        return Exit.FAILED
    return Exit.DIFFERENCES if detailed_exitcode and not planned.plan.empty else Exit.DONE
