"""The description of resources as a stackfile writes them. Their fields are those of the kinds, and stay open here."""

from __future__ import annotations

from typing import Any

from stackfile_local.kinds.every import BY_SECTION
from stackfile_local.server.openapi_forms import (
    COUNT,
    TEXT,
    TIME,
    closed,
    entire,
    listed,
    operation_of,
    path_parameter,
    query_parameter,
    ref,
)
from stackfile_local.server.resources import CONSUMERS

_SECTION = "/api/v1/resources/{section}"
_ONE = ("section", "id")
_CHANGES = ("404", "408", "409", "413", "415", "507")
_FIELDS = {"type": "object", "description": "The fields of the kind, as a stackfile writes them; references are ids."}
_RESOURCE = {"id": TEXT, "createdAt": TIME, "mark": {"type": ["string", "null"]}, "fields": _FIELDS}
_MEASURED = {"type": "object", "properties": {"state": TEXT, "well": {"type": "boolean"}}, "required": ["state"]}


def _setting(says: str) -> dict[str, Any]:
    return {"post": operation_of(says, "Resource", _ONE, fails=("404", "507"))}


RESOURCE_PARAMETERS: dict[str, Any] = {
    "section": path_parameter("section", {"type": "string", "enum": sorted(BY_SECTION)}),
    "wait": query_parameter("wait", COUNT, "Milliseconds to wait for what is about to start: 0; at most 5000."),
    "measured": path_parameter("section", {"type": "string", "enum": [*sorted(BY_SECTION), CONSUMERS]}),
}

RESOURCE_SCHEMAS: dict[str, Any] = {
    "NewResource": closed(
        ("fields",), fields=_FIELDS, mark={"type": ["string", "null"], "maxLength": 200, "description": "A note."}
    ),
    "ResourceChange": entire(fields=_FIELDS),
    "Resource": entire(**_RESOURCE),
    "Resources": entire(resources=listed(ref("Resource"))),
    "ResourceDeleted": entire(status={"const": "deleted"}, id=TEXT, deletedAt=TIME),
    "Metrics": entire(metrics=listed({"type": "object"})),
    "ResourceHealth": entire(id=TEXT, health={"enum": ["ready", "pending", "failed"]}, says=TEXT),
    "ResourceMetrics": entire(
        id=TEXT, metrics=_MEASURED, positions=listed(entire(input=TEXT, position={"type": "object"}))
    ),
}

RESOURCE_PATHS: dict[str, Any] = {
    _SECTION: {
        "get": operation_of("Every resource of a section.", "Resources", ("section",), fails=("404",)),
        "post": operation_of(
            "Declare a resource; it runs at once.",
            "Resource",
            ("section",),
            body="NewResource",
            status="201",
            fails=_CHANGES,
        ),
    },
    "/api/v1/metrics/{section}": {
        "get": operation_of(
            "How every resource of a section fares, or every consumer.", "Metrics", ("measured",), fails=("404",)
        ),
    },
    f"{_SECTION}/{{id}}": {
        "get": operation_of("A resource.", "Resource", _ONE, fails=("404",)),
        "put": operation_of(
            "Change a resource: what is not named stays, null unsets.",
            "Resource",
            _ONE,
            body="ResourceChange",
            fails=_CHANGES,
        ),
        "delete": operation_of(
            "Delete a resource with all that the engine holds of it.",
            "ResourceDeleted",
            _ONE,
            fails=("404", "409", "507"),
        ),
    },
    f"{_SECTION}/{{id}}/metrics": {
        "get": operation_of("How it fares, and how far it has read.", "ResourceMetrics", _ONE, fails=("404",)),
    },
    f"{_SECTION}/{{id}}/health": {
        "get": operation_of(
            "Whether it does its work, and if not, why.", "ResourceHealth", (*_ONE, "wait"), fails=("404",)
        ),
    },
    f"{_SECTION}/{{id}}/pause": _setting("Let it move nothing until it is resumed."),
    f"{_SECTION}/{{id}}/stop": _setting("Let it move nothing until it is started."),
    f"{_SECTION}/{{id}}/resume": _setting("Let it go on where it was."),
    f"{_SECTION}/{{id}}/start": _setting("Let it go on where it was."),
}
