"""Connectors as the API describes them (provider cmd/tfgen/parser.go reads these fields), and as a later API would."""

from __future__ import annotations

from typing import Any

from stackfile_streamkap.catalogue.entries import Connector, Key
from stackfile_streamkap.catalogue.locked import Locked, built_in
from stackfile_streamkap.catalogue.wire import text

_CONTROLS = {"integer": "number", "boolean": "toggle", "list": "multi-select", "map": "json", "json": "json"}
_MADE = "ssh.public.key.user.displayed"


def later() -> Locked:
    """What a service offers that is ahead of the provider: a connector more and one less, keys more, less and other."""
    known: dict[str, dict[str, Any]] = {section: dict(connectors) for section, connectors in built_in().items()}
    postgresql = {**known["sources"]["postgresql"], "snapshot.chunk.rows": _CHUNK}
    postgresql["database.sslmode"] = {**postgresql["database.sslmode"], "enum": ["require", "disable", "verify-full"]}
    del postgresql["post.processors"]
    known["sources"] |= {"postgresql": postgresql, "new_ledger": _LEDGER}
    del known["destinations"]["motherduck"]
    return Locked(known)


_CHUNK: dict[str, Any] = {
    "type": "integer",
    "default": 1000,
    "min": 1,
    "max": 5000,
    "about": "rows that are read at once",
}
_LEDGER: dict[str, dict[str, Any]] = {
    "ledger.url": {"type": "text", "required": True, "about": "where it is"},
    "ledger.token": {"type": "text", "required": True, "secret": True},
    "ledger.books": {"type": "list"},
    "ledger.format": {"type": "text", "enum": ["lines", "blocks"], "replaces": True},
}


def definition(entry: Connector) -> dict[str, Any]:
    return {
        "connector_code": entry.name,
        "display_name": entry.name.capitalize(),
        "coming_soon": False,
        "config": [_described(key) for key in entry.keys.values()],
    }


def _described(key: Key) -> dict[str, Any]:
    return {
        "name": key.name,
        "description": key.about,
        "display_name": key.name.replace(".", " "),
        "user_defined": not key.server,
        "required": key.required or bool(key.when),
        "encrypt": key.secret,
        "set_once": key.replaces,
        "is_deleted": False,
        "conditions": [{"operator": "EQ", "config": name, "value": text(value)} for name, value in key.when.items()],
        "value": {
            "control": _control(key),
            "type": "raw",
            "default": "<SSH.PUBLIC.KEY>" if key.name == _MADE else text(key.default),
            "raw_values": [{"value": one, "label": one.capitalize()} for one in key.enum],
            "min": key.min,
            "max": key.max,
            "readonly": key.server and key.name != _MADE,
        },
    }


def _control(key: Key) -> str:
    if key.secret:
        return "password"
    return "one-select" if key.enum else _CONTROLS.get(key.type, "string")
