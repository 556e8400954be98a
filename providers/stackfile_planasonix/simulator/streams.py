"""Streams of the simulated workspace: created is not started, a list without configs, and no GET by id.

A stream whose config or name has `broken` in it ends up in `error` when it is started, and a text under that key is
why; one with `slow` stays starting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from stackfile.testing.simulator import Answer, Endpoint, Request
from stackfile_planasonix.simulator.workspace import Stored, Workspace, by_cursor, listed, refuse, required

_LISTED = ("name", "source_type", "pipeline_id", "status")
_FILTERS = ("status", "source_type", "pipeline_id")
_FROM = {
    "start": ("created", "stopped", "error", "paused"),
    "stop": ("running", "paused", "starting", "error"),
    "pause": ("running",),
    "resume": ("paused",),
}
"""From which states each call is taken; any other is 409. That a paused stream may be started, too, is a guess."""
_TO = {"start": "starting", "stop": "stopped", "pause": "paused", "resume": "running"}
_RATES = {"1m": 24.0, "5m": 20.0, "1h": 15.5, "24h": 11.25}
"""Events a second of a stream that runs, by window."""


def stream_endpoints(workspace: Workspace) -> list[Endpoint]:
    return Streams(workspace).endpoints()


@dataclass(frozen=True)
class Streams:
    workspace: Workspace

    def endpoints(self) -> list[Endpoint]:
        at = "/api/streams"
        return [
            Endpoint("GET", at, self._list),
            Endpoint("POST", at, self._create),
            Endpoint("GET", f"{at}/summary", self._summary),
            Endpoint("DELETE", f"{at}/{{id}}", self._delete),
            Endpoint("GET", f"{at}/{{id}}/metrics", self._metrics),
            *(Endpoint("POST", f"{at}/{{id}}/{verb}", self._verb(verb)) for verb in _FROM),
        ]

    def _list(self, request: Request) -> Answer:
        wanted = {
            name: request.query[name] for name in ("status", "source_type", "pipeline_id") if name in request.query
        }
        for stored in self.workspace.shelf("streams"):
            self._advance(stored)

        def keep(one: Stored) -> bool:
            return all(one.fields[name] == value for name, value in wanted.items())

        page, cursor = by_cursor(self.workspace.shelf("streams"), request, keep)
        return listed([self._shown(one, _LISTED) for one in page], request.query.get("limit"), cursor)

    def _create(self, request: Request) -> Answer:
        body = required(request, "name", "sourceType", "pipelineId")
        self.workspace.expect_free("streams", body["name"])
        known = self.workspace.shelves.get("pipelines")
        if known and body["pipelineId"] not in known:
            refuse(400, "invalid_request", f"pipeline {body['pipelineId']} does not exist", ("pipelineId", "unknown"))
        fields = {
            "name": body["name"],
            "source_type": body["sourceType"],
            "pipeline_id": body["pipelineId"],
            "connection_id": body.get("connectionId"),
            "status": "created",
            "config": body.get("config") or {},
        }
        stored = self.workspace.add("streams", "str", fields)
        return Answer(201, {"data": self._shown(stored, (*_LISTED, "config"))})

    def _delete(self, request: Request) -> Answer:
        stored = self._stream(request)
        if stored.fields["config"].get("consumers") and request.query.get("force") != "true":
            refuse(409, "conflict", "the stream has active consumers")
        self.workspace.shelf("streams").remove(stored.id)
        attributes = {"deleted": True, "deleted_at": self.workspace.moment}
        return Answer(200, {"data": {"id": stored.id, "type": "stream", "attributes": attributes}})

    def _verb(self, verb: str) -> Any:
        def answer(request: Request) -> Answer:
            stored = self._stream(request)
            status = stored.fields["status"]
            if status not in _FROM[verb] or verb == self.workspace.refuses:
                refuse(409, "conflict", f"cannot {verb} a stream that is {status}")
            stored.fields["status"] = _TO[verb]
            stored.fields["_settles"] = self.workspace.now + self.workspace.starts_in
            stored.changed = self.workspace.moment
            attributes = {"status": stored.fields["status"], "updated_at": stored.changed}
            return Answer(200, {"data": {"id": stored.id, "type": "stream", "attributes": attributes}})

        return answer

    def _summary(self, request: Request) -> Answer:
        states = ["running", "paused", "stopped", "error"]
        streams = list(self.workspace.shelf("streams"))
        for stored in streams:
            self._advance(stored)
        count = {state: sum(one.fields["status"] == state for one in streams) for state in states}
        attributes = {
            "total": len(streams),
            "by_status": count,
            "approx_events_per_minute": 1200 * count["running"],
            "computed_at": self.workspace.moment,
        }
        return Answer(200, {"data": {"type": "streams_summary", "attributes": attributes}})

    def _metrics(self, request: Request) -> Answer:
        stored = self._stream(request)
        window = request.query.get("window", "5m")
        if window not in _RATES:
            refuse(400, "invalid_request", f"no window {window}", ("window", "must be 1m, 5m, 1h or 24h"))
        runs = stored.fields["status"] == "running"
        why = stored.fields["config"].get("broken") if stored.fields["status"] == "error" else None
        attributes = {
            "stream_id": stored.id,
            "status": stored.fields["status"],
            "events_per_second": _RATES[window] if runs else 0.0,
            "bytes_per_second": 4096 if runs else 0,
            "lag_seconds": 1.5 if runs else None,
            "error_rate_per_minute": 0.0,
            "last_event_at": self.workspace.moment if runs else None,
            **({"last_error": why} if isinstance(why, str) else {}),
            "window": window,
            "computed_at": self.workspace.moment,
        }
        return Answer(200, {"data": {"id": stored.id, "type": "stream_metrics", "attributes": attributes}})

    def _stream(self, request: Request) -> Stored:
        stored = self.workspace.found("streams", request.at["id"])
        self._advance(stored)
        return stored

    def _advance(self, stored: Stored) -> None:
        """`starting` ends by itself."""
        told = f"{stored.name} {json.dumps(stored.fields['config'])}"
        if stored.fields["status"] != "starting" or self.workspace.now < stored.fields["_settles"] or "slow" in told:
            return
        stored.fields["status"] = "error" if "broken" in told else "running"
        stored.changed = self.workspace.moment

    def _shown(self, stored: Stored, names: tuple[str, ...]) -> dict[str, Any]:
        attributes = {name: stored.fields[name] for name in names}
        times = {"created_at": stored.made, "updated_at": stored.changed}
        return {"id": stored.id, "type": "stream", "attributes": {**attributes, **times}}
