"""What the engine answers beside its streams: readiness, ping, version, endpoints, and paths that it does not have."""

from __future__ import annotations

import base64
import posixpath
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_redpanda_connect.simulator.engine import Engine, said
from stackfile_redpanda_connect.simulator.values import encoded, written

_STREAM_READY = "Returns 200 OK if all inputs and outputs are connected, otherwise a 503 is returned."
_ENDPOINTS = {
    "/endpoints": "Returns this map of endpoints.",
    "/ping": "Ping me.",
    "/ready": "Returns 200 OK if the inputs and outputs of all running streams are connected, otherwise a 503 is"
    " returned. If there are no active streams 200 is returned.",
    "/resources/{type}/{id}": "POST: Create or replace a given resource configuration of a specified type. Types"
    " supported are `cache`, `input`, `output`, `processor` and `rate_limit`.",
    "/streams": "GET: List all streams along with their status and uptimes. POST: Post an object of stream ids to"
    " stream configs, all streams will be replaced by this new set.",
    "/streams/{id}": "Perform CRUD operations on streams, supporting POST (Create), GET (Read), PUT (Update), PATCH"
    " (Patch update) and DELETE (Delete).",
    "/streams/{id}/stats": "GET a structured JSON object containing metrics for the stream.",
    "/version": "Returns the service version.",
}
"""What the engine itself says at `/endpoints`; its words are part of that answer."""


@dataclass(frozen=True)
class Service:
    engine: Engine

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("*", "/ready", self._ready),
            Endpoint("*", "/ping", lambda request: Answer(200, "pong")),
            Endpoint("*", "/version", self._version),
            Endpoint("*", "/endpoints", self._map),
        ]

    def elsewhere(self) -> Endpoint:
        """Every path that no other endpoint has: a stream's own readiness, or nothing."""
        return Endpoint("*", "/{path:path}", self._elsewhere)

    def guard(self, request: Request) -> Answer | None:
        if self.engine.credentials is not None:
            pair = base64.b64encode(":".join(self.engine.credentials).encode()).decode()
            if request.headers.get("authorization") != f"Basic {pair}":
                refusal = said(401, "Unauthorized")
                realm = {"www-authenticate": 'Basic realm="restricted", charset="UTF-8"'}
                return Answer(401, refusal.body, {**refusal.headers, **realm})
        return _elsewhere_than(request)

    def _ready(self, request: Request) -> Answer:
        now = self.engine.now
        running = [one for one in self.engine.streams.values() if one.is_active(now)]
        waiting = [one.id for one in running if not one.run.is_connected(one.elapsed(now))]
        if waiting:
            return Answer(503, f"streams {', '.join(waiting)} are not connected\n")
        return Answer(200, "OK")

    def _version(self, request: Request) -> Answer:
        return Answer(200, f'{{"version":"{self.engine.version}", "built":"unknown"}}')

    def _map(self, request: Request) -> Answer:
        own = {f"/{id}/ready": _STREAM_READY for id in self.engine.seen}
        return Answer(200, encoded({**_ENDPOINTS, **own}))

    def _elsewhere(self, request: Request) -> Answer:
        id, slash, rest = request.path.removeprefix(self.engine.root_path).lstrip("/").rpartition("/")
        if slash and rest == "ready" and id in self.engine.seen:
            return self._stream_ready(id)
        return said(404, "404 page not found")

    def _stream_ready(self, id: str) -> Answer:
        """On 503 the engine says text/plain, though it is JSON."""
        stream, now = self.engine.seen[id], self.engine.now
        ended = not stream.is_active(now)
        statuses = stream.run.statuses(stream.elapsed(now), ended)
        if ended:
            return Answer(503, _health(statuses, "stream terminated"))
        body = _health(statuses)
        if stream.run.is_connected(stream.elapsed(now)):
            return Answer(200, body.encode(), {"content-type": "application/json"})
        return Answer(503, body)


def _health(statuses: list[dict[str, Any]], error: str = "") -> str:
    listed = ",".join(map(written, statuses))
    before = f'"error":{encoded(error)},' if error else ""
    return f'{{{before}"statuses":[{listed}]}}\n'


def _elsewhere_than(request: Request) -> Answer | None:
    """A redirect to the path without doubled slashes and dots."""
    clean = posixpath.normpath(request.path).replace("//", "/")
    if request.path.endswith("/") and clean != "/":
        clean += "/"
    if clean == request.path:
        return None
    query = "&".join(f"{name}={value}" for name, value in request.pairs)
    return Answer(301, None, {"location": f"{clean}?{query}" if query else clean})
