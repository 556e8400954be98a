"""The positions that a database keeps itself, in a table beside the rows that belong to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from stackfile_local.engine.events import Checkpoint
from stackfile_local.engine.sinks import Mover

POSITIONS = "_stackfile_positions"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def text_of(at: Checkpoint) -> str:
    """What the table has of a checkpoint."""
    return _encode({"position": at.position, "read": at.read, "written": at.written, "failed": at.failed}).decode()


def resumed(mover: Mover, saved: Checkpoint, known: tuple[str, str] | None, new: str) -> Checkpoint:
    """Where to go on. `known` is the mover's input and the text that the table has; `new` is what was not there before,
    and is empty where all was."""
    if known is not None and known[0] == mover.input:
        at = _decode(known[1])
        return replace(saved, position=at["position"], read=at["read"], written=at["written"], failed=at["failed"])
    lost = (f"{new} was not there any more: all is written again",) if new and saved.written else ()
    return Checkpoint(None, saved.noted, notes=(*saved.notes, *lost))
