"""stack plan: what apply would change, and what that does to the data."""

from __future__ import annotations

import click

from stackfile.cli.asking import asking_options
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.keeping import Keeping, keeping_options
from stackfile.cli.options import Options
from stackfile.cli.selecting import selection_options
from stackfile.plan.question import Question


@stack_command
@selection_options
@click.option("--destroy", is_flag=True, help="Plan to delete everything.")
@asking_options
@keeping_options
def plan(options: Options, asked: Question, destroy: bool, keeping: Keeping) -> Exit:
    """Show what apply would change. Changes nothing and takes no lock. A plan that is saved holds no secrets, and is
    applied as it was reviewed, or refused."""
    from stackfile.cli.planning import make_plan

    plan = make_plan(options, asked, keeping)
    if any(skipped.says != "excluded" for skipped in plan.skipped):
        return Exit.FAILED
    return Exit.DIFFERENCES if keeping.exit_tells and not plan.empty else Exit.DONE
