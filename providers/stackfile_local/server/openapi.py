"""The API's own description, as OpenAPI 3.1: what can be asked, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackfile import __version__
from stackfile_local.server.errors import TABLE
from stackfile_local.server.openapi_schemas import PARAMETERS, SCHEMAS

_ALWAYS = ("400", "401", "403", "500", "503")
_STREAM = ("name",)
_WRITES = ("408", "413", "415", "429", "504", "507")


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stackfile engine",
            "version": __version__,
            "description": "Streams, consumer groups and processors of one engine. An answer to a write comes when the "
            "write is on the disk. Error codes: " + ", ".join(f"{code} {name}" for code, (name, _) in TABLE.items()),
        },
        "security": [{}, {"token": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": PARAMETERS,
            "schemas": SCHEMAS,
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _operation(
    summary: str,
    answer: str,
    given: Sequence[str] = (),
    *,
    body: str = "",
    status: str = "200",
    fails: Sequence[str] = (),
) -> dict[str, Any]:
    """`given` names parameters, `body` and `answer` schemas, `fails` statuses beside those that any request may get."""
    failing = {code: {"description": "An error.", "content": _content("Error")} for code in sorted({*_ALWAYS, *fails})}
    operation: dict[str, Any] = {
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in given],
        "responses": {status: {"description": "Done.", "content": _content(answer)}, **failing},
    }
    if body:
        operation["requestBody"] = {"required": True, "content": _content(body)}
    return operation


def _text(summary: str, kind: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {
            "200": {"description": "Done.", "content": {kind: {"schema": {}}}},
            "401": {"description": "An error.", "content": _content("Error")},
            "403": {"description": "An error.", "content": _content("Error")},
        },
    }


_HEALTH = {
    "summary": "Whether the engine is well; asks for no token.",
    "security": [{}],
    "responses": {
        "200": {"description": "It is.", "content": _content("Health")},
        "403": {"description": "An error.", "content": _content("Error")},
        "503": {"description": "It is not.", "content": _content("Health")},
    },
}

_PATHS: dict[str, Any] = {
    "/api/v1/streams": {
        "get": _operation("Every stream.", "Streams"),
        "post": _operation(
            "Make a stream.", "Stream", body="NewStream", status="201", fails=("408", "409", "413", "415", "507")
        ),
    },
    "/api/v1/streams/{name}": {
        "get": _operation("A stream, with what it holds.", "Stream", _STREAM, fails=("404",)),
        "put": _operation(
            "Change a stream: what is not named stays, null goes back to the default, partitions only grow.",
            "Stream",
            _STREAM,
            body="StreamChange",
            fails=("404", "408", "409", "413", "415", "507"),
        ),
        "delete": _operation(
            "Delete a stream with all its events.", "StreamDeleted", ("name", "force"), fails=("404", "409", "507")
        ),
    },
    "/api/v1/streams/{name}/events": {
        "post": _operation(
            "Append an event.", "Published", ("name", "writeTimeout"), body="Event", fails=("404", *_WRITES)
        ),
        "get": _operation(
            "A page of events, as soon as there is one.",
            "Page",
            ("name", "consumerGroup", "offset", "partition", "limit", "timeout", "autoCommit"),
            fails=("404", "504", "507"),
        ),
    },
    "/api/v1/streams/{name}/events/batch": {
        "post": _operation(
            "Append events; each has its own result.", "Batch", _STREAM, body="NewBatch", fails=("404", *_WRITES)
        ),
    },
    "/api/v1/consumers": {"get": _operation("Every consumer group.", "Groups")},
    "/api/v1/consumers/{group}": {
        "get": _operation("What a group has committed, and how far it is behind.", "Group", ("group",), fails=("404",)),
        "delete": _operation("Forget a group.", "GroupDeleted", ("group",), fails=("404", "507")),
    },
    "/api/v1/consumers/{group}/commit": {
        "post": _operation(
            "Commit offsets, all or none: each is that of the next event to read.",
            "Committed",
            ("group",),
            body="Commit",
            fails=("404", *_WRITES),
        ),
    },
    "/api/v1/processors": {
        "get": _operation("Every processor.", "Processors"),
        "post": _operation(
            "Make a processor; it runs at once, from the start of its source.",
            "ProcessorMade",
            body="NewProcessor",
            status="201",
            fails=("404", "408", "409", "413", "415", "507"),
        ),
    },
    "/api/v1/processors/{id}": {
        "get": _operation("A processor as it was defined, and how it fares.", "Processor", ("id",), fails=("404",)),
        "delete": _operation(
            "Delete a processor; its results stay.", "ProcessorDeleted", ("id",), fails=("404", "507")
        ),
    },
    "/api/v1/processors/{id}/pause": {
        "post": _operation("Pause a processor.", "Processor", ("id",), fails=("404", "507")),
    },
    "/api/v1/processors/{id}/resume": {
        "post": _operation("Let it go on where it was.", "Processor", ("id",), fails=("404", "507")),
    },
    "/api/v1/processors/{id}/metrics": {
        "get": _operation("How a processor fares.", "ProcessorMetrics", ("id",), fails=("404",)),
    },
    "/health": {"get": _HEALTH},
    "/metrics": {"get": _text("Figures for Prometheus.", "text/plain")},
    "/openapi.json": {"get": _text("This description.", "application/json")},
}
