"""How fast the local engine writes to a PostgreSQL server and to an HTTP receiver, beside a SQLite table and a file.

    PYTHONPATH=.:providers python benchmarks/destinations.py [events]

Events of six fields from one stream, in `stack run --until-idle`'s loop: read, written and committed with the position,
events a second of wall time. Upserts meet every key twice. The server is a fresh one on this machine with fsync off, as
in the tests; the receiver answers at once, from a thread of this process. Runs with a stream as destination first, for
what reading alone costs.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.postgres.server import Server, programs
from tests.unit.stackfile_local.receiver import receiving
from tests.unit.stackfile_local.world import SetClock, World


class RealClock(SetClock):
    def monotonic(self) -> float:
        return time.monotonic()


def event(n: int, keys: int) -> dict[str, Any]:
    return {
        "id": n * 7919 % keys,
        "customer": f"c{n % 9973}",
        "amount": n % 1000 / 7,
        "paid": n % 2 == 0,
        "note": "some text here é",
        "address": {"city": "Oslo", "zip": n % 99},
    }


def measure(folder: Path, what: str, events: int, **body: Any) -> None:
    world = World(folder / what.replace(" ", "-"), clock=RealClock())
    stream = world.stream("s", retention="forever")
    for start in range(0, events, 10_000):
        world.append("s", *(event(n, events // 2) for n in range(start, min(start + 10_000, events))))
    if body:
        world.make("destinations", name="out", stream=stream.id, **body)
    else:
        world.pipeline("out", stream, world.stream("copy"))
    began, cpu = time.perf_counter(), time.process_time()
    (done,) = world.run()
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    world.close()
    assert (done.written, done.failed) == (events, 0), done
    print(
        f"{what:34} {events / seconds:10,.0f} events/s   {used / events * 1e6:6.2f} us of CPU an event here", flush=True
    )


def main(events: int) -> None:
    where = programs()
    folder = Path(tempfile.mkdtemp(prefix="stackfile-benchmark-"))
    print(f"load {os.getloadavg()[0]:.1f}, {events:,} events")
    try:
        measure(folder, "stream", events)
        measure(folder, "file", events, connector="file", path="out.ndjson")
        measure(folder, "sqlite append", events, connector="sqlite", path="out.db", table="events")
        measure(folder, "sqlite upsert", events, connector="sqlite", path="out.db", table="events", key=["id"])
        if where is not None:
            (folder / "server").mkdir()
            folder.chmod(0o755)
            server = Server.make(folder / "server", where)
            server.start()
            try:
                settings: dict[str, Any] = {"connector": "postgres", **server.settings}
                measure(folder, "postgres append", events, table="appended", **settings)
                measure(folder, "postgres upsert", events, table="upserted", key=["id"], **settings)
            finally:
                server.stop("immediate")
        with receiving() as receiver:
            for most in (500, 50):
                body = {"connector": "http", "url": receiver.url, "batch": {"max_events": most}}
                measure(folder, f"http, {most} events a request", events // 5, **body)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
