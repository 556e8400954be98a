"""Redis Streams and NATS JetStream, started on loopback with a folder of their own, for comparison with our log.

Redis syncs its file before it answers, as we do (`appendfsync always`), and is driven by redis-benchmark, which is
written in C. NATS of Debian answers before it syncs, and has no setting for more: it is in a class of its own. Its
clients here are bare sockets, as ours are.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from over_http import CONSUME, HUNDREDS, SINGLE, THOUSANDS

VALUE = b'{"page":"/products/17","amount":7,"ok":true}'
_RATE = re.compile(r'","([0-9.]+)","')
_FIELDS = ["key", "user-7", "value", VALUE.decode()]


def redis(seconds: float) -> dict[str, float] | str:
    """Events a second by what was done, or why there are none."""
    if shutil.which("redis-server") is None or shutil.which("redis-benchmark") is None:
        return "not installed"
    options = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--bind", "127.0.0.1"]
    with _served("redis-server", "--port", *options, folder="--dir") as port:
        return {
            SINGLE: _redis_benchmark(port, 32, 1, seconds),
            HUNDREDS: _redis_benchmark(port, 32, 100, seconds),
            THOUSANDS: _redis_benchmark(port, 4, 1000, seconds),
            CONSUME: _redis_consume(port, 1000, seconds),
        }


def _redis_benchmark(port: int, clients: int, batch: int, seconds: float) -> float:
    """A first, short run says how many it takes to fill the time."""
    rate = 0.0
    count = 200 * clients * (batch if batch > 1 else 1) // (1 if batch == 1 else 10)
    for _ in range(2):
        command = ["redis-benchmark", "-p", str(port), "-c", str(clients), "-P", str(batch), "-n", str(count)]
        done = subprocess.run(
            [*command, "--csv", "XADD", "events", "*", *_FIELDS], capture_output=True, text=True, check=True
        )
        (rate,) = map(float, _RATE.findall(done.stdout)[:1])
        count = max(count, int(rate * seconds))
    return rate


def _redis_consume(port: int, page: int, seconds: float) -> float:
    """A group that moves on with every page."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_resp("XGROUP", "CREATE", "events", "bench", "0"))
        connection.recv(100)
        connection.settimeout(2)  # the last page is not full
        asked = _resp(*f"XREADGROUP GROUP bench one COUNT {page} NOACK STREAMS events >".split())
        lines = 5 + 12 * page  # of a full page
        done, started = 0, time.monotonic()
        while time.monotonic() < started + seconds:
            connection.sendall(asked)
            found, asked_at = 0, time.monotonic()
            while found < lines:
                try:
                    found += connection.recv(2**20).count(b"\n")
                except TimeoutError:
                    return done / (asked_at - started)
            done += page
        return done / (time.monotonic() - started)


def _resp(*words: str) -> bytes:
    lines = [f"*{len(words)}"]
    for word in words:
        lines += [f"${len(word)}", word]
    return "\r\n".join([*lines, ""]).encode()


def nats(seconds: float) -> dict[str, float] | str:
    if shutil.which("nats-server") is None:
        return "not installed"
    with _served("nats-server", "-p", "-js", "-a", "127.0.0.1", folder="-sd") as port:
        return asyncio.run(_nats(port, seconds))


async def _nats(port: int, seconds: float) -> dict[str, float]:
    await (await _Nats.open(port)).ask("$JS.API.STREAM.CREATE.events", {"name": "events", "subjects": ["events"]})
    rows: dict[str, Callable[[], Awaitable[float]]] = {
        SINGLE: lambda: _nats_produce(port, 32, 1, seconds),
        HUNDREDS: lambda: _nats_produce(port, 32, 100, seconds),
        THOUSANDS: lambda: _nats_produce(port, 4, 1000, seconds),
        CONSUME: lambda: _nats_consume(port, 1000, seconds),
    }
    return {name: await run() for name, run in rows.items()}


class _Nats:
    """One connection; answers come to an inbox of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.inbox = f"_INBOX.{id(self):x}"

    @classmethod
    async def open(cls, port: int) -> _Nats:
        made = cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))
        await made.reader.readline()
        made.writer.write(f'CONNECT {{"verbose":false}}\r\nSUB {made.inbox} 1\r\n'.encode())
        return made

    def publish(self, subject: str, payload: bytes) -> bytes:
        return f"PUB {subject} {self.inbox} {len(payload)}\r\n".encode() + payload + b"\r\n"

    async def answer(self) -> tuple[str, bytes]:
        """Where to acknowledge, and the payload."""
        while True:
            line = await self.reader.readline()
            if line.startswith(b"PING"):
                self.writer.write(b"PONG\r\n")
            elif line.startswith((b"MSG ", b"HMSG ")):
                words = line.split()
                payload = await self.reader.readexactly(int(words[-1]) + 2)
                reply = words[3].decode() if len(words) > (4 if line.startswith(b"MSG ") else 5) else ""
                return reply, payload[:-2]
            elif not line or line.startswith(b"-ERR"):
                raise RuntimeError(line.decode())

    async def ask(self, subject: str, body: object) -> bytes:
        self.writer.write(self.publish(subject, json.dumps(body).encode()))
        _, answered = await self.answer()
        if b'"error"' in answered:
            raise RuntimeError(answered.decode())
        return answered


async def _nats_produce(port: int, clients: int, batch: int, seconds: float) -> float:
    """Each event has its own acknowledgement, a batch is what is sent before the first is waited for."""
    done, until = 0, time.monotonic() + seconds

    async def client() -> None:
        nonlocal done
        connection = await _Nats.open(port)
        sent = connection.publish("events", VALUE) * batch
        while time.monotonic() < until:
            connection.writer.write(sent)
            for _ in range(batch):
                await connection.answer()
            done += batch

    started = time.monotonic()
    await asyncio.gather(*(client() for _ in range(clients)))
    return done / (time.monotonic() - started)


async def _nats_consume(port: int, page: int, seconds: float) -> float:
    """Pages of a pull consumer; the acknowledgement of the last event is that of the page."""
    connection = await _Nats.open(port)
    config = {"durable_name": "bench", "ack_policy": "all", "deliver_policy": "all", "max_ack_pending": 10 * page}
    await connection.ask("$JS.API.CONSUMER.DURABLE.CREATE.events.bench", {"stream_name": "events", "config": config})
    body = json.dumps({"batch": page, "expires": 10**9}).encode()
    done, started = 0, time.monotonic()
    while time.monotonic() < started + seconds:
        connection.writer.write(connection.publish("$JS.API.CONSUMER.MSG.NEXT.events.bench", body))
        reply = ""
        for _ in range(page):
            reply, payload = await connection.answer()
            if not payload:
                return done / (time.monotonic() - started)
        connection.writer.write(f"PUB {reply} 4\r\n+ACK\r\n".encode())
        done += page
    return done / (time.monotonic() - started)


@contextmanager
def _served(program: str, port_option: str, *options: str, folder: str) -> Iterator[int]:
    """The program's port, from when it answers there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = cast(int, free.getsockname()[1])
    with tempfile.TemporaryDirectory() as data:
        command = [program, port_option, str(port), *options, folder, str(Path(data))]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
