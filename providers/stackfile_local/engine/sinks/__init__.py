"""Where events go: a stream of the engine, a file, a table. Each tells there how it keeps exactly once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Checkpoint, Event

OWN_POSITION = frozenset(("sqlite", "postgres"))
"""Connectors whose destination keeps the position itself."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Events as a sink wants them. `refused` are those that it cannot take: index and reason."""

    payload: Any
    count: int
    refused: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Mover:
    """Who writes to a sink, by the engine's id and its own: what a destination keeps a position under."""

    engine: str
    id: str
    input: str


@dataclass(eq=False)
class Later(ProviderError):
    """The destination takes nothing for now, and nothing is lost: ask again after so many seconds. Without a message
    nothing is amiss."""

    after: float = 0.0


class Sink(Protocol):
    """One output of one mover. For each batch, in this order:

    `encode` (no effect), `stage` (outside of the engine's transaction; may be repeated), `apply` (inside it, beside the
    new checkpoint), `finish` (after it). A kill between any two, and a new start from the checkpoint, gives every event
    once. After a failure `resume` is asked again before the next batch.
    """

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        """Where to go on, given what the engine has saved. Raises ProviderError for an output that cannot be used."""

    def encode(self, events: Sequence[Event]) -> Encoded: ...

    def stage(self, encoded: Encoded) -> Encoded:
        """The batch as it was taken: with the events that the destination itself refused among `refused`."""

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None: ...

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None: ...

    def close(self) -> None:
        """Gives back what is open. What was staged and not applied is taken back."""
