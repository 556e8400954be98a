"""Who we are, in headers: nothing, a fixed header, or a token that is renewed before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stackfile.errors import Ambiguous, AuthFailed, Unreachable
from stackfile.sdk.provider import Clock

_MARGIN = 60.0
"""Seconds before a token's end at which it is renewed; a fifth of its life where that is shorter."""


class Auth(Protocol):
    """Gives the headers of a request. All their values are secrets."""

    async def headers(self) -> Mapping[str, str]:
        """Raises ProviderError where none can be had."""

    async def refused(self, headers: Mapping[str, str]) -> bool:
        """These headers got a 401. True: `headers()` now gives others, so one more try is worth it."""


class NoAuth:
    async def headers(self) -> Mapping[str, str]:
        return {}

    async def refused(self, headers: Mapping[str, str]) -> bool:
        return False


class HeaderAuth:
    """One header that never changes. Raises AuthFailed for a value that no header can carry."""

    def __init__(self, name: str, value: str) -> None:
        self._headers = {name: _sendable(value)}

    async def headers(self) -> Mapping[str, str]:
        return self._headers

    async def refused(self, headers: Mapping[str, str]) -> bool:
        return False


def bearer(token: str) -> HeaderAuth:
    return HeaderAuth("Authorization", f"Bearer {_sendable(token)}")


@dataclass(frozen=True, slots=True)
class Token:
    """`lives` is in seconds from now; None: until a 401."""

    text: str = field(repr=False)
    lives: float | None = None


class TokenAuth:
    """A bearer token from `fetch`, renewed ahead of its end and after a 401, by one request for all that wait."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._headers: Mapping[str, str] | None = None
        self._renew_at = float("inf")

    async def headers(self) -> Mapping[str, str]:
        if self._headers is not None and self._clock.monotonic() < self._renew_at:
            return self._headers
        async with self._lock:
            if self._headers is None or self._clock.monotonic() >= self._renew_at:
                self._headers = await self._renewed()
            return self._headers

    async def refused(self, headers: Mapping[str, str]) -> bool:
        async with self._lock:
            if self._headers is None or dict(self._headers) == dict(headers):
                self._headers = await self._renewed()
        return True

    async def _renewed(self) -> Mapping[str, str]:
        asked_at = self._clock.monotonic()
        try:
            token = await self._fetch()
        except Ambiguous as error:
            # What waits for the token was not sent: it must not look as if it may have happened.
            raise Unreachable(f"no token: {error.message}", error.method, error.path, error.status) from error
        headers = {"Authorization": f"Bearer {_sendable(token.text)}"}
        lives = float("inf") if token.lives is None else token.lives
        self._renew_at = asked_at + lives - min(_MARGIN, lives / 5)
        return headers


def _sendable(text: str) -> str:
    """The text itself. Refused here because the HTTP library's own complaint would quote it."""
    if not text or text != text.strip() or not text.isascii() or not text.isprintable():
        raise AuthFailed("a token or key is empty or holds what no HTTP header can carry (a space or a line break?)")
    return text
