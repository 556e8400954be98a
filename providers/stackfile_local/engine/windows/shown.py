"""The windows of a pipeline as they were at its last commit, for whoever asks: no run is needed for that."""

from __future__ import annotations

from collections.abc import Sequence

from stackfile.portable.operations import is_stateful, parse_operations
from stackfile_local.engine.catalog import Catalog, Entry
from stackfile_local.engine.processor import Processor, Settings
from stackfile_local.engine.registered import registered
from stackfile_local.engine.stateful_hop import digest_of
from stackfile_local.engine.store import Store
from stackfile_local.engine.windows.state_log import StateLog


def windows_of(store: Store, pipeline: Entry) -> Sequence[tuple[int, int, int]]:
    """Start, end and number of events over all groups: of the windows that closed last, then of those that are open."""
    operations = parse_operations(pipeline.body.get("operations", []))
    source = Catalog(store).peek(pipeline.body["source"])
    if source is None or not is_stateful(operations):
        return ()
    meta, changes = StateLog(pipeline.seq).load(store)
    if meta is None or meta["digest"] != digest_of(operations, source.seq):
        return ()
    processor = Processor(operations, Settings(pipeline.id, functions=registered()))
    processor.restore(meta, changes)
    return processor.windows()
