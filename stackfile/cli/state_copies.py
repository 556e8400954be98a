"""stack state pull, push, history, rollback: whole copies of the state."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import lock_timeout
from stackfile.engine.edits import Edited


@stack_command
def pull(options: Options) -> None:
    """Print the state's document. It holds no secret: only keyed digests."""
    from stackfile.cli.session import open_store
    from stackfile.engine.edits import no_state
    from stackfile.state.document import print_snapshot, readable

    stored = loop.run(open_store(options).read())
    if stored.state is None:
        raise no_state()
    options.put(readable(print_snapshot(stored.state)).decode())
    if stored.intents:
        note = "Note: calls of a killed run have no recorded answer; the copy does not tell. See: stack recover"
        options.say(complete(options, note))


@stack_command
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--force", is_flag=True, help="Also one that is older, or of another history.")
@lock_timeout
def push(options: Options, file: Path, force: bool, lock_timeout: float) -> None:
    """Put a state that was pulled in place, as a new serial. `-` reads it from stdin."""
    from stackfile.cli.session import open_store, state_holder
    from stackfile.engine.edits import push as put_in_place
    from stackfile.engine.edits import read_pushed

    store = open_store(options)
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    state = read_pushed(data, str(file), store.owner)
    done = loop.run(put_in_place(store, state_holder("push"), state, force=force, timeout=lock_timeout))
    _tell(options, done, f"that of {file}")


@stack_command
def history(options: Options) -> None:
    """List the copies of the state that are kept, newest first."""
    from stackfile.cli.session import open_store
    from stackfile.errors import StateError
    from stackfile.report.state_text import generation_json, history_text

    store = open_store(options)
    generations = loop.run(store.generations())
    try:
        state = loop.run(store.read()).state
        current = state.serial if state is not None else None
    except StateError:
        current = None
    if options.json:
        options.put(json.dumps([generation_json(one, current) for one in generations], sort_keys=True))
    else:
        options.put(complete(options, history_text(generations, current)))


@stack_command
@click.argument("serial", type=click.IntRange(min=1))
@lock_timeout
def rollback(options: Options, serial: int, lock_timeout: float) -> None:
    """Go back to an earlier copy of the state, as a new serial. No object is touched."""
    from stackfile.cli.session import open_store, state_holder
    from stackfile.engine.edits import roll_back

    done = loop.run(roll_back(open_store(options), state_holder("rollback"), serial, lock_timeout))
    _tell(options, done, f"that of serial {serial} again")


def _tell(options: Options, done: Edited, was: str) -> None:
    from stackfile.report.state_text import edited_json, restored_text
    from stackfile.state.edits import lost_by

    lost = [done.before.records[at] for at in lost_by(done.before, done.after)] if done.before is not None else []
    if options.json:
        changed = done.before is not done.after
        gone = [{"address": str(one.address), "provider": one.provider, "id": one.id} for one in lost]
        document = edited_json(done.after, changed=changed, lost=gone, dropped_lines=done.dropped)
        options.put(json.dumps(document, sort_keys=True))
    elif done.before is done.after:
        options.say(f"Nothing to do: the state, serial {done.after.serial}, holds just that.")
    else:
        options.say(complete(options, restored_text(done.after, was, lost, done.dropped)))
