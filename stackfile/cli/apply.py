"""stack apply: makes the live system match the stackfile, or does what a saved plan says."""

from __future__ import annotations

from pathlib import Path

import click

from stackfile.cli.asking import asking_options
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import Walk, guard_options, selection_options
from stackfile.plan.question import Question
from stackfile.plan.select import Selection


@stack_command
@click.argument("plan", required=False, type=click.Path(path_type=Path), metavar="[PLAN]")
@selection_options
@asking_options
@guard_options
@click.option(
    "--reviewed",
    type=click.Path(path_type=Path),
    metavar="PLAN",
    help="Plan anew; go on when that is the same as in this saved plan, or less.",
)
@click.option("--resume", is_flag=True, help="Make what the last run left open, after a fresh check.")
def apply(
    options: Options, plan: Path | None, asked: Question, walk: Walk, reviewed: Path | None, resume: bool
) -> Exit:
    """Make the live system match the stackfile, in the order of dependencies. What an earlier run left half done is
    cleared up first.


    With PLAN, a file that `stack plan --out` saved, exactly that plan is applied, and refused where anything it touches
    has moved since. After a merge, --reviewed PLAN does the same as long as nothing new has come.
    """
    from stackfile.cli.applying import carry_out
    from stackfile.cli.courses import MadeNow, Reviewed, Strict
    from stackfile.cli.saved import of_its_environment, read_plan

    if resume:
        return _resume(options, plan or reviewed, asked, walk)
    file = plan or reviewed
    if file is None:
        return carry_out(options, MadeNow(asked), walk)
    if plan is not None and reviewed is not None:
        raise click.UsageError("name one plan: PLAN is applied as it is, --reviewed PLAN is compared with a new one")
    exclude = asked.selection.exclude
    if asked != Question(Selection(exclude=exclude)):
        raise click.UsageError("a saved plan says what it does; to leave something out of it: --exclude ADDRESS")
    saved = read_plan(file)
    course = Strict(saved, file, exclude) if plan is not None else Reviewed(saved, file, exclude)
    return carry_out(of_its_environment(options, saved, file), course, walk)


def _resume(options: Options, file: Path | None, asked: Question, walk: Walk) -> Exit:
    from stackfile.cli.applying import carry_out
    from stackfile.cli.last_run import Resumed, read_run
    from stackfile.cli.proposing import complete

    exclude = asked.selection.exclude
    if file is not None or asked != Question(Selection(exclude=exclude)):
        says = "--resume goes on with what the last run was asked; to leave something out: --exclude ADDRESS"
        raise click.UsageError(says)
    run = read_run(options)
    if run is None:
        says = "Nothing to resume: the last run of this folder left nothing open. What differs now: stack plan"
        options.say(complete(options, says))
        return Exit.DONE
    return carry_out(options, Resumed(run, exclude), walk)
