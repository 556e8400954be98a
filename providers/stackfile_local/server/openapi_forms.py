"""What the API's description is put together from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NAME = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,249}$", "not": {"enum": [".", ".."]}}
TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
TIME = {"type": "string", "format": "date-time"}
FLAG = {"type": "string", "enum": ["true", "false"]}
ANY: dict[str, Any] = {}

_ALWAYS = ("400", "401", "403", "500", "503")


def closed(required: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """An object with no other fields."""
    shape: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def entire(**fields: Any) -> dict[str, Any]:
    """An object that has every one of these fields."""
    return closed(tuple(fields), **fields)


def listed(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def query_parameter(name: str, schema: dict[str, Any], says: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": says}


def content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": ref(name)}}


def operation_of(
    summary: str,
    answer: str,
    given: Sequence[str] = (),
    *,
    body: str = "",
    status: str = "200",
    fails: Sequence[str] = (),
) -> dict[str, Any]:
    """`given` names parameters, `body` and `answer` schemas, `fails` statuses beside those that any request may get."""
    failing = {code: {"description": "An error.", "content": content("Error")} for code in sorted({*_ALWAYS, *fails})}
    operation: dict[str, Any] = {
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in given],
        "responses": {status: {"description": "Done.", "content": content(answer)}, **failing},
    }
    if body:
        operation["requestBody"] = {"required": True, "content": content(body)}
    return operation


def text_of(summary: str, kind: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {
            "200": {"description": "Done.", "content": {kind: {"schema": {}}}},
            "401": {"description": "An error.", "content": content("Error")},
            "403": {"description": "An error.", "content": content("Error")},
        },
    }
