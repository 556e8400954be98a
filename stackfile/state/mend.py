"""What to tell when a file of the state is not as it was written: what is left, and the command to go on with it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from stackfile.errors import StateError
from stackfile.state.document import Damage
from stackfile.state.store import Generation


def state_damaged(state: Path, damage: Damage, copy: Generation | None) -> StateError:
    """`copy` is the newest whole generation, None where there is none."""
    message = f"{state} is damaged: {damage}"
    if copy is None:
        return StateError.of(
            "state-damaged",
            message,
            "No copy of it is whole. If you have one of your own: stack state push FILE",
            f"Without one, find the objects again by their names: mv {_quoted(state.parent)} "
            f"{_quoted(state.parent)}.damaged && stack state rebuild",
        )
    return StateError.of(
        "state-damaged",
        message,
        f"The last good copy is serial {copy.serial}, of {copy.at:%Y-%m-%d %H:%M} UTC. All copies: stack state history",
        f"Go back to it, with what was recorded since: stack state rollback {copy.serial}",
    )


def journal_damaged(journal: Path, damage: Damage, twin: int | None) -> StateError:
    """`twin` is the generation that is a copy of the snapshot in place."""
    whole = (damage.line or 1) - 1
    kept = f"The {whole} lines before that are whole." if whole > 1 else "Nothing in it can be used."
    says = f"{kept} What the others say is lost; an object that was made since must be imported again."
    aside = _quoted(_aside(journal))
    if twin is not None:
        way = f"To go on so: stack state rollback {twin}"
    elif whole > 1:
        way = f"To go on so: mv {_quoted(journal)} {aside} && head -n {whole} {aside} > {_quoted(journal)}"
    else:
        way = f"To go on without it: mv {_quoted(journal)} {aside}"
    return StateError.of("journal-damaged", f"{journal} is damaged: {damage}", says, way)


def unrelated(state: Path, journal: Path, serial: int, copy: int | None) -> StateError:
    """The journal continues a snapshot that is not in place. `copy` is a whole copy of that one, or else of the one
    in place."""
    message = f"{state} is not the state that {journal.name} continues, which has serial {serial}"
    if copy == serial:
        help = f"To go on from serial {serial} again: stack state rollback {serial}"
    elif copy is not None:
        help = f"To go on from the state as it is, without what was recorded since then: stack state rollback {copy}"
    else:
        help = f"To go on without what was recorded since then: mv {_quoted(journal)} {_quoted(_aside(journal))}"
    return StateError.of("state-other-serial", message, "All copies: stack state history", help)


def no_generation(serial: int, intact: Sequence[int]) -> StateError:
    return StateError.of("generation-unknown", f"no copy of serial {serial} is kept", _kept(intact))


def generation_damaged(path: Path, serial: int, damage: Damage, intact: Sequence[int]) -> StateError:
    says = f"the copy of serial {serial} is damaged: {damage} ({path})"
    return StateError.of("generation-damaged", says, _kept(intact))


def _kept(intact: Sequence[int]) -> str:
    if not intact:
        return "There is no whole copy. If you have one of your own: stack state push FILE"
    return f"Whole copies: {', '.join(map(str, intact))}. What they are: stack state history"


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
