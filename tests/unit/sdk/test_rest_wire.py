"""Real sockets: how answers get lost, and how many connections there are."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from stackfile.errors import Ambiguous, ProviderError, Unreachable
from stackfile.sdk.rest import Rate, RestClient, Retry, Service
from stackfile.sdk.rest.wire import shared_ssl_context
from stackfile.testing.simulator import SimulatedClock
from tests.peer.session import Script, session_of

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue"


async def _request_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def _with_server(serve: Serve, use: Callable[[str], Awaitable[None]]) -> None:
    """Serves while `use` runs; after it no connection is left."""
    tasks: list[asyncio.Task[None]] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(lambda r, w: tasks.append(asyncio.create_task(one(r, w))), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await use(f"http://127.0.0.1:{port}")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _client(url: str, **service: float | Rate | Retry) -> RestClient:
    return RestClient(url, session_of(SimulatedClock()), Service(**service))  # type: ignore[arg-type]


async def _closed_port() -> int:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def test_a_port_where_nobody_listens_is_named_with_the_reason() -> None:
    async def run() -> str:
        port = await _closed_port()
        client = _client(f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable) as caught:
            await client.request("POST", "/things", json={})
        await client.close()
        return str(caught.value).replace(str(port), "PORT")

    said = "http://127.0.0.1:PORT did not answer: connection refused, 3 tries in 3 s"
    assert asyncio.run(run()) == said


def _because(error: Exception, *causes: BaseException) -> Exception:
    """The error with its chain of causes, as the layers below httpx leave it."""
    last: BaseException = error
    for cause in causes:
        last.__cause__ = cause
        last = cause
    return error


def _untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


REASONS: dict[str, tuple[Exception, str, int]] = {
    "a name that nobody knows": (
        _because(httpx.ConnectError("x"), socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        "its name is not known",
        3,
    ),
    "all of several addresses refuse": (
        _because(
            httpx.ConnectError("x"),
            OSError("all failed"),
            ExceptionGroup("", [ConnectionRefusedError(errno.ECONNREFUSED, ""), OSError(errno.ENETUNREACH, "")]),
        ),
        "connection refused",
        3,
    ),
    "no way there": (_because(httpx.ConnectError("x"), OSError(errno.EHOSTUNREACH, "")), "no route to host", 3),
    "nobody picks up": (httpx.ConnectTimeout("x"), "no connection within 10 s", 3),
    "a certificate that is not trusted: trying again is no help": (
        _because(httpx.ConnectError("x"), _untrusted()),
        "its certificate is not trusted (self-signed certificate)",
        1,
    ),
    "a proxy that does not let through": (httpx.ProxyError("403 with secrets"), "no connection", 3),
    "a header that cannot be written: trying again is no help": (
        httpx.LocalProtocolError("Illegal header value b'secret'"),
        "the request cannot be sent as it is (a bad header or url?)",
        1,
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_what_was_never_sent_says_why(case: str) -> None:
    error, reason, tries = REASONS[case]

    async def run() -> tuple[str, int]:
        script = Script(*[error] * 3)
        client = RestClient("http://h.example", session_of(SimulatedClock(), script.transport))
        with pytest.raises(Unreachable) as caught:
            await client.request("POST", "/things")
        return caught.value.details["reason"], len(script.requests)

    assert asyncio.run(run()) == (reason, tries)


async def _close_without_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request_of(reader)


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request_of(reader)
    writer.transport.abort()


async def _half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request_of(reader)
    writer.write(OK[:-2])


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request_of(reader)
    writer.write(b"220 smtp.example ESMTP\r\n")


async def _bad_compression(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ntrue")


@pytest.mark.parametrize("serve", [_close_without_answer, _reset, _half_an_answer, _nonsense, _bad_compression])
def test_a_post_that_arrived_and_got_no_whole_answer_is_in_doubt(serve: Serve) -> None:
    arrived: list[int] = []

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(1)
        await serve(reader, writer)

    async def use(url: str) -> None:
        client = _client(url)
        with pytest.raises(Ambiguous, match=r"^no answer to POST /things: .*; it may have happened$"):
            await client.request("POST", "/things")
        await client.close()

    asyncio.run(_with_server(counting, use))
    assert arrived == [1]


def test_an_answer_that_does_not_come_in_time_is_in_doubt() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def use(url: str) -> None:
        client = _client(url, timeout=0.1)
        with pytest.raises(Ambiguous) as caught:
            await client.request("POST", "/things")
        await client.close()
        assert str(caught.value) == "no answer to POST /things: nothing within 0.1 s; it may have happened"

    asyncio.run(_with_server(silent, use))


def test_an_answer_that_trickles_is_bounded_as_a_whole() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.01)

    async def use(url: str) -> None:
        client = _client(url, timeout=0.2, connect_timeout=0.5)
        with pytest.raises(Ambiguous, match="nothing within"):
            await client.request("POST", "/things")
        await client.close()

    asyncio.run(_with_server(trickle, use))


def test_https_asked_of_a_plain_port_is_told_apart() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def use(url: str) -> None:
        client = _client(url.replace("http:", "https:"), retry=Retry(unreachable=1))
        with pytest.raises(Unreachable, match=r"did not answer: no TLS there \(is it http\?\)$"):
            await client.request("GET", "/")
        await client.close()

    asyncio.run(_with_server(plain, use))


@pytest.mark.parametrize(("concurrency", "connections"), [(1, 1), (10, 10)])
def test_connections_are_kept_and_spread(concurrency: int, connections: int) -> None:
    opened: list[int] = []
    all_open = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        if len(opened) == connections:
            all_open.set()
        while True:
            await _request_of(reader)
            await all_open.wait()
            writer.write(OK)

    async def use(url: str) -> None:
        client = _client(url, rate=Rate(concurrency=concurrency))
        for _ in range(3):
            await asyncio.gather(*(client.request("GET", "/") for _ in range(20)))
        assert client.requests == 60
        await client.close()

    asyncio.run(_with_server(answer, use))
    assert len(opened) == connections


def test_no_proxy_stands_before_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request_of(reader)
        writer.write(OK)

    async def use(url: str) -> None:
        client = _client(url)
        assert (await client.request("GET", "/")).json is True
        await client.close()

    asyncio.run(_with_server(answer, use))


@contextmanager
def _counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    made: list[int] = []
    real = httpx.create_ssl_context

    def create() -> object:
        made.append(1)
        return real()

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    shared_ssl_context.cache_clear()
    yield made
    shared_ssl_context.cache_clear()


def test_one_tls_context_serves_the_process_and_plain_http_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(scheme: str) -> None:
        port = await _closed_port()
        client = _client(f"{scheme}://127.0.0.1:{port}", retry=Retry(unreachable=1))
        with pytest.raises(ProviderError):
            await client.request("GET", "/")
        await client.close()

    with _counted(monkeypatch) as made:
        asyncio.run(run("http"))
        assert made == []
        asyncio.run(run("https"))
        asyncio.run(run("https"))
        assert made == [1]
