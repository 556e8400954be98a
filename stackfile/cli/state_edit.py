"""stack state mv, rm, rescope: edits of the state that leave every object as it is."""

from __future__ import annotations

import json
import shlex

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import lock_timeout, matching, not_in_state, patterns


@stack_command
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@lock_timeout
def move(options: Options, source: str, target: str, lock_timeout: float) -> None:
    """Give a resource another address in the state. Its object and its name stay as they are.

    FROM may also be a resource with for_each, whose instances all move, or a module.
    """
    from stackfile.cli.session import open_store, state_holder
    from stackfile.engine.edits import edit
    from stackfile.report.state_text import edited_json, moved_text
    from stackfile.state.edits import Moves, moved, moves_between
    from stackfile.state.format import State

    moves: Moves = {}

    def change(state: State) -> State:
        nonlocal moves
        try:
            moves = moves_between(state, source, target)
        except ValueError as error:
            raise click.BadParameter(str(error), click.get_current_context()) from None
        if not moves:
            raise not_in_state(source, state.records)
        return moved(state, moves)

    done = loop.run(edit(open_store(options), state_holder("mv"), change, lock_timeout))
    if options.json:
        pairs = [{"from": str(old), "to": str(new)} for old, new in moves.items()]
        options.put(json.dumps(edited_json(done.after, moved=pairs), sort_keys=True))
    else:
        options.say(complete(options, moved_text(moves, done.after.serial)))


@stack_command
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, callback=patterns)
@lock_timeout
def remove(options: Options, addresses: tuple[str, ...], lock_timeout: float) -> None:
    """Forget resources: their objects stay alive, and are managed no more. Addresses may be globs."""
    from stackfile.cli.session import open_store, state_holder
    from stackfile.engine.edits import edit
    from stackfile.graph.build import in_file_order
    from stackfile.report.state_text import edited_json, forgotten_text
    from stackfile.state.edits import without

    store, holder = open_store(options), state_holder("rm")
    done = loop.run(edit(store, holder, lambda state: without(state, matching(addresses, state.records)), lock_timeout))
    before = done.before.records if done.before is not None else {}
    gone = [before[address] for address in in_file_order(before.keys() - done.after.records.keys())]
    if options.json:
        objects = [one for record in gone for one in record.objects]
        forgotten = [{"address": str(one.address), "provider": one.provider, "id": one.id} for one in objects]
        options.put(json.dumps(edited_json(done.after, forgotten=forgotten), sort_keys=True))
    else:
        options.say(complete(options, forgotten_text(gone, done.after.serial)))


@stack_command
@click.argument("provider")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@lock_timeout
def rescope(options: Options, provider: str, yes: bool, lock_timeout: float) -> Exit:
    """Say that a provider is connected elsewhere on purpose: its records take the new scope."""
    from stackfile.cli.answers import is_confirmed
    from stackfile.cli.session import open_desk, state_holder
    from stackfile.engine.rescope import rescope as take_there
    from stackfile.plan.rescoping import Rescoping
    from stackfile.report.state_text import rescoping_json, rescoping_text

    def approve(rescoping: Rescoping) -> bool:
        if not options.json:
            options.put(rescoping_text(rescoping))
        return yes or is_confirmed(options, "Take the records there", f"stack state rescope {shlex.quote(provider)}")

    done = loop.run(take_there(open_desk(options).stack, provider, approve, state_holder("rescope"), lock_timeout))
    if options.json:
        options.put(json.dumps(rescoping_json(done.rescoping, done.serial), sort_keys=True))
    elif done.serial is None:
        options.say("Nothing was changed.")
    elif done.rescoping.moves:
        options.say(complete(options, f"The state is serial {done.serial}. No object was touched. Next: stack plan"))
    else:
        options.say(f"Nothing to do: all records of {provider} are of what it is connected to.")
    return Exit.FAILED if done.serial is None else Exit.DONE
