"""Many clients at once, and a kill at any moment: what was acknowledged is there, once, where it was said to be."""

from __future__ import annotations

import threading
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


@pytest.mark.parametrize("after", [1, 40, 150])
def test_after_a_kill_under_load_what_was_acknowledged_is_there_once(tmp_path: Path, after: int) -> None:
    acknowledged: dict[str, tuple[int, int]] = {}
    unsure: list[str] = []
    enough = threading.Event()
    with serving(tmp_path) as engine:
        engine.made("one", partitions=2)

        def produce(client: int) -> None:
            with httpx.Client(base_url=engine.url, timeout=LONGEST) as http:
                for n in range(1000):
                    id = f"{client}-{n}"
                    try:
                        one = http.post("/api/v1/streams/one/events", json={"value": id, "eventId": id}).json()
                    except httpx.HTTPError:
                        unsure.append(id)
                        return
                    acknowledged[id] = (one["partition"], one["offset"])
                    if len(acknowledged) >= after:
                        enough.set()

        threads = [threading.Thread(target=produce, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        assert enough.wait(LONGEST)
        engine.kill()
        for thread in threads:
            thread.join(LONGEST)
    with serving(tmp_path) as engine:
        before = {value: place for place, value in everything(engine, "one").items()}
        assert {id: before.get(id) for id in acknowledged} == acknowledged
        assert before.keys() <= acknowledged.keys() | set(unsure)
        repeats = engine.produced("one", *[{"value": id, "eventId": id} for id in unsure])
        assert [bool(one.get("duplicate")) for one in repeats] == [id in before for id in unsure]
        total = engine.ask("GET", "/api/v1/streams/one")[1]["totalMessages"]
        assert total == len(acknowledged) + len(unsure)
