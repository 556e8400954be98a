"""How far everything in an engine is, read in bulk: a few queries, whatever the number of objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackfile_local.engine import progress
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.events import Position, offset_in
from stackfile_local.engine.progress import Progress
from stackfile_local.engine.starts import starts_of
from stackfile_local.engine.store import Store
from stackfile_local.engine.windows.state_log import all_told

_POSITIONS = "SELECT owner, input, position FROM checkpoints"
_ENDS = "SELECT stream, partition, end_offset FROM partitions"
_USED = """
SELECT t.seq, max(p.read), sum(p.written) FROM links l
JOIN objects o ON o.seq = l.owner JOIN objects t ON t.seq = l.target JOIN progress p ON p.owner = o.seq
WHERE o.kind = 'pipeline' AND l.field = t.kind GROUP BY t.seq"""


@dataclass(frozen=True, slots=True)
class Standing:
    """By the objects' `seq`: positions by owner and input, the ends of streams by partition, counts, and what pipelines
    say of their state. `inputs` are what may be read, by id. `used` is of sources and destinations that pipelines use:
    events that the furthest of them read, and that all of them wrote. `starts` are where pipelines begin."""

    inputs: Mapping[str, Entry]
    positions: Mapping[tuple[int, int], Position | None]
    ends: Mapping[int, Mapping[int, int]]
    counts: Mapping[int, Progress]
    states: Mapping[int, Mapping[str, Any]]
    used: Mapping[int, tuple[int, int]]
    starts: Mapping[int, Mapping[str, int]]

    def input_of(self, owner: Entry) -> Entry | None:
        """What it reads; a source reads itself."""
        if owner.kind == "source":
            return owner
        return self.inputs.get(owner.body["source" if owner.kind == "pipeline" else "stream"])

    def behind(self, owner: Entry, stream: Entry) -> int:
        """Events of a stream that its reader has not read."""
        position = self.positions.get((owner.seq, stream.seq)) or {"offsets": self.starts.get(owner.seq, {})}
        ends = self.ends.get(stream.seq, {})
        return sum(max(0, end - offset_in(position, partition)) for partition, end in ends.items())


def standing(store: Store) -> Standing:
    catalog = Catalog(store)
    ends: dict[int, dict[int, int]] = defaultdict(dict)
    for stream, partition, end in store.rows(_ENDS):
        ends[stream][partition] = end
    return Standing(
        {entry.id: entry for entry in (*catalog.declared("stream"), *catalog.declared("source"))},
        {(owner, input): progress.parse(position) for owner, input, position in store.rows(_POSITIONS)},
        ends,
        progress.all_progress(store),
        all_told(store),
        {seq: (read or 0, written or 0) for seq, read, written in store.rows(_USED)},
        starts_of(store),
    )
