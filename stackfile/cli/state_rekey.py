"""stack state rekey: a new key for the digests of secrets."""

from __future__ import annotations

import json

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import lock_timeout


@stack_command
@lock_timeout
def rekey(options: Options, lock_timeout: float) -> None:
    """Give the digests of secrets in the state a new key, with the values that the stackfile has now.

    A secret that the stackfile does not know any more stays under the old key: whether it changes cannot be told.
    """
    from stackfile.cli.session import open_desk, state_holder
    from stackfile.engine.rekey import rekey_state
    from stackfile.report.state_text import rekeyed_json, rekeyed_text

    desk = open_desk(options)
    desk.hush()
    done = loop.run(rekey_state(desk.stack, state_holder("rekey"), lock_timeout))
    if options.json:
        options.put(json.dumps(rekeyed_json(done), sort_keys=True))
    else:
        options.say(complete(options, rekeyed_text(done)))
