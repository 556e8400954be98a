"""Bodies in and out, for plain ASGI functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from stackfile_local.server.errors import MESSAGE_TOO_LARGE, TIMEOUT, ApiError, invalid
from stackfile_local.server.limits import Limits
from stackfile_local.server.requests import decompress

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = (b"content-type", b"application/json")

encode = msgspec.json.Encoder().encode


class ClientGone(Exception):
    """Nobody is there to be answered."""


async def read_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """Raises ApiError for a body that is too large, too slow or not what its encoding says."""
    encoding = ""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limits.body:
            raise _too_large(limits)
        if name == b"content-encoding":
            encoding = value.decode("latin-1").lower()
    message = await _message(receive, limits)
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _rest(body, receive, limits)
    if len(body) > limits.body:
        raise _too_large(limits)
    return decompress(body, encoding, limits.body) if encoding else body


async def _rest(first: bytes, receive: Receive, limits: Limits) -> bytes:
    parts, size = [first], len(first)
    try:
        async with asyncio.timeout(limits.body_seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limits.body:
                    raise _too_large(limits)
                more = message.get("more_body", False)
    except TimeoutError:
        raise _too_slow(limits) from None
    return b"".join(parts)


async def _message(receive: Receive, limits: Limits) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(limits.body_seconds):
            message = await receive()
    except TimeoutError:
        raise _too_slow(limits) from None
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


def _too_large(limits: Limits) -> ApiError:
    says = f"the body is larger than {limits.body} bytes"
    return ApiError(MESSAGE_TOO_LARGE, says, headers={"Connection": "close"})


def _too_slow(limits: Limits) -> ApiError:
    says = f"the body did not arrive within {limits.body_seconds:g} seconds"
    return ApiError(TIMEOUT, says, status=408, headers={"Connection": "close"})


def query_of(scope: Scope) -> dict[str, str]:
    """The parameters of a request. Raises ApiError for text that is not UTF-8 and for one that is given twice."""
    raw: bytes = scope["query_string"]
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise invalid("query", "parameters as in ?name=value&other=value, in UTF-8") from None
    query = dict(pairs)
    if len(query) < len(pairs):
        raise invalid("query", "a parameter is given twice")
    return query


async def send_body(send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """JSON, unless the headers say another content type."""
    given = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in (headers or {}).items()]
    kind = [] if any(name == b"content-type" for name, _ in given) else [_JSON]
    lines = [*kind, (b"content-length", str(len(body)).encode()), *given]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError) -> None:
    await send_body(send, error.status, encode(error.body), error.headers)
