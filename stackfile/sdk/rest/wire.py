"""One request over httpx and what came of it: connections, TLS, proxies and the many ways to lose an answer.

httpx is imported when the first client is made. Its pool looks through all connections whenever a request begins or
ends, so each connection has an underlying client of its own, made when all others are in use.
"""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import json
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

from stackfile.sdk.rest.answer import Lost, Response

if TYPE_CHECKING:
    import httpx

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_TEXT = 10_000
_CLI = "httpx._main"
_GUESS = "sniffio"


def load_httpx() -> ModuleType:
    """httpx without its command line, whose imports (rich, pygments) cost as much as the rest of it.

    httpx itself copes with a command line that cannot be imported; nothing stays behind.
    """
    _know_what_is_not_there()
    if "httpx" not in sys.modules and _CLI not in sys.modules:
        sys.modules[_CLI] = None  # type: ignore[assignment]
        try:
            import httpx
        finally:
            del sys.modules[_CLI]
        return httpx
    import httpx

    return httpx


def _know_what_is_not_there() -> None:
    """Several times in each request httpcore tries to import a module that few have, and Python looks for one that is
    not there on the disk each time: a third of a request's CPU time."""
    if _GUESS not in sys.modules and importlib.util.find_spec(_GUESS) is None:
        sys.modules[_GUESS] = None  # type: ignore[assignment]


@lru_cache(maxsize=1)
def shared_ssl_context() -> ssl.SSLContext:
    """The process's one TLS context: reading the certificates takes some 30 ms. Honours SSL_CERT_FILE and _DIR."""
    return cast("ssl.SSLContext", load_httpx().create_ssl_context())


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests go. `connect_timeout` is in seconds."""

    scheme: str
    host: str
    port: int | None
    connect_timeout: float

    @property
    def netloc(self) -> str:
        """What tells one service from another."""
        return f"{self.host}:{self.port or (443 if self.scheme == 'https' else 80)}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request as it is sent. `url` is whole."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float


class Wire:
    """The connections to one service, as many as there were ever requests at one time. `transport` replaces the
    network; `tls` is asked once a connection."""

    def __init__(
        self,
        place: Place,
        request_id_header: str,
        transport: httpx.AsyncBaseTransport | None,
        tls: Callable[[], ssl.SSLContext] = shared_ssl_context,
    ) -> None:
        self._place = place
        self._request_id_header = request_id_header.lower()
        self._transport = transport
        self._tls = tls
        self._clients: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []
        self.requests = 0

    async def send(self, outgoing: Outgoing) -> Response | Lost:
        """Sends once. The answer is whole when it returns, and nothing goes on behind it."""
        client = self._idle.pop() if self._idle else self._opened()
        self.requests += 1
        try:
            return await self._exchange(client, outgoing)
        finally:
            if client in self._clients:  # not closed meanwhile
                self._idle.append(client)

    async def close(self) -> None:
        clients, self._clients = self._clients, []
        self._idle.clear()
        for client in clients:
            await client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._transport is not None and self._clients:
            return self._clients[0]
        httpx = load_httpx()
        client = httpx.AsyncClient(
            transport=self._transport,
            verify=self._tls() if self._place.scheme == "https" else False,
            trust_env=self._place.host not in _LOOPBACK,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
        )
        self._clients.append(client)
        return self._clients[-1]

    async def _exchange(self, client: httpx.AsyncClient, outgoing: Outgoing) -> Response | Lost:
        httpx = load_httpx()
        connect = self._place.connect_timeout
        limits = httpx.Timeout(outgoing.timeout, connect=connect, pool=connect)
        try:
            # httpx bounds each read alone: an answer that trickles would never end.
            async with asyncio.timeout(connect + outgoing.timeout):
                answer = await client.request(
                    outgoing.method,
                    outgoing.url,
                    headers=dict(outgoing.headers),
                    content=outgoing.body,
                    timeout=limits,
                )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._lost(error, outgoing)
        return self._response(answer)

    def _lost(self, error: Exception, outgoing: Outgoing) -> Lost:
        httpx = load_httpx()
        if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
            # Its text may quote a header, so it is not repeated.
            return Lost("the request cannot be sent as it is (a bad header or url?)", sent=False, lasting=True)
        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, ConnectionRefusedError)
        sent = not isinstance(error, unsent)
        untrusted = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
        if untrusted is not None:
            return Lost(f"its certificate is not trusted ({untrusted.verify_message})", sent=False, lasting=True)
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            limit = outgoing.timeout if sent else self._place.connect_timeout
            return Lost(f"{'nothing' if sent else 'no connection'} within {limit:g} s", sent)
        return Lost(_reason(error, sent), sent)

    def _response(self, answer: httpx.Response) -> Response:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        try:
            body = json.loads(answer.content) if answer.content else None
            text = ""
        except (ValueError, RecursionError):
            body, text = None, answer.text[:_LONGEST_TEXT]
        return Response(answer.status_code, headers, body, text, headers.get(self._request_id_header))


def _reason(error: Exception, sent: bool) -> str:
    """Why, in the system's own words where it has any. The library's are not used: they may quote what was sent."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "its name is not known"
        if isinstance(cause, ssl.SSLError):
            return "no TLS there (is it http?)"
        if isinstance(cause, OSError) and cause.errno in errno.errorcode:
            return os.strerror(cast("int", cause.errno)).lower()
    if isinstance(error, ConnectionResetError):
        return "connection reset by peer"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "connection lost" if sent else "no connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, groups included."""
    found: BaseException | None = error
    while found is not None:
        yield found
        if isinstance(found, BaseExceptionGroup):
            for one in found.exceptions:
                yield from _causes(one)
        found = found.__cause__ or found.__context__
