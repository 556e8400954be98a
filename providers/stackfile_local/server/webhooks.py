"""An address at which sources receive, in a thread of its own: who may send, what was sent, and the answer when it is
durable."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import uvicorn

from stackfile.errors import ProviderError
from stackfile_local.engine.doors import Door
from stackfile_local.engine.inbox import Arrived, Closed, Delivery, Inbox
from stackfile_local.engine.readers.ndjson import path_key
from stackfile_local.server.errors import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NO_SUCH_PATH,
    SERIALIZATION_ERROR,
    UNAUTHORIZED,
    UNAVAILABLE,
    ApiError,
)
from stackfile_local.server.guard import Guard
from stackfile_local.server.http import ClientGone, Receive, Scope, Send, encode, read_body, send_body, send_error
from stackfile_local.server.limits import Limits
from stackfile_local.server.listening import NoAddress, configured, listening
from stackfile_local.server.requests import parse_json

Find: TypeAlias = Callable[[str], "tuple[Door, Inbox] | None"]

SECONDS = 8.0
"""For so long a request waits for the disk; senders of webhooks wait ten seconds or more."""
_STOP_SECONDS = 2
_LINES = ("ndjson", "jsonl", "json-lines", "json-seq", "x-json-stream")

_log = logging.getLogger("stackfile.server")


@dataclass(frozen=True, slots=True)
class WebhookApp:
    """`find` tells what is at a path; `now` is seconds since 1970."""

    find: Find
    now: Callable[[], float]
    seconds: float = SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._taken(scope, receive)
        except ClientGone:
            return
        except ApiError as error:
            await send_error(send, error)
        except Exception as error:
            _log.error("a request failed", exc_info=error)
            await send_error(send, ApiError(INTERNAL, f"a mistake in the engine: {type(error).__name__}"))
        else:
            await send_body(send, 200, encode(answer))

    async def _taken(self, scope: Scope, receive: Receive) -> Mapping[str, Any]:
        found = self.find(scope["path"])
        if found is None:
            raise ApiError(NO_SUCH_PATH, "no source receives at this path")
        door, inbox = found
        if scope["method"] != "POST":
            raise ApiError(METHOD_NOT_ALLOWED, "events are sent by POST", headers={"Allow": "POST"})
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
        _check_sender(door, scope)
        body = await read_body(scope, receive, replace(Limits(), body=door.largest))
        if door.signature is not None and (refusal := door.signature.refusal(headers, body, self.now())):
            raise ApiError(UNAUTHORIZED, refusal)
        values = _values(body, headers.get("content-type", ""))
        if not values:
            return {"status": "accepted", "events": 0, "duplicates": 0}
        return await self._saved(inbox, _events(door, headers, values), len(body))

    async def _saved(self, inbox: Inbox, events: Sequence[Arrived], size: int) -> Mapping[str, Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int | None] = loop.create_future()

        def settle(repeats: int | None) -> None:
            if not answer.done():
                answer.set_result(repeats)

        def tell(repeats: int | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever waited
                loop.call_soon_threadsafe(settle, repeats)

        delivery = Delivery(events, size, tell)
        try:
            inbox.put(delivery)
            async with asyncio.timeout(self.seconds):
                repeats = await answer
        except Closed as error:
            raise _come_again(str(error)) from None
        except TimeoutError:
            delivery.given_up = True
            raise _come_again("the events could not be saved in time") from None
        if repeats is None:
            raise _come_again("the engine is stopping")
        return {"status": "accepted", "events": len(events) - repeats, "duplicates": repeats}


def _come_again(says: str) -> ApiError:
    return ApiError(UNAVAILABLE, says, headers={"Retry-After": "5"})


def _check_sender(door: Door, scope: Scope) -> None:
    """Raises ApiError. Without a secret the request must be of this machine, and of no page in a browser."""
    if door.token is not None:
        Guard(door.token).check(scope["path"] if scope["path"] != "/health" else "/", scope["headers"])
    elif door.signature is None:
        Guard(None).check(scope["path"], scope["headers"])


def _values(body: bytes, kind: str) -> list[Any]:
    """A list is several events, and so are lines where the content type says so. Raises ApiError."""
    if not any(name in kind.lower() for name in _LINES):
        value = parse_json(body)
        return value if isinstance(value, list) else [value]
    values: list[Any] = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            try:
                values.append(parse_json(line))
            except ApiError as error:
                raise ApiError(SERIALIZATION_ERROR, f"line {number}: {error.description}", {"line": number}) from None
    return values


def _events(door: Door, headers: Mapping[str, str], values: Sequence[Any]) -> list[Arrived]:
    kept = {name: headers[name] for name in door.headers if name in headers} or None
    key = (lambda value: None) if door.key is None else path_key(door.key)
    id_of = _ids(door, headers)
    return [Arrived(key(value), value, kept, id_of(number, value)) for number, value in enumerate(values)]


def _ids(door: Door, headers: Mapping[str, str]) -> Callable[[int, Any], str | None]:
    """The id of a header is that of the whole request: each of its events has its number behind it."""
    if door.id_field is not None:
        field_of = path_key(door.id_field)

        def of_field(number: int, value: Any) -> str | None:
            found = field_of(value)
            return None if found is None else encode(found).decode()

        return of_field
    given = headers.get(door.id_header) if door.id_header is not None else None
    return lambda number, value: None if given is None else f"{given}#{number}"


@dataclass
class Listening:
    """A server in a thread; signals are the run's."""

    server: uvicorn.Server
    socket: socket.socket
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.run(self.server.serve(sockets=[self.socket]))

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()


def listen(host: str, port: int, find: Find, now: Callable[[], float]) -> Listening:
    """Raises ProviderError for an address that cannot be had."""
    try:
        listener = listening(host, port)
    except NoAddress as error:
        says = f"cannot listen at {host}:{port}: {error}. Free it, or choose another for `listen`"
        raise ProviderError(says) from error
    app = WebhookApp(find, now)
    return Listening(uvicorn.Server(configured(app, stop_seconds=_STOP_SECONDS, idle_seconds=5)), listener)
