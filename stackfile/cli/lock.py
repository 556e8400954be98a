"""stack lock: who holds the stack, and how to end a hold."""

from __future__ import annotations

import json

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options


@stack_command
def show_lock(options: Options) -> None:
    """Show who holds the lock."""
    from datetime import UTC, datetime

    from stackfile.cli.session import open_store
    from stackfile.report.lists import lock_json, lock_text

    lock = loop.run(open_store(options).lock())
    now = datetime.now(UTC)
    options.put(json.dumps(lock_json(lock), sort_keys=True) if options.json else lock_text(lock, now))


@stack_command
@click.argument("id")
def break_lock(options: Options, id: str) -> None:
    """Take the lock away from its holder. Only if that one is surely dead: what it still sends is not undone."""
    from stackfile.cli.proposing import complete
    from stackfile.cli.session import open_store

    broken = loop.run(open_store(options).break_lock(id))
    options.say(f"Lock {broken.id} of {broken.holder.by} is broken; that run can write nothing more to the state.")
    options.say(complete(options, "What it left half done is cleared up by the next: stack apply"))
