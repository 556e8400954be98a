"""stack destroy: deletes everything that the stack manages."""

from __future__ import annotations

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import Walk, guard_options, question, selection_options


@stack_command
@selection_options
@guard_options
def destroy(options: Options, target: tuple[str, ...], exclude: tuple[str, ...], walk: Walk) -> Exit:
    """Delete everything that the stack manages, in the reverse order of dependencies."""
    from stackfile.cli.applying import carry_out
    from stackfile.cli.courses import MadeNow

    return carry_out(options, MadeNow(question(target, exclude, destroy=True)), walk)
