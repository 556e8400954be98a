"""uvicorn's HTTP protocol, with an end to clients that connect and do not ask."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_SECONDS = 30.0
_MOST_BYTES = 64 * 1024


class PatientProtocol(HttpToolsProtocol):
    """The line and the headers of a request must come within a time and a size; for the body its reader cares."""

    _expiry: asyncio.TimerHandle | None = None
    _size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._came()
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

    def _expect(self) -> None:
        self._came()
        self._expiry = self.loop.call_later(_SECONDS, self._close)

    def _came(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > _MOST_BYTES:
            self._close()

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
