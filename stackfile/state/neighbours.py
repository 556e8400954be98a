"""The states of other environments that lie beside one on this machine: whose an object may be."""

from __future__ import annotations

from collections.abc import Iterator

from stackfile.errors import StateError
from stackfile.state.document import Damage, parse_snapshot
from stackfile.state.folder import StateFolder
from stackfile.state.format import State


def neighbours(folder: StateFolder) -> Iterator[State]:
    """As they are now, read without a lock. One that cannot be read is left out: it is nobody's business here."""
    together = folder.root.parent
    for path in sorted(together.glob("*/state.json")) if together.name == ".stack" else ():
        if path == folder.state:
            continue
        try:
            owner = parse_snapshot(folder.files.read(path) or b"", str(path)).state
            state = StateFolder(path.parent, (owner.stack, owner.env), folder.files).load().replayed.state
        except (StateError, Damage, OSError):
            continue
        if state is not None:
            yield state
