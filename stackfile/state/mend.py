"""What to tell when a file of the state is not as it was written: what is left, and the command to go on with it."""

from __future__ import annotations

import shlex
from pathlib import Path

from stackfile.errors import Diagnostic, StateError
from stackfile.state.document import Damage
from stackfile.state.store import Generation


def state_damaged(state: Path, damage: Damage, copy: tuple[Path, Generation] | None) -> StateError:
    """`copy` is the newest whole generation, None where there is none."""
    if copy is None:
        help: tuple[str, ...] = (f"No copy of it is whole. Put one of your own back in its place: {state}",)
    else:
        path, generation = copy
        help = (
            f"The last good copy is serial {generation.serial}, of {generation.at:%Y-%m-%d %H:%M} UTC. Go back to it:",
            f"cp {_quoted(path)} {_quoted(state)}",
        )
    return StateError([Diagnostic("state-damaged", f"{state} is damaged: {damage}", help=help)])


def journal_damaged(journal: Path, damage: Damage) -> StateError:
    aside = journal.with_name(journal.name + ".damaged")
    whole = (damage.line or 1) - 1
    help: tuple[str, ...]
    if whole > 1:
        help = (
            f"The {whole} lines before that are whole. What the others say is lost if you go on with these alone,",
            "and an object that was made since must be imported again:",
            f"cp {_quoted(journal)} {_quoted(aside)} && head -n {whole} {_quoted(aside)} > {_quoted(journal)}",
        )
    else:
        help = (
            "What was recorded since the last compaction cannot be read. An object that was made since must be",
            f"imported again if you go on without it: mv {_quoted(journal)} {_quoted(aside)}",
        )
    return StateError([Diagnostic("journal-damaged", f"{journal} is damaged: {damage}", help=help)])


def unrelated(state: Path, journal: Path, serial: int, twin: Path | None) -> StateError:
    """The journal continues a snapshot that is not in place. `twin` is a whole copy of that one."""
    aside = journal.with_name(journal.name + ".aside")
    if twin is not None:
        help = (f"To go on from serial {serial} again:", f"cp {_quoted(twin)} {_quoted(state)}")
    else:
        help = (
            "To go on from the state as it is, without what was recorded since then:",
            f"mv {_quoted(journal)} {_quoted(aside)}",
        )
    message = f"{state} is not the state that {journal.name} continues, which has serial {serial}"
    return StateError([Diagnostic("state-other-serial", message, help=help)])


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
