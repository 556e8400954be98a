"""The streams of a store by name, as they are in the transaction under way; asked for anew when the catalog moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store
from stackfile_local.server.errors import no_stream

_BY_NAME = "SELECT seq, body FROM objects WHERE kind = 'stream' AND name = ?"
_MOST = 10_000


@dataclass
class KnownStreams:
    """Belongs to one thread, as its store does."""

    store: Store
    _version: int = -1
    _streams: dict[str, Stream] = field(default_factory=dict)

    def find(self, name: str) -> Stream:
        """Raises ApiError where there is none."""
        version = int(self.store.meta("catalog"))
        if version != self._version or len(self._streams) > _MOST:
            self._streams, self._version = {}, version
        stream = self._streams.get(name)
        if stream is None:
            rows = self.store.rows(_BY_NAME, name)
            if not rows:
                raise no_stream(name)
            ((seq, body),) = rows
            stream = self._streams[name] = Stream.of(seq, msgspec.json.decode(body))
        return stream
