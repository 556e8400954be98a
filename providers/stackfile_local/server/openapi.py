"""The API's own description, as OpenAPI 3.1: what can be asked, and what is answered."""

from __future__ import annotations

from typing import Any

from stackfile import __version__
from stackfile_local.server.errors import TABLE
from stackfile_local.server.openapi_forms import content, operation_of, text_of
from stackfile_local.server.openapi_resources import RESOURCE_PARAMETERS, RESOURCE_PATHS, RESOURCE_SCHEMAS
from stackfile_local.server.openapi_schemas import PARAMETERS, SCHEMAS

_STREAM = ("name",)
_WRITES = ("408", "413", "415", "429", "504", "507")


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stackfile engine",
            "version": __version__,
            "description": "Streams, consumer groups and processors of one engine, and all that a stackfile declares. "
            "An answer to a write comes when the write is on the disk. Error codes: "
            + ", ".join(f"{code} {name}" for code, (name, _) in TABLE.items()),
        },
        "security": [{}, {"token": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": {**PARAMETERS, **RESOURCE_PARAMETERS},
            "schemas": {**SCHEMAS, **RESOURCE_SCHEMAS},
        },
    }


_HEALTH = {
    "summary": "Whether the engine is well; asks for no token.",
    "security": [{}],
    "responses": {
        "200": {"description": "It is.", "content": content("Health")},
        "403": {"description": "An error.", "content": content("Error")},
        "503": {"description": "It is not.", "content": content("Health")},
    },
}

_PATHS: dict[str, Any] = {
    "/api/v1/streams": {
        "get": operation_of("Every stream.", "Streams"),
        "post": operation_of(
            "Make a stream.", "Stream", body="NewStream", status="201", fails=("408", "409", "413", "415", "507")
        ),
    },
    "/api/v1/streams/{name}": {
        "get": operation_of("A stream, with what it holds.", "Stream", _STREAM, fails=("404",)),
        "put": operation_of(
            "Change a stream: what is not named stays, null goes back to the default, partitions only grow.",
            "Stream",
            _STREAM,
            body="StreamChange",
            fails=("404", "408", "409", "413", "415", "507"),
        ),
        "delete": operation_of(
            "Delete a stream with all its events.", "StreamDeleted", ("name", "force"), fails=("404", "409", "507")
        ),
    },
    "/api/v1/streams/{name}/events": {
        "post": operation_of(
            "Append an event.", "Published", ("name", "writeTimeout"), body="Event", fails=("404", *_WRITES)
        ),
        "get": operation_of(
            "A page of events, as soon as there is one.",
            "Page",
            ("name", "consumerGroup", "offset", "partition", "limit", "timeout", "autoCommit"),
            fails=("404", "504", "507"),
        ),
    },
    "/api/v1/streams/{name}/events/batch": {
        "post": operation_of(
            "Append events; each has its own result.", "Batch", _STREAM, body="NewBatch", fails=("404", *_WRITES)
        ),
    },
    "/api/v1/consumers": {"get": operation_of("Every consumer group.", "Groups")},
    "/api/v1/consumers/{group}": {
        "get": operation_of(
            "What a group has committed, and how far it is behind.", "Group", ("group",), fails=("404",)
        ),
        "delete": operation_of("Forget a group.", "GroupDeleted", ("group",), fails=("404", "507")),
    },
    "/api/v1/consumers/{group}/commit": {
        "post": operation_of(
            "Commit offsets, all or none: each is that of the next event to read.",
            "Committed",
            ("group",),
            body="Commit",
            fails=("404", *_WRITES),
        ),
    },
    "/api/v1/processors": {
        "get": operation_of("Every processor.", "Processors"),
        "post": operation_of(
            "Make a processor; it runs at once, from the start of its source.",
            "ProcessorMade",
            body="NewProcessor",
            status="201",
            fails=("404", "408", "409", "413", "415", "507"),
        ),
    },
    "/api/v1/processors/{id}": {
        "get": operation_of("A processor as it was defined, and how it fares.", "Processor", ("id",), fails=("404",)),
        "put": operation_of(
            "Change a processor: what is not named stays, null goes back to the default. Where operations hold state, "
            "other ones discard it, and all is computed again.",
            "Processor",
            ("id",),
            body="ProcessorChange",
            fails=("404", "408", "409", "413", "415", "507"),
        ),
        "delete": operation_of(
            "Delete a processor; its results stay.", "ProcessorDeleted", ("id",), fails=("404", "507")
        ),
    },
    "/api/v1/processors/{id}/pause": {
        "post": operation_of("Pause a processor.", "Processor", ("id",), fails=("404", "507")),
    },
    "/api/v1/processors/{id}/resume": {
        "post": operation_of("Let it go on where it was.", "Processor", ("id",), fails=("404", "507")),
    },
    "/api/v1/processors/{id}/metrics": {
        "get": operation_of("How a processor fares.", "ProcessorMetrics", ("id",), fails=("404",)),
    },
    **RESOURCE_PATHS,
    "/health": {"get": _HEALTH},
    "/metrics": {"get": text_of("Figures for Prometheus.", "text/plain")},
    "/openapi.json": {"get": text_of("This description.", "application/json")},
}
