"""stack refresh: brings the state's copies in line with what is live."""

from __future__ import annotations

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import Walk, guard_options, question, selection_options


@stack_command
@selection_options
@guard_options
def refresh(options: Options, target: tuple[str, ...], exclude: tuple[str, ...], walk: Walk) -> Exit:
    """Take into the state what is live: new copies of what is there, and no record of what is gone. Changes nothing
    live. The same as `stack apply --refresh-only`."""
    from stackfile.cli.applying import carry_out
    from stackfile.cli.courses import MadeNow

    return carry_out(options, MadeNow(question(target, exclude, refresh_only=True)), walk)
