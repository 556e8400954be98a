"""stack recover: clears up what a killed run left half done, and changes nothing else."""

from __future__ import annotations

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options


@stack_command
def recover(options: Options) -> Exit:
    """Judge the calls of a killed run that have no recorded answer. `stack apply` does this too, before it plans."""
    from stackfile.cli.origin import holder, origin
    from stackfile.cli.progress import Progress
    from stackfile.cli.session import open_desk
    from stackfile.engine.apply import Orders
    from stackfile.engine.operate import Approval
    from stackfile.engine.operate import recover as run

    progress = Progress(options)
    desk = open_desk(options, progress.emit)
    now = desk.stack.clock.now()
    approval = Approval(lambda planned: True, Orders(), holder("stack recover", desk.run), origin(desk.base, now))
    try:
        before = loop.run(desk.stack.store.read())
        pending = loop.run(run(desk.stack, approval))
    finally:
        progress.close()
    if not before.intents:
        options.say("Nothing to recover.")
    return Exit.FAILED if pending else Exit.DONE
