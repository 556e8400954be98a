"""How fast the local engine aggregates: in memory, and from a stream to a stream with every batch committed.

    PYTHONPATH=.:providers python benchmarks/engine.py [events]

Small events of 1,000 keys, in order of time. In memory: batches of 10,000, decoded already, events a second of CPU
time, best of five rounds. End to end: read, decoded, computed and committed with its state, events a second of wall
time.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stackfile.portable.operations import parse_operations
from stackfile.sdk.operations import RunRequest
from stackfile.sdk.provider import Session
from stackfile_local.engine import log
from stackfile_local.engine.events import Event
from stackfile_local.engine.log import Stream
from stackfile_local.engine.processor import Processor, Settings
from stackfile_local.provider import Local
from stackfile_local.settings import LocalSettings

BATCH, ROUNDS = 10_000, 5
COUNT = {"aggregate": {"by": ["k"], "set": {"n": "count()"}}}
CHAINS: dict[str, list[dict[str, Any]]] = {
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


class RealClock:
    def now(self) -> Any:
        from datetime import UTC, datetime

        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def events(count: int) -> list[Event]:
    chance = random.Random(7)
    start = 1_700_000_000_000
    return [
        (
            None,
            {"k": f"key-{chance.randrange(1000)}", "x": chance.randrange(2000), "t": start + n},
            None,
            start + n,
            0,
            n,
        )
        for n in range(count)
    ]


def in_memory(operations: list[dict[str, Any]], batches: list[list[Event]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        processor = Processor(parse_operations(operations), Settings("proc"))
        gc.collect()
        gc.disable()
        start = time.process_time()
        for batch in batches:
            processor.take(batch, (), 0)
        best = min(best, time.process_time() - start)
        gc.enable()
    return sum(map(len, batches)) / best


def end_to_end(operations: list[dict[str, Any]], given: list[Event], folder: Path) -> float:
    local = Local.embedded(LocalSettings(), Session(folder, folder, RealClock()))
    kinds = {kind.section: kind for kind in local.kinds}

    class Step:
        mark = ""

        async def created(self, id: str) -> None:
            pass

        async def phase(self, name: str) -> None:
            pass

    def make(section: str, **body: Any) -> str:
        kind = kinds[section]
        return str(asyncio.run(kind.create(kind.model.model_validate(body), Step())).id)

    source, target = make("streams", name="s"), make("streams", name="t")
    make("pipelines", name="p", source=source, destination=target, operations=operations)
    stream = Stream.of(
        1, {"name": "s", "partitions": 1, "retention": "7d", "max_message_size": "1MiB", "compression": "none"}
    )
    for start in range(0, len(given), 100_000):
        packed, _ = log.encode(stream, given[start : start + 100_000], 0)
        with local.store.transaction() as transaction:
            log.append(transaction, stream, packed, local.store.append_time(transaction))
    start_at = time.monotonic()
    asyncio.run(local.run(RunRequest((), True, lambda: False), lambda progress: None))
    took = time.monotonic() - start_at
    asyncio.run(local.close())
    return len(given) / took


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    given = events(count)
    batches = [given[start : start + BATCH] for start in range(0, count, BATCH)]
    print(f"{'':44}{'in memory':>12}{'end to end':>12}")
    for name, operations in CHAINS.items():
        few = batches if "session" not in name and "running" not in name else batches[:20]
        with tempfile.TemporaryDirectory() as folder:
            whole = end_to_end(operations, given, Path(folder))
        print(f"{name:44}{in_memory(operations, few):>12,.0f}{whole:>12,.0f}", flush=True)


if __name__ == "__main__":
    main()
