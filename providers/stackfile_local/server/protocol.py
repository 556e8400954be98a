"""uvicorn's HTTP protocol, with an end to clients that connect and do not ask, or ask and do not read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stackfile_local.server.errors import UNAVAILABLE, ApiError
from stackfile_local.server.http import encode


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take for the line and the headers of a request, and may read nothing of an answer; how many
    bytes those headers have; and how many clients there are at once."""

    seconds: float = 30.0
    header_bytes: int = 64 * 1024
    connections: int = 1000


class PatientProtocol(HttpToolsProtocol):
    """The line and the headers of a request must come within a time and a size; for the body its reader cares."""

    patience: ClassVar[Patience] = Patience()

    _expiry: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None
    _unread = 0
    _size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.patience.connections:
            transport.write(_full(self.patience.connections))
            transport.close()
            return
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
        self._reads()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._size = 0
        self._expect()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._came()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        self._stuck = self.loop.call_later(self.patience.seconds, self._look)

    def resume_writing(self) -> None:
        self._reads()
        super().resume_writing()

    def _look(self) -> None:
        """Whoever has read nothing for so long is left; who reads slowly is not."""
        unread = self.transport.get_write_buffer_size()
        if unread >= self._unread:
            self.transport.abort()
            return
        self._unread = unread
        self._stuck = self.loop.call_later(self.patience.seconds, self._look)

    def _reads(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _expect(self) -> None:
        self._came()
        self._expiry = self.loop.call_later(self.patience.seconds, self._close)

    def _came(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self.patience.header_bytes:
            self._close()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _full(most: int) -> bytes:
    body = encode(ApiError(UNAVAILABLE, f"there are {most} connections already: come again").body)
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
