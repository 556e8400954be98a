"""Who may ask: whoever has the token; without a token, programs on this machine, and no page that a browser shows."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from stackfile_local.server.errors import FORBIDDEN, UNAUTHORIZED, ApiError

_OPEN = frozenset({"/health"})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Guard:
    """`token` None: no token is asked for, and then the names in Host and Origin must be this machine's."""

    token: bytes | None

    def check(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raises ApiError."""
        if self.token is None:
            for name, value in headers:
                if name in (b"host", b"origin") and not _is_ours(name, value.decode("latin-1")):
                    says = f"{name.decode()} is not this machine: to serve others, start with --token-file"
                    raise ApiError(FORBIDDEN, says)
        elif path not in _OPEN and not hmac.compare_digest(_given(headers), self.token):
            says = "a bearer token is wanted: Authorization: Bearer <token>"
            raise ApiError(UNAUTHORIZED, says, headers={"WWW-Authenticate": "Bearer"})


def _is_ours(name: bytes, value: str) -> bool:
    try:
        host = urlsplit(value if name == b"origin" else f"//{value}").hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip() if scheme.lower() == b"bearer" else b""
    return b""
