"""Streams, consumer groups and what watches the engine: routes that Starlette serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stackfile import __version__
from stackfile_local.server import consumers, stream_objects
from stackfile_local.server.consumers import Commit, parse_offsets
from stackfile_local.server.engine import Served
from stackfile_local.server.errors import invalid
from stackfile_local.server.http import encode, query_of, read_body
from stackfile_local.server.metrics import exposition
from stackfile_local.server.names import check_name
from stackfile_local.server.openapi import document
from stackfile_local.server.requests import parse_json

Handler: TypeAlias = Callable[[Served, Request], Awaitable[Response]]


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(encode(body), status, media_type="application/json")


async def body_of(served: Served, request: Request) -> Any:
    return parse_json(await read_body(request.scope, request.receive, served.limits))


async def _list_streams(served: Served, request: Request) -> Response:
    return answer(stream_objects.list_streams(served.store))


async def _create_stream(served: Served, request: Request) -> Response:
    raw = await body_of(served, request)
    return answer(await served.writer.call(lambda store: stream_objects.create_stream(store, raw)), 201)


async def _read_stream(served: Served, request: Request) -> Response:
    store = served.store
    return answer(stream_objects.describe(store, stream_objects.find(store, request.path_params["name"])))


async def _change_stream(served: Served, request: Request) -> Response:
    raw = await body_of(served, request)
    name = request.path_params["name"]
    return answer(await served.writer.call(lambda store: stream_objects.change_stream(store, name, raw)))


async def _delete_stream(served: Served, request: Request) -> Response:
    force = query_of(request.scope).get("force", "false")
    if force not in ("true", "false"):
        raise invalid("force", "true or false")
    name = request.path_params["name"]
    return answer(await served.writer.call(lambda store: stream_objects.delete_stream(store, name, force == "true")))


async def _list_groups(served: Served, request: Request) -> Response:
    return answer(consumers.list_groups(served.store))


async def _read_group(served: Served, request: Request) -> Response:
    return answer(consumers.read_group(served.store, request.path_params["group"]))


async def _delete_group(served: Served, request: Request) -> Response:
    group = request.path_params["group"]
    for key in [key for key in served.pages if key[0] == group]:
        del served.pages[key]
    return answer(await served.writer.call(lambda store: consumers.delete_group(store, group)))


async def _commit(served: Served, request: Request) -> Response:
    group = check_name("consumerGroup", request.path_params["group"])
    offsets = parse_offsets(await body_of(served, request))
    await served.writer.commit(Commit(group, offsets), served.limits.produce_ms / 1000)
    return answer({"status": "committed", "committedOffsets": [one.body for one in offsets]})


async def _health(served: Served, request: Request) -> Response:
    """Asks the store, so that a damaged one is no healthy engine."""
    try:
        served.store.meta("catalog")
    except Exception as error:
        return answer({"status": "failed", "reason": str(error)}, 503)
    return answer(
        {"status": "stopping" if served.hub.closed else "ok", "version": __version__, "engineId": served.engine_id}
    )


async def _metrics(served: Served, request: Request) -> Response:
    return Response(exposition(served), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _openapi(served: Served, request: Request) -> Response:
    return answer(document())


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/api/v1/streams", _list_streams),
    ("POST", "/api/v1/streams", _create_stream),
    ("GET", "/api/v1/streams/{name}", _read_stream),
    ("PUT", "/api/v1/streams/{name}", _change_stream),
    ("DELETE", "/api/v1/streams/{name}", _delete_stream),
    ("GET", "/api/v1/consumers", _list_groups),
    ("GET", "/api/v1/consumers/{group}", _read_group),
    ("DELETE", "/api/v1/consumers/{group}", _delete_group),
    ("POST", "/api/v1/consumers/{group}/commit", _commit),
    ("GET", "/health", _health),
    ("GET", "/metrics", _metrics),
    ("GET", "/openapi.json", _openapi),
)


def routes(served: Served, table: tuple[tuple[str, str, Handler], ...]) -> list[Route]:
    """One route a path, which answers all its methods."""
    paths: dict[str, dict[str, Handler]] = {}
    for method, path, handler in table:
        paths.setdefault(path, {})[method] = handler
    return [Route(path, partial(_dispatch, served, methods), methods=list(methods)) for path, methods in paths.items()]


async def _dispatch(served: Served, methods: Mapping[str, Handler], request: Request) -> Response:
    return await methods["GET" if request.method == "HEAD" else request.method](served, request)
