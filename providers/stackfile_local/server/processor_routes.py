"""Processors: routes that Starlette serves."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

from stackfile_local.engine.store import Store
from stackfile_local.server import processors
from stackfile_local.server.control import Handler, answer, body_of
from stackfile_local.server.engine import Served

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def _list(served: Served, request: Request) -> Response:
    return answer(processors.list_processors(served.store))


async def _create(served: Served, request: Request) -> Response:
    raw = await body_of(served, request)
    return answer(await served.writer.call(lambda store: processors.create_processor(store, raw)), 201)


async def _read(served: Served, request: Request) -> Response:
    return answer(processors.read_processor(served.store, request.path_params["id"]))


async def _change(served: Served, request: Request) -> Response:
    id, raw = request.path_params["id"], await body_of(served, request)
    return answer(await served.writer.call(lambda store: processors.change_processor(store, id, raw)))


async def _delete(served: Served, request: Request) -> Response:
    id = request.path_params["id"]
    return answer(await served.writer.call(lambda store: processors.delete_processor(store, id)))


async def _pause(served: Served, request: Request) -> Response:
    id = request.path_params["id"]
    return answer(await served.writer.call(lambda store: processors.set_status(store, id, "paused")))


async def _resume(served: Served, request: Request) -> Response:
    id = request.path_params["id"]
    return answer(await served.writer.call(lambda store: processors.set_status(store, id, "running")))


async def _metrics(served: Served, request: Request) -> Response:
    """In a thread of its own: all that the processor holds is read for it, which may take seconds."""
    id, store = request.path_params["id"], served.store

    def read() -> dict[str, Any]:
        with closing(Store(store.folder, store.clock)) as own:
            return processors.read_metrics(own, id)

    return answer(await asyncio.to_thread(read))


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/v1/processors", _list),
    ("POST", "/api/v1/processors", _create),
    ("GET", "/api/v1/processors/{id}", _read),
    ("PUT", "/api/v1/processors/{id}", _change),
    ("DELETE", "/api/v1/processors/{id}", _delete),
    ("POST", "/api/v1/processors/{id}/pause", _pause),
    ("POST", "/api/v1/processors/{id}/resume", _resume),
    ("GET", "/api/v1/processors/{id}/metrics", _metrics),
)
