"""Many clients at once, and a kill at any moment: what was acknowledged is there, once, where it was said to be."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.served.serving import LONGEST, Serving, serving

CLIENTS = 32


def everything(engine: Serving, stream: str) -> dict[tuple[int, int], Any]:
    """All events of a stream, by where they are, read page after page and committed."""
    found: dict[tuple[int, int], Any] = {}
    while True:
        page = engine.consumed(stream, "all", limit=10_000)
        if not page["events"]:
            return found
        for event in page["events"]:
            assert (event["partition"], event["offset"]) not in found
            found[event["partition"], event["offset"]] = event["value"]
        status, answer = engine.ask(
            "POST", "/api/v1/consumers/all/commit", {"offsets": page["metadata"]["nextOffsets"]}
        )
        assert status == 200, answer


def in_parallel(count: int, work: Any) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)


def test_many_clients_each_get_a_place_of_their_own(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        engine.made("one", partitions=3)
        acknowledged: list[tuple[int, int, Any]] = []

        def produce(client: int) -> None:
            with httpx.Client(base_url=engine.url, timeout=LONGEST) as http:
                for n in range(25):
                    value = [client, n]
                    body = {"key": f"c{client}", "value": value}
                    one = http.post("/api/v1/streams/one/events", json=body).json()
                    acknowledged.append((one["partition"], one["offset"], value))

        in_parallel(CLIENTS, produce)
        assert len(acknowledged) == CLIENTS * 25
        found = everything(engine, "one")
        assert found == {(partition, offset): value for partition, offset, value in acknowledged}
        for partition in range(3):
            offsets = sorted(offset for p, offset in found if p == partition)
            assert offsets == list(range(len(offsets)))
        mine = [[n for c, n in found.values() if c == client] for client in range(CLIENTS)]
        assert mine == [list(range(25))] * CLIENTS
        written = next(
            line
            for line in engine.bare("GET", "/metrics").text.splitlines()
            if line.startswith("stackfile_writes_total ")
        )
        assert int(written.rpartition(" ")[2]) < CLIENTS * 25


WINDOWS = {
    "name": "windows",
    "source": "one",
    "operations": [
        {"type": "window", "windowType": "tumbling", "duration": 1000},
        {"type": "aggregate", "aggregation": "count", "groupBy": "k"},
    ],
    "sink": "counts",
    "config": {"timestampField": "value.t", "allowedLateness": 10_000_000},
}


@dataclass
class Load:
    """Clients that produce, and one that consumes and commits, until the server is gone."""

    url: str
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    commits: list[int] = field(default_factory=lambda: [0])
    """Those that were answered, and the last one that was tried."""
    tried: int = 0
    enough: threading.Event = field(default_factory=threading.Event)

    def produce(self, client: int, after: int) -> None:
        with httpx.Client(base_url=self.url, timeout=LONGEST) as http:
            for n in range(1000):
                id = f"{client}-{n}"
                try:
                    answer = http.post("/api/v1/streams/one/events", json=event(id))
                except httpx.HTTPError:
                    answer = None
                if answer is None or answer.status_code != 200:
                    self.unsure.append(id)
                    return
                self.acknowledged[id] = (answer.json()["partition"], answer.json()["offset"])
                if len(self.acknowledged) >= after:
                    self.enough.set()

    def consume(self) -> None:
        with httpx.Client(base_url=self.url, timeout=LONGEST) as http, suppress(httpx.HTTPError, KeyError):
            while True:
                asked = {"consumerGroup": "live", "limit": "7"}
                page = http.get("/api/v1/streams/one/events", params=asked).json()
                self.tried = page["metadata"]["nextOffset"]
                done = http.post("/api/v1/consumers/live/commit", json={"offsets": page["metadata"]["nextOffsets"]})
                if done.status_code == 200:
                    self.commits.append(self.tried)


def event(id: str) -> dict[str, Any]:
    client, n = id.split("-")
    return {"value": {"id": id, "k": int(client) % 3, "t": int(n) * 70}, "eventId": id}


def wanted(ids: Iterable[str]) -> Counter[tuple[int, int]]:
    values = [event(id)["value"] for id in ids]
    return Counter((value["t"] // 1000 * 1000, value["k"]) for value in values)


@pytest.mark.parametrize(
    ("after", "end"), [(1, Serving.kill), (40, Serving.kill), (150, Serving.kill), (150, Serving.stop)]
)
def test_what_was_acknowledged_under_load_is_there_once_and_counts_once(
    tmp_path: Path, after: int, end: Callable[[Serving], object]
) -> None:
    with serving(tmp_path) as engine:
        engine.made("one")
        engine.made("counts")
        assert engine.ask("POST", "/api/v1/processors", WINDOWS)[0] == 201
        load = Load(engine.url)
        threads = [threading.Thread(target=load.produce, args=(number, after)) for number in range(8)]
        threads.append(threading.Thread(target=load.consume))
        for thread in threads:
            thread.start()
        assert load.enough.wait(LONGEST)
        assert end(engine) in (None, 0)
        for thread in threads:
            thread.join(LONGEST)
    with serving(tmp_path) as engine:
        group = engine.ask("GET", "/api/v1/consumers/live")
        if load.commits[-1]:
            assert load.commits[-1] <= group[1]["offsets"][0]["offset"] <= load.tried
        before = {value["id"]: place for place, value in everything(engine, "one").items()}
        assert {id: before.get(id) for id in load.acknowledged} == load.acknowledged
        assert before.keys() <= load.acknowledged.keys() | set(load.unsure)
        repeats = engine.produced("one", *map(event, load.unsure)) if load.unsure else []
        assert [bool(one.get("duplicate")) for one in repeats] == [id in before for id in load.unsure]
        ids = [*load.acknowledged, *load.unsure]
        assert engine.ask("GET", "/api/v1/streams/one")[1]["totalMessages"] == len(ids)
        engine.produced("one", {"value": {"id": "end", "k": 0, "t": 10**9}})
        groups = wanted(ids)
        engine.until(lambda: engine.ask("GET", "/api/v1/streams/counts")[1]["totalMessages"] >= len(groups))
        counts = list(everything(engine, "counts").values())
        assert len(counts) == len(groups)
        assert {(start_of(value), value["k"]): value["count"] for value in counts} == groups


def start_of(value: dict[str, Any]) -> int:
    start = value["windowStart"]
    return start if isinstance(start, int) else round(datetime.fromisoformat(start).timestamp() * 1000)
