"""The way to a service and back, with what can happen on it: an ASGI app around any other, and a count of its calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from stackfile.sdk.provider import Clock
from stackfile.testing.simulator.faults import Fault, Faults

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_PAGE = b"<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>\n"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was made. `template` is the route's path (`/sources/{id}`), `at` a moment of the clock.

    `status` is None where no answer came. `number` is part of the request id that the answer carries.
    """

    number: int
    method: str
    path: str
    template: str
    status: int | None
    fault: Fault | None
    at: float


@dataclass
class Calls:
    """The requests so far, in the order of their answers. `heard` is told each."""

    made: list[Call] = field(default_factory=list)
    heard: Callable[[Call], None] = lambda call: None

    def add(self, call: Call) -> None:
        self.made.append(call)
        self.heard(call)

    def count(self, request: str = "") -> int:
        """How many began like this: `POST /v1/sources`, by path or by template."""
        return sum(
            f"{call.method} {call.path}".startswith(request) or f"{call.method} {call.template}".startswith(request)
            for call in self.made
        )

    def by_route(self) -> Counter[tuple[str, str]]:
        """How often each (method, template) was called."""
        return Counter((call.method, call.template) for call in self.made)


@dataclass
class Weather:
    """Answers in place of the app, before or after it has acted, as the faults say.

    `template_of` gives the route's path for a request, `words` the body of an error (status, message) in the
    service's own shape, and `expire` ends all tokens.
    """

    app: App
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    template_of: Callable[[Scope], str] = lambda scope: str(scope["path"])
    words: Callable[[int, str], Any] = lambda status, message: {"message": message}
    expire: Callable[[], None] = lambda: None
    request_id_header: str = "x-request-id"
    calls: Calls = field(default_factory=Calls)
    _number: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises ConnectionError where no answer comes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._number += 1
        template = self.template_of(scope)
        told = _Told(send, (self.request_id_header.encode(), f"req-{self._number}".encode()))
        at = self.clock.monotonic()
        fault = self.faults.pick(scope["method"], scope["path"], template, at)
        number = self._number
        try:
            if self.faults.latency:
                await self.clock.sleep(self.faults.latency)
            await self._answer(fault, scope, receive, told)
        finally:
            self.calls.add(Call(number, scope["method"], scope["path"], template, told.status, fault, at))

    async def _answer(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is Fault.EXPIRED:
            self.expire()
        if fault is None or fault is Fault.EXPIRED:
            await self.app(scope, receive, send)
        elif fault is Fault.EMPTY:
            await self.app(scope, receive, _Emptied(send))
        elif fault.commits:
            await self.app(scope, receive, _unheard)
            await self._bad_answer(fault, send)
        else:
            await _read_whole(receive)
            await self._bad_answer(fault, send)

    async def _bad_answer(self, fault: Fault, send: Send) -> None:
        match fault:
            case Fault.REFUSED:
                raise ConnectionRefusedError
            case Fault.LOST:
                raise ConnectionResetError
            case Fault.GATEWAY:
                await _send(send, 504, _PAGE, "text/html")
            case Fault.THROTTLED:
                await self._error(send, 429, "slow down", self.faults.retry_after)
            case Fault.THROTTLED_SILENTLY:
                await self._error(send, 429, "slow down")
            case _:
                await self._error(send, 500, "internal error")

    async def _error(self, send: Send, status: int, message: str, retry_after: str | None = None) -> None:
        words = self.words(status, message)
        body, type = (words, "text/plain") if isinstance(words, str) else (json.dumps(words), "application/json")
        await _send(send, status, body.encode(), type, retry_after)


@dataclass
class _Told:
    """What goes back to the client, with a request id, and the status that it saw."""

    send: Send
    request_id: tuple[bytes, bytes]
    status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            names = [name.lower() for name, _ in message.get("headers", ())]
            if self.request_id[0] not in names:
                message = {**message, "headers": [*message.get("headers", ()), self.request_id]}
        await self.send(message)


@dataclass
class _Emptied:
    """A good answer without its body; a refusal stays as it is."""

    send: Send
    good: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.good = message["status"] < 300
            if self.good:
                await _send(self.send, 200, b"", "application/json")
        if not self.good:
            await self.send(message)


async def _unheard(message: Message) -> None:
    return None


async def _read_whole(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass


async def _send(send: Send, status: int, body: bytes, type: str, retry_after: str | None = None) -> None:
    headers = [(b"content-type", type.encode()), (b"content-length", str(len(body)).encode())]
    if retry_after is not None:
        headers.append((b"retry-after", retry_after.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
