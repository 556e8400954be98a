"""Writes lines to the stdout of the run: at least once, for nobody can ask there what was written.

A batch is written before its position is saved, so a run that is killed between the two writes it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.outside import Outside
from stackfile_local.engine.sinks import Encoded, Mover
from stackfile_local.engine.sinks.lines import Lines


@dataclass(frozen=True, slots=True)
class StdoutSink:
    """`destination` is the object's seq: the first line of a CSV comes once in a run."""

    destination: int
    lines: Lines
    outside: Outside

    def __post_init__(self) -> None:
        self._write(b"")  # says, before anything else is printed, whose stdout is

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        return saved

    def encode(self, events: Sequence[Event]) -> Encoded:
        data, refused = self.lines.encode([event[1] for event in events])
        return Encoded(data, len(events) - len(refused), refused)

    def stage(self, encoded: Encoded) -> Encoded:
        if not encoded.payload:
            return encoded
        begin = b"" if self.destination in self.outside.begun else self.lines.first_line()
        self._write(begin + encoded.payload)
        self.outside.begun.add(self.destination)
        return encoded

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None:
        pass

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        pass

    def close(self) -> None:
        pass

    def _write(self, data: bytes) -> None:
        try:
            self.outside.write(data)
        except (OSError, ValueError) as error:  # ValueError: closed by this process
            raise ProviderError(f"cannot write to stdout: {getattr(error, 'strerror', None) or error}") from error
