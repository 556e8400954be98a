"""How fast the local engine aggregates: in memory, and from a stream to a stream with every batch committed.

    PYTHONPATH=.:providers python benchmarks/engine.py [events]

Small events of 1,000 keys, in order of time. In memory: batches of 10,000, decoded already, events a second of CPU
time, best of three rounds. End to end: read, decoded, computed and committed with its state, events a second of wall
time.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from in_process import Engine, events, packed, values

from stackfile.portable.operations import is_stateful, parse_operations
from stackfile_local.engine.compiled import compile_chain
from stackfile_local.engine.events import Event
from stackfile_local.engine.log import Packed
from stackfile_local.engine.processor import Processor, Settings

BATCH, MEMORY, ROUNDS = 10_000, 200_000, 3
COUNT = {"aggregate": {"by": ["k"], "set": {"n": "count()"}}}
CHAINS: dict[str, list[dict[str, Any]]] = {
    "filter": [{"filter": "value.x > 100"}],
    "filter and map": [{"filter": "value.x > 100"}, {"map": {"y": "value.x * 2"}}],
    "tumbling count by key, append time": [{"window": {"tumbling": "1m"}}, COUNT],
    "tumbling count by key, time in a field": [{"window": {"tumbling": "1m", "time": "value.t"}}, COUNT],
    "tumbling count, sum and max by key": [
        {"window": {"tumbling": "1m", "time": "value.t"}},
        {"aggregate": {"by": ["k"], "set": {"n": "count()", "s": "sum(value.x)", "m": "max(value.x)"}}},
    ],
    "filter, tumbling count by key": [{"filter": "value.x > 100"}, {"window": {"tumbling": "1m"}}, COUNT],
    "hopping count by key, three windows": [{"window": {"hopping": "1m", "advance": "20s"}}, COUNT],
    "session count by key": [{"window": {"session": "1s", "time": "value.t"}}, COUNT],
    "running count by key": [COUNT],
    "dedupe": [{"dedupe": {"by": ["t"], "within": "10s"}}],
}


def in_memory(operations: list[dict[str, Any]], batches: list[list[Event]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        parsed = parse_operations(operations)
        processor = Processor(parsed, Settings("proc")) if is_stateful(parsed) else None
        chain = compile_chain(parsed) if processor is None else None
        gc.collect()
        gc.disable()
        start = time.process_time()
        for batch in batches:
            if processor is not None:
                processor.take(batch, (), 0)
            elif chain is not None:
                chain.run(batch)
        best = min(best, time.process_time() - start)
        gc.enable()
    return sum(map(len, batches)) / best


def end_to_end(operations: list[dict[str, Any]], given: Sequence[Sequence[Packed]], count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        source, target = engine.make("streams", name="s"), engine.make("streams", name="t")
        engine.make("pipelines", name="p", source=source, destination=target, operations=operations)
        for portion in given:
            engine.append(portion)
        took = engine.run()
        engine.close()
    return count / took


def table(count: int = 1_000_000) -> str:
    given = events(values(count))
    stored = packed(given)
    batches = [given[start : start + BATCH] for start in range(0, min(count, MEMORY), BATCH)]
    del given
    gc.collect()
    gc.freeze()
    rows = ["| events a second | in memory | end to end |", "|---|--:|--:|"]
    for name, operations in CHAINS.items():
        whole = end_to_end(operations, stored, count)
        rows.append(f"| {name} | {in_memory(operations, batches):,.0f} | {whole:,.0f} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
