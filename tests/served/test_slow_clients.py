"""A client that does not go on is given up, and one that sends too much of a request too."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from stackfile_local.server.errors import ApiError
from stackfile_local.server.http import read_body
from stackfile_local.server.limits import Limits
from tests.served.serving import LONGEST, Serving


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
