"""Pipelines that would write, directly or through each other, to what they read."""

from __future__ import annotations

import sqlite3

from stackfile.errors import Conflict

_INTO = "SELECT target FROM links WHERE owner = ? AND field = 'source'"
_WRITTEN = """
SELECT target FROM links WHERE owner = ? AND (field IN ('destination', 'late') OR field LIKE 'routes[%')"""
_READERS = """
SELECT l.owner FROM links l JOIN objects o ON o.seq = l.owner
WHERE l.target = ? AND l.field = 'source' AND o.kind = 'pipeline'"""


def refuse_circle(transaction: sqlite3.Connection, pipeline: int) -> None:
    """Raises Conflict where events that a pipeline writes come back to what it reads. Its links must be there already.

    Follows the events from this pipeline on, so that it costs what is behind it, and not what there is.
    """
    (start,) = transaction.execute(_INTO, (pipeline,)).fetchone()
    came: dict[int, tuple[int, int]] = {}
    waiting = [pipeline]
    seen = {pipeline}
    while waiting:
        mover = waiting.pop()
        (source,) = transaction.execute(_INTO, (mover,)).fetchone()
        for (target,) in transaction.execute(_WRITTEN, (mover,)):
            if target in came:
                continue
            came[target] = (mover, source)
            if target == start:
                raise _circle(transaction, start, came)
            readers = [reader for (reader,) in transaction.execute(_READERS, (target,)) if reader not in seen]
            seen.update(readers)
            waiting.extend(readers)


def _circle(transaction: sqlite3.Connection, start: int, came: dict[int, tuple[int, int]]) -> Conflict:
    """Names the way back from its end."""
    way = [start]
    while len(way) == 1 or way[-1] != start:
        way.extend(came[way[-1]])
    names = [transaction.execute("SELECT kind, name FROM objects WHERE seq = ?", (one,)).fetchone() for one in way]
    says = " -> ".join(f"{kind} {name}" for kind, name in reversed(names))
    return Conflict(f"events would go in a circle: {says}", status=409, details={"code": "1104", "circle": says})
