"""stack state rebuild: the way back when the state is lost and its objects are alive."""

from __future__ import annotations

import json

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import lock_timeout


@stack_command
@click.option("-y", "--yes", is_flag=True, help="Take all that is proposed; do not ask.")
@lock_timeout
def rebuild(options: Options, yes: bool, lock_timeout: float) -> Exit:
    """Find the objects of the stackfile's resources by their names, and take them into the state.

    For a state that was lost. What it has already stays; nothing live is changed.
    """
    from stackfile.cli.answers import is_confirmed
    from stackfile.cli.session import open_desk, state_holder
    from stackfile.engine.rebuild import rebuild_state
    from stackfile.plan.rebuilding import Rebuilding
    from stackfile.report.rebuild_text import rebuilding_json, rebuilding_text

    desk = open_desk(options)
    desk.hush()

    def approve(found: Rebuilding) -> bool:
        if not options.json:
            options.put(complete(options, rebuilding_text(found)))
        elif not yes:
            options.put(json.dumps(rebuilding_json(found, None), sort_keys=True))
        return yes or is_confirmed(options, "Take these objects into the state", "stack state rebuild")

    done = loop.run(rebuild_state(desk.stack, approve, state_holder("rebuild"), lock_timeout))
    left = done.rebuilding.ambiguous or done.rebuilding.unknown
    if options.json and (yes or not done.rebuilding.matches):
        options.put(json.dumps(rebuilding_json(done.rebuilding, done.serial), sort_keys=True))
    elif not done.rebuilding.matches:
        options.put(complete(options, rebuilding_text(done.rebuilding)))
    elif done.serial is not None:
        options.say(complete(options, f"The state is serial {done.serial}. No object was touched. Next: stack plan"))
    else:
        options.say("Nothing was changed.")
        return Exit.FAILED
    return Exit.DIFFERENCES if left else Exit.DONE
