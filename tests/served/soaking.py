"""A served engine that is used for long: produced to, consumed, paused, killed and started again, with windows and
retention; what must be in it in the end is counted apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.served.serving import Serving, serving

BATCH = 500
STEP = 10
"""Milliseconds of event time from one event to the next."""
GROUPS = 7
REPEATED, PAUSED, STARTED = 5, 7, 10
"""Every so many rounds: a batch is sent twice, a processor is paused for a round, the server is started anew."""
PROCESSORS: dict[str, list[dict[str, Any]]] = {
    "counts": [
        {"type": "window", "windowType": "tumbling", "duration": 1000},
        {"type": "aggregate", "aggregation": "count", "groupBy": "k"},
    ],
    "odd": [{"type": "filter", "predicate": "value.n % 2 == 1"}],
    "short": [],
}
_TIME = {"timestampField": "value.t", "allowedLateness": 10_000}


@dataclass
class Soak:
    """`sent` events are in the engine; those of `odd` that were read and committed are counted and summed."""

    folder: Path
    sent: int = 0
    odd: int = 0
    odd_sum: int = 0
    rounds: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, going: Callable[[], bool], memory: Callable[[int], None]) -> None:
        """Rounds with restarts, then as many without; `memory` is told the bytes of the server in each of those."""
        with ExitStack() as stack:
            engine = self._started(stack)
            while going():
                self._round(engine)
                if self.rounds % STARTED == 0:
                    engine.kill() if self.rounds % (2 * STARTED) else engine.stop()
                    stack.close()
                    engine = self._started(stack)
            for _ in range(self.rounds):
                self._round(engine)
                memory(resident(engine))
            self._end(engine)

    def _started(self, stack: ExitStack) -> Serving:
        engine = stack.enter_context(serving(self.folder))
        if not self.ids:
            for name in ("all", "counts", "odd"):
                engine.made(name, partitions=2, config={"retentionMs": -1})
            engine.made("short", config={"retentionMs": 1, "compressionType": "gzip"})
            for name, operations in PROCESSORS.items():
                body = {"name": name, "source": "all", "operations": operations, "sink": name}
                status, made = engine.ask("POST", "/api/v1/processors", {**body, "config": _TIME})
                assert status == 201, made
                self.ids[name] = made["processorId"]
        return engine

    def _round(self, engine: Serving) -> None:
        self.rounds += 1
        batch = [event(n) for n in range(self.sent, self.sent + BATCH)]
        for _ in range(2 if self.rounds % REPEATED == 0 else 1):
            engine.produced("all", *batch)
        self.sent += BATCH
        way = {0: "pause", 1: "resume"}.get(self.rounds % PAUSED)
        if way is not None and self.rounds >= PAUSED:
            assert engine.ask("POST", f"/api/v1/processors/{self.ids['odd']}/{way}")[0] == 200
        for value in read(engine, "odd"):
            self._count(value)

    def _count(self, value: dict[str, Any]) -> None:
        self.odd += 1
        self.odd_sum += value["n"]

    def _end(self, engine: Serving) -> None:
        engine.ask("POST", f"/api/v1/processors/{self.ids['odd']}/resume")
        while self.odd < self.sent // 2:
            for value in read(engine, "odd", 20_000):
                self._count(value)
        assert (self.odd, self.odd_sum) == (self.sent // 2, sum(range(1, self.sent, 2)))
        last = {"n": 0, "k": 0, "t": self.sent * STEP + 10**9}
        engine.produced("all", {"value": last}, {"value": last})  # one for each partition: it closes every window
        wanted = Counter((n * STEP // 1000, n % GROUPS) for n in range(self.sent))
        counts: list[dict[str, Any]] = []
        while len(counts) < len(wanted):
            counts += read(engine, "counts", 20_000)
        assert Counter(value["count"] for value in counts) == Counter(wanted.values())
        assert len({(value["windowStart"], value["k"]) for value in counts}) == len(counts) == len(wanted)
        assert engine.ask("GET", "/api/v1/streams/all")[1]["totalMessages"] == self.sent + 2
        again = {"config": {"retentionMs": 1}}
        engine.until(lambda: engine.ask("PUT", "/api/v1/streams/short", again)[1]["totalMessages"] == 0)


def event(n: int) -> dict[str, Any]:
    return {"key": n % 13, "value": {"n": n, "k": n % GROUPS, "t": n * STEP}, "eventId": str(n)}


def read(engine: Serving, stream: str, wait: int = 0) -> Iterator[dict[str, Any]]:
    """What a group has not read, once and committed; waits for the first."""
    page = engine.consumed(stream, "soak", limit=10_000, timeout=wait)
    assert page["events"] or not wait
    if page["events"]:
        offsets = {"offsets": page["metadata"]["nextOffsets"]}
        assert engine.ask("POST", "/api/v1/consumers/soak/commit", offsets)[0] == 200
    return (one["value"] for one in page["events"])


def resident(engine: Serving) -> int:
    """Bytes of memory of the server."""
    lines = Path(f"/proc/{engine.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
