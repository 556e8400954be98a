"""The parts of the stackfile's JSON Schema that are the same for all providers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from stackfile.language.json_kinds import REFERENCE, TEMPLATE, Json
from stackfile.language.variables import TYPES

_TEXTS: Final[Json] = {"type": "array", "items": {"type": "string"}}
_DURATION: Final[Json] = {"type": "string", "pattern": r"^(\d+(ms|s|m|h|d|w))+$|\{\{"}


def _object(says: str, properties: Json, *required: str) -> Json:
    out = {"type": "object", "description": says, "properties": properties, "additionalProperties": False}
    return {**out, "required": list(required)} if required else out


def _map(says: str, entry: Json) -> Json:
    return {"type": "object", "description": says, "additionalProperties": entry}


_LIFECYCLE: Final = _object(
    "How the resource may be changed and replaced.",
    {
        "prevent_destroy": {"type": "boolean", "description": "A plan that would delete or replace it is refused."},
        "create_before_destroy": {
            "type": "boolean",
            "description": "A replacement is made first; the old object goes when all use the new one.",
        },
        "ignore_changes": {
            "description": "Fields that are not compared once the resource exists; `all` for all of them.",
            "anyOf": [
                {"const": "all"},
                {
                    "type": "array",
                    "items": {
                        "anyOf": [
                            {"type": "string"},
                            _object(
                                "A field, why it is ignored, and until when.",
                                {"path": {"type": "string"}, "reason": {"type": "string"}, "until": {"type": "string"}},
                                "path",
                            ),
                        ]
                    },
                },
            ],
        },
        "replace_triggered_by": {**_TEXTS, "description": "Replaced when one of these changes: addresses, or fields."},
    },
)

_ENGINE: Final[Json] = {
    "provider": {"type": "string", "description": "The name of a provider under `providers:`."},
    "for_each": {
        "description": "One instance for each text, each map with a `name`, or each entry of a map.",
        "anyOf": [{"type": "array"}, {"type": "object"}, TEMPLATE],
    },
    "enabled": {
        "description": "false deletes the resource. It must be known at plan.",
        "anyOf": [{"type": "boolean"}, TEMPLATE],
    },
    "depends_on": {
        "description": "What must be there first, beyond what references say.",
        "anyOf": [{"type": "array", "items": REFERENCE}, REFERENCE],
    },
    "existing": {
        "type": "object",
        "description": "Not ours: looked up by these fields at plan, never changed.",
        "minProperties": 1,
    },
    "lifecycle": _LIFECYCLE,
    "timeouts": _object(
        "How long a change may take, as 10m.", {"create": _DURATION, "update": _DURATION, "delete": _DURATION}
    ),
}

ENGINE_FIELDS: Final[Json] = {name: {"$ref": f"#/definitions/engine.{name}"} for name in _ENGINE}
"""What every resource takes, whatever its kind."""

DEFINITIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "template": {
            "type": "string",
            "pattern": r"\{\{",
            "description": "An expression: {{ var.x }}, {{ streams.orders.id }}",
        },
        "reference": {
            "anyOf": [
                {"type": "string", "description": "An address, as streams.orders, or an expression."},
                {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            ]
        },
        **{f"engine.{name}": field for name, field in _ENGINE.items()},
    }
)


_FROM: Final[Mapping[str, Any]] = MappingProxyType(
    {"env": {"type": "string"}, "file": {"type": "string"}, "command": {**_TEXTS, "minItems": 1}}
)

_VARIABLE: Final = _object(
    "A value from outside: --var, --var-file, STACK_VAR_name, an environment, `from`, or its default.",
    {
        "type": {"enum": list(TYPES)},
        "default": {},
        "sensitive": {"type": "boolean", "description": "Masked in every print, and sealed at rest."},
        "allowed": {"type": "array"},
        "description": {"type": "string"},
        "from": _object("Where it comes from unless it is given.", dict(_FROM)),
    },
)

_MODULE: Final = _object(
    "One module, and what it is given.",
    {
        "source": {"type": "string", "description": "Its folder, which has a module.yaml, or its file."},
        **{name: {"$ref": f"#/definitions/engine.{name}"} for name in ("for_each", "enabled")},
        "variables": {"type": "object", "description": "Values and resources for the module's variables."},
    },
    "source",
)

SETTINGS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "version": {"const": 1, "description": "The version of the stackfile's language."},
        "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$", "description": "The stack's name."},
        "requires": _object(
            "What it takes to read this file.", {"stackfile": {"type": "string", "examples": [">=0.1,<2"]}}
        ),
        "include": {**_TEXTS, "description": "Files and globs with more of the same sections."},
        "variables": _map("Values that come from outside.", {"anyOf": [_VARIABLE, {"type": "null"}]}),
        "locals": _map("Values that are worked out once and used by name: {{ local.x }}", {}),
        "environments": _map(
            "What there is one state for each of. Chosen with --env or STACK_ENV.",
            {
                "anyOf": [
                    _object(
                        "An environment.",
                        {
                            "default": {"type": "boolean", "description": "Taken when none is named."},
                            "protected": {"type": "boolean", "description": "Takes saved or reviewed plans only."},
                            "variables": {"type": "object", "description": "Values of variables."},
                        },
                    ),
                    {"type": "null"},
                ]
            },
        ),
        "state": {
            "type": "object",
            "description": "Where the state is kept.",
            "properties": {
                "backend": {},
                "secret_key": _object(
                    "The key of its secrets, 32 bytes or more; without it, a file beside it.", dict(_FROM)
                ),
            },
        },
        "modules": _map("Files with resources, used several times with variables of their own.", _MODULE),
        "outputs": _map(
            "Values to show and to hand on.",
            _object(
                "An output.",
                {"value": {}, "sensitive": {"type": "boolean"}, "description": {"type": "string"}},
                "value",
            ),
        ),
        "moved": {
            "type": "array",
            "description": "Addresses that changed; the objects stay.",
            "items": _object("", {"from": {"type": "string"}, "to": {"type": "string"}}, "from", "to"),
        },
        "removed": {
            "type": "array",
            "description": "What is not declared any more, and whether its objects go.",
            "items": _object("", {"address": {"type": "string"}, "destroy": {"type": "boolean"}}, "address"),
        },
        "imports": {
            "type": "array",
            "description": "Objects that exist already and become ours.",
            "items": _object(
                "", {"to": {"type": "string"}, "id": {"type": ["string", "integer"]}, "name": {"type": "string"}}, "to"
            ),
        },
    }
)
