"""stack apply: makes the live system match the stackfile."""

from __future__ import annotations

from stackfile.cli.asking import asking_options
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import Walk, guard_options, selection_options
from stackfile.plan.planner import Question


@stack_command
@selection_options
@asking_options
@guard_options
def apply(options: Options, asked: Question, walk: Walk) -> Exit:
    """Make the live system match the stackfile, in the order of dependencies. What an earlier run left half done is
    cleared up first."""
    from stackfile.cli.applying import carry_out

    return carry_out(options, asked, walk)
