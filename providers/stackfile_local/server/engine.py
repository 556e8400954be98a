"""What the requests of one served engine share: the writer, a store to read from, who waits, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackfile_local.engine.store import Store
from stackfile_local.kinds.declared import Declared
from stackfile_local.server.consumers import Offset
from stackfile_local.server.hub import Hub
from stackfile_local.server.known_streams import KnownStreams
from stackfile_local.server.limits import Limits
from stackfile_local.server.rate import Rate
from stackfile_local.server.writer import Writer


@dataclass
class Served:
    """Belongs to the loop's thread. `pages` are the ends of pages that were given to groups that commit by
    themselves."""

    store: Store
    writer: Writer
    hub: Hub
    limits: Limits
    rate: Rate
    monotonic: Callable[[], float]
    base: Path = field(default_factory=Path)
    """Where relative paths of what is declared start."""
    tried: Callable[[], int] | None = None
    """The version of the catalog of which everything was asked to move. None: nothing is run here."""
    known: KnownStreams = field(init=False)
    engine_id: str = field(init=False)
    pages: dict[tuple[str, int], tuple[Offset, ...]] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Requests by endpoint and status."""
    consumed: int = 0

    def __post_init__(self) -> None:
        self.known = KnownStreams(self.store)
        self.engine_id = self.store.engine_id

    @property
    def declared(self) -> Declared:
        """To read from; what changes goes through the writer."""
        return Declared(self.store, self.base)

    def remember(self, group: str, seq: int, stream: str, following: Mapping[int, int]) -> None:
        if len(self.pages) >= 100_000:
            self.pages.clear()
        self.pages[(group, seq)] = tuple(Offset(stream, partition, at) for partition, at in following.items())
