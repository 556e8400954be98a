"""What a run has to do with the world outside of the engine for as long as it lasts, while hops are made anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from stackfile_local.engine.doors import Doors
from stackfile_local.engine.sinks.lines import Lines


@dataclass
class Outside:
    """`write` is the stdout of the run; it is called with nothing as soon as it is known that data will come. `lines`
    and `begun` are of destinations that write to it, by their seq."""

    write: Callable[[bytes], None]
    must_end: bool = False
    """Whether the run ends when all is moved."""
    doors: Doors | None = None
    """Where it listens; None: nowhere."""
    lines: dict[int, Lines] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)


def to_stdout(data: bytes) -> None:
    """This process's own."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
