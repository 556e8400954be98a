"""What does not grow: the cost of an event and the memory of a run, from 100,000 events to 10 million; and how soon an
engine with 10 million events answers again after kill -9.

    python benchmarks/endurance.py [millions]
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from in_process import Engine, events, packed, values
from over_http import STACK, Address, Connection, event, request

PORTION = 100_000
JOBS = {
    "filter and map": [{"filter": "value.x > 100"}, {"map": {"y": "value.x * 2"}}],
    "tumbling count by key": [
        {"window": {"tumbling": "1m"}},
        {"aggregate": {"by": ["k"], "set": {"n": "count()"}}},
    ],
}


def fill(folder: Path, count: int) -> None:
    engine = Engine(folder)
    engine.make("streams", name="s")
    (portion,) = packed(events(values(PORTION)))
    for _ in range(count // PORTION):
        engine.append(portion)
    print(engine.local.store.folder)
    engine.close()


def move(folder: Path, job: str) -> None:
    """Prints seconds and MB of this process."""
    engine = Engine(folder)
    target = engine.make("streams", name="t")
    engine.make("pipelines", name="p", source="stream:s", destination=target, operations=JOBS[job])
    took = engine.run()
    engine.close()
    print(json.dumps([took, _peak()]))


def _peak() -> float:
    """MB that this process held at most. What `getrusage` says begins with the size of whoever started it."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _apart(*arguments: str) -> str:
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def growth(most: int) -> str:
    rows = ["| events | job | s | events/s | µs each | peak MB |", "|--:|---|--:|--:|--:|--:|"]
    for count in (PORTION, 10 * PORTION, most):
        for job in JOBS:
            with tempfile.TemporaryDirectory() as folder:
                _apart("fill", folder, str(count))
                took, size = json.loads(_apart("move", folder, job))
            each = f"{1e6 * took / count:.2f}"
            rows.append(f"| {count:,} | {job} | {took:.2f} | {count / took:,.0f} | {each} | {size:.0f} |")
    return "\n".join(rows)


def recovery(count: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        data = _apart("fill", folder, str(count)).strip()
        server, at, first = _serve(data)
        asyncio.run(_load(at, server))
        server.wait()
        again, at, after_kill = _serve(data)
        again.terminate()
        again.wait()
    return (
        "| serving a store | s until it takes an event |\n|---|--:|\n"
        f"| of {count:,} events, stopped in order | {first:.2f} |\n"
        f"| the same, killed while it wrote | {after_kill:.2f} |"
    )


def _serve(folder: str) -> tuple[subprocess.Popen[str], Address, float]:
    started = time.monotonic()
    command = [str(STACK), "engine", "serve", "--json", "--data", folder, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = urlsplit(json.loads(server.stdout.readline())["url"])
    at = Address(str(url.hostname), int(url.port or 0))
    try:
        asyncio.run(_one(at))
    except BaseException:
        server.kill()
        raise
    return server, at, time.monotonic() - started


async def _one(at: Address) -> None:
    await (await Connection.open(at)).ask(request("POST", "/api/v1/streams/s/events", event(1)))


async def _load(at: Address, server: subprocess.Popen[str]) -> None:
    """Writes for a second, then kills."""
    asked = request("POST", "/api/v1/streams/s/events/batch", {"events": [event(n) for n in range(1000)]})

    async def client() -> None:
        connection = await Connection.open(at)
        while True:
            await connection.ask(asked)

    clients = [asyncio.create_task(client()) for _ in range(4)]
    await asyncio.sleep(1)
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.gather(*clients, return_exceptions=True)


def table(count: int = 10_000_000) -> str:
    return f"{growth(count)}\n\n{recovery(count)}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", where, number]:
            fill(Path(where), int(number))
        case ["move", where, name]:
            move(Path(where), name)
        case given:
            print(table(int(float(given[0]) * 1_000_000) if given else 10_000_000))
