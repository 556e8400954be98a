"""Resources as a stackfile writes them: routes that Starlette serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stackfile_local.kinds.declared import Declared
from stackfile_local.server import resources
from stackfile_local.server.control import Handler, answer, body_of
from stackfile_local.server.engine import Served
from stackfile_local.server.http import query_of
from stackfile_local.server.names import number_in
from stackfile_local.server.resources import Kind, kind_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_SECTION = "/api/v1/resources/{section}"
_LONGEST_WAIT = 5000
_LOOK_AGAIN = 0.02
_STATUSES = {"pause": "paused", "stop": "stopped", "resume": "running", "start": "running"}


def _asked(request: Request) -> tuple[Kind, str]:
    return kind_of(request.path_params["section"]), request.path_params.get("id", "")


async def _written(served: Served, work: Callable[[Declared], dict[str, Any]], status: int = 200) -> Response:
    return answer(await served.writer.call(lambda store: work(Declared(store, served.base))), status)


async def _list(served: Served, request: Request) -> Response:
    kind, _ = _asked(request)
    return answer(resources.list_resources(served.declared, kind))


async def _measure(served: Served, request: Request) -> Response:
    return answer(resources.measure_all(served.declared, request.path_params["section"]))


async def _create(served: Served, request: Request) -> Response:
    kind, _ = _asked(request)
    raw = await body_of(served, request)
    return await _written(served, lambda declared: resources.create_resource(declared, kind, raw), 201)


async def _read(served: Served, request: Request) -> Response:
    return answer(resources.read_resource(served.declared, *_asked(request)))


async def _change(served: Served, request: Request) -> Response:
    kind, id = _asked(request)
    raw = await body_of(served, request)
    return await _written(served, lambda declared: resources.change_resource(declared, kind, id, raw))


async def _delete(served: Served, request: Request) -> Response:
    kind, id = _asked(request)
    return await _written(served, lambda declared: resources.delete_resource(declared, kind, id))


async def _metrics(served: Served, request: Request) -> Response:
    return answer(resources.measure_resource(served.declared, *_asked(request)))


async def _health(served: Served, request: Request) -> Response:
    """Waits up to `wait` milliseconds for what is not known at once."""
    kind, id = _asked(request)
    wait = min(number_in("wait", query_of(request.scope).get("wait", "0")), _LONGEST_WAIT)
    until = served.monotonic() + wait / 1000
    while True:
        said = resources.health_of(served.declared, kind, id, served.tried() if served.tried is not None else None)
        if said["health"] != "pending" or served.monotonic() >= until:
            return answer(said)
        await asyncio.sleep(_LOOK_AGAIN)


def _setting(status: str) -> Handler:
    async def set_status(served: Served, request: Request) -> Response:
        kind, id = _asked(request)
        return await _written(served, lambda declared: resources.set_resource_status(declared, kind, id, status))

    return set_status


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", _SECTION, _list),
    ("POST", _SECTION, _create),
    ("GET", f"{_SECTION}/{{id}}", _read),
    ("PUT", f"{_SECTION}/{{id}}", _change),
    ("DELETE", f"{_SECTION}/{{id}}", _delete),
    ("GET", f"{_SECTION}/{{id}}/metrics", _metrics),
    ("GET", f"{_SECTION}/{{id}}/health", _health),
    ("GET", "/api/v1/metrics/{section}", _measure),
    *(("POST", f"{_SECTION}/{{id}}/{verb}", _setting(status)) for verb, status in _STATUSES.items()),
)
