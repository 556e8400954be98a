"""A transport that dies by the fuse, at each request that may change something: between two calls of one verb, too."""

from __future__ import annotations

import httpx

from stackfile.testing.faults import Fuse

_READS = ("GET", "HEAD", "OPTIONS")


class FusedTransport(httpx.AsyncBaseTransport):
    """Closing it does nothing: the transport inside outlives the run that dies."""

    def __init__(self, inner: httpx.AsyncBaseTransport, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method in _READS:
            return await self._inner.handle_async_request(request)
        name = f"{request.method} {request.url.path}"
        return await self._fuse.effect(name, lambda: self._inner.handle_async_request(request))
