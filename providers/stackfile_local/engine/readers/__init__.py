"""Where events come from: a stream of the engine, a file, a generator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from stackfile.sdk.measures import Measured
from stackfile_local.engine.events import Batch, Event, Position


class Reader(Protocol):
    """One input of one mover. It holds no place of its own: every read says from where."""

    def accepts(self, position: Position) -> bool:
        """Whether a position still means a place in this input; False for one in a file that is another one now."""

    def read(self, position: Position | None, most: int) -> Batch:
        """The next events from a position on, None for the start: about `most`, or fewer. Nothing to read: `next`
        equals the position.

        Raises ProviderError for an input that cannot be read on.
        """

    def origin(self, event: Event) -> Mapping[str, Any]:
        """Where an event came from, for the record of a failed one."""

    def lag(self, position: Position | None) -> Measured | None:
        """What is still to be read, in events or bytes; None where that cannot be told."""

    def waiting(self, position: Position | None) -> bool:
        """Whether more is sure to come from here by itself, though it may not be there yet."""
