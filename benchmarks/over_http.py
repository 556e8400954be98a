"""What a served engine takes and gives over HTTP, in events a second. Every produced event is on the disk when it is
answered.

    python benchmarks/over_http.py [--seconds 5] [--quick]

The server is `stack engine serve` in a process of its own. The clients are bare sockets with bodies made beforehand:
a client library would cost more than the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

STACK = Path(sys.executable).with_name("stack")
SINGLE, HUNDREDS = "produce, 32 clients, single", "produce, 32 clients, batches of 100"
THOUSANDS, CONSUME = "produce, 4 clients, batches of 1,000", "consume and commit, pages of 1,000"


@dataclass(frozen=True)
class Address:
    host: str
    port: int


class Connection:
    """One keep-alive connection that asks and waits for the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, at: Address) -> Connection:
        return cls(*await asyncio.open_connection(at.host, at.port, limit=2**26))

    async def ask(self, request: bytes) -> bytes:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await self.reader.readexactly(length)
        if b" 20" not in head.partition(b"\r\n")[0]:
            raise RuntimeError(body.decode())
        return body


def request(method: str, path: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def event(number: int) -> dict[str, object]:
    """About 90 bytes of JSON."""
    return {"key": f"user-{number % 1000}", "value": {"page": "/products/17", "amount": number, "ok": True}}


async def produce(at: Address, clients: int, batch: int, seconds: float) -> float:
    """Events a second."""
    if batch == 1:
        asked = request("POST", "/api/v1/streams/events/events", event(7))
    else:
        asked = request("POST", "/api/v1/streams/events/events/batch", {"events": [event(n) for n in range(batch)]})
    done = 0
    until = time.monotonic() + seconds

    async def client() -> None:
        nonlocal done
        connection = await Connection.open(at)
        while time.monotonic() < until:
            await connection.ask(asked)
            done += batch

    started = time.monotonic()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.monotonic() - started)


async def consume(at: Address, limit: int, seconds: float) -> float:
    """Events a second of one consumer that commits each page."""
    connection = await Connection.open(at)
    done, started = 0, time.monotonic()
    while time.monotonic() < started + seconds:
        path = f"/api/v1/streams/events/events?consumerGroup=bench&timeout=0&limit={limit}"
        page = json.loads(await connection.ask(request("GET", path)))
        if not page["events"]:
            break
        done += len(page["events"])
        offsets = {"offsets": page["metadata"]["nextOffsets"]}
        await connection.ask(request("POST", "/api/v1/consumers/bench/commit", offsets))
    return done / (time.monotonic() - started)


async def measure(at: Address, seconds: float) -> dict[str, float]:
    """Events a second, by what was done."""
    await (await Connection.open(at)).ask(request("POST", "/api/v1/streams", {"name": "events", "partitions": 4}))
    rows: list[tuple[str, Callable[[], Awaitable[float]]]] = [
        ("produce, 1 client, single", lambda: produce(at, 1, 1, seconds)),
        (SINGLE, lambda: produce(at, 32, 1, seconds)),
        ("produce, 4 clients, batches of 100", lambda: produce(at, 4, 100, seconds)),
        (HUNDREDS, lambda: produce(at, 32, 100, seconds)),
        (THOUSANDS, lambda: produce(at, 4, 1000, seconds)),
        (CONSUME, lambda: consume(at, 1000, seconds)),
        ("consume and commit, pages of 10,000", lambda: consume(at, 10_000, seconds)),
    ]
    return {name: await run() for name, run in rows}


def served(seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(STACK), "engine", "serve", "--json", "--data", folder, "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = urlsplit(json.loads(server.stdout.readline())["url"])
            return asyncio.run(measure(Address(str(url.hostname), int(url.port or 0)), seconds))
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--quick", action="store_true", help="one second each")
    given = parser.parse_args()
    print("| over HTTP, durable | events/s |\n|---|--:|")
    for name, rate in served(1.0 if given.quick else given.seconds).items():
        print(f"| {name} | {rate:,.0f} |")


if __name__ == "__main__":
    main()
