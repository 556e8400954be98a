"""The ASGI application: who may ask, which endpoint it is, and what becomes of whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.routing import Router

from stackfile.errors import ProviderError
from stackfile_local.kinds.every import BY_SECTION
from stackfile_local.server import control, processor_routes, resource_routes
from stackfile_local.server.engine import Served
from stackfile_local.server.errors import (
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NO_SUCH_PATH,
    ApiError,
    of_engine,
)
from stackfile_local.server.events_api import consume, produce, produce_batch
from stackfile_local.server.guard import Guard
from stackfile_local.server.http import ClientGone, Receive, Scope, Send, send_error

_Endpoint: TypeAlias = Callable[[Served, str, Scope, Receive, Send], Awaitable[None]]

_STREAMS = "/api/v1/streams/"
EVENTS: dict[tuple[str, str], _Endpoint] = {
    ("POST", "events"): produce,
    ("POST", "events/batch"): produce_batch,
    ("GET", "events"): consume,
}
_ALLOWED = {"events": "GET, POST", "events/batch": "POST"}

_KNOWN = frozenset(
    {"streams", "consumers", "processors", "resources", *BY_SECTION}
    | {"events", "batch", "commit", "metrics", "pause", "resume", "stop", "start"}
)
"""The words of which paths are made, but for names."""

_log = logging.getLogger("stackfile.server")


@dataclass
class App:
    """One served engine."""

    served: Served
    guard: Guard
    _router: Router = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = (*control.ROUTES, *processor_routes.ROUTES, *resource_routes.ROUTES)
        self._router = Router(control.routes(self.served, table), redirect_slashes=False, default=_nowhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reply = _Reply(send)
        try:
            self.guard.check(scope["path"], scope["headers"])
            await self._route(scope, receive, reply)
        except ClientGone:
            return
        except Exception as error:
            if reply.status:
                raise
            await send_error(reply, _told(error, scope))
        finally:
            self.served.answers[_endpoint(scope["path"]), reply.status] += 1

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(_STREAMS):
            name, _, tail = path[len(_STREAMS) :].partition("/")
            if name and tail in _ALLOWED:
                endpoint = EVENTS.get((scope["method"], tail))
                if endpoint is None:
                    raise _not_allowed(scope["method"], _ALLOWED[tail])
                await endpoint(self.served, name, scope, receive, send)
                return
        scope["app"] = self
        await self._router(scope, receive, send)


@dataclass
class _Reply:
    """Sends, and remembers the status."""

    send: Send
    status: int = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if not self.status:
            self.status = message["status"]
        await self.send(message)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise ApiError(NO_SUCH_PATH, "there is nothing at this path; all there is: /openapi.json")


def _not_allowed(method: str, allowed: str) -> ApiError:
    return ApiError(
        METHOD_NOT_ALLOWED, f"{method} is not possible here; there are {allowed}", headers={"Allow": allowed}
    )


def _told(error: Exception, scope: Scope) -> ApiError:
    match error:
        case ApiError():
            return error
        case ProviderError():
            return of_engine(error)
        case HTTPException(status_code=405):
            return _not_allowed(scope["method"], (error.headers or {}).get("Allow", ""))
    _log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
    return ApiError(INTERNAL, f"a mistake in the engine: {type(error).__name__}")


def _endpoint(path: str) -> str:
    """The kind of path, without names: what requests are counted by. There are few of them, whatever is asked."""
    parts = path.split("/")
    if parts[1:3] != ["api", "v1"] or len(parts) < 4:
        return path if path in ("/health", "/metrics", "/openapi.json") else "other"
    known = 5 if parts[3] in ("resources", "metrics") else 4
    named, tail = parts[known:][:1], parts[known + 1 :]
    if not _KNOWN.issuperset((*parts[3:known], *tail)) or len(tail) > 2:
        return "other"
    return "/".join([*parts[:known], *("*" for _ in named), *tail])
