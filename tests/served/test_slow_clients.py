"""A client that does not go on is given up, and one that sends too much of a request too."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from stackfile_local.server.errors import ApiError
from stackfile_local.server.http import read_body
from stackfile_local.server.limits import Limits
from stackfile_local.server.protocol import Patience, PatientProtocol
from tests.served.serving import LONGEST, Serving, code_of


@pytest.mark.parametrize("parts", [0, 1, 3], ids=["nothing", "a part", "some parts"])
def test_a_body_that_stops_is_given_up(parts: int) -> None:
    sent = [{"type": "http.request", "body": b"x", "more_body": True}] * parts

    async def receive() -> Any:
        if sent:
            return sent.pop()
        await asyncio.get_running_loop().create_future()

    with pytest.raises(ApiError, match="did not arrive within") as caught:
        asyncio.run(read_body({"headers": []}, receive, Limits(body_seconds=0.01)))
    assert (caught.value.code, caught.value.status) == (1006, 408)
    assert caught.value.headers == {"Connection": "close"}


async def answering(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x" * 2**25})


@asynccontextmanager
async def impatient() -> AsyncIterator[tuple[asyncio.Event, tuple[str, int]]]:
    """A server with little patience, which answers much: what is set when a client is left, and where it is."""
    left = asyncio.Event()

    class Impatient(PatientProtocol):
        patience = Patience(seconds=0.05, connections=2)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            left.set()

    config = uvicorn.Config(answering, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Impatient(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield left, server.sockets[0].getsockname()


def test_whoever_reads_nothing_of_an_answer_is_left() -> None:
    async def walk() -> None:
        async with impatient() as (left, address):
            with socket.create_connection(address, LONGEST) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await asyncio.wait_for(left.wait(), LONGEST)

    asyncio.run(walk())


def test_more_clients_than_there_may_be_are_told_to_come_again() -> None:
    async def walk() -> None:
        async with impatient() as (_, address):
            held = [await asyncio.open_connection(*address) for _ in range(2)]
            async with asyncio.timeout(LONGEST):
                reader, writer = await asyncio.open_connection(*address)
                told = await reader.read()
            assert told.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            body = json.loads(told.partition(b"\r\n\r\n")[2])
            assert code_of((503, body)) == (503, 1111)
            for _, one in (*held, (reader, writer)):
                one.close()

    asyncio.run(walk())


def flood(connection: socket.socket) -> None:
    for number in range(10_000):
        connection.sendall(b"X-%d: %b\r\n" % (number, b"x" * 1000))


def test_headers_without_end_close_the_connection(served: Serving) -> None:
    address = (served.client.base_url.host, served.client.base_url.port or 0)
    with socket.create_connection(address, LONGEST) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            flood(connection)
    assert served.ask("GET", "/health")[0] == 200
