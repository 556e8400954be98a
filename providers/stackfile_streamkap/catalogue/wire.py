"""Values of `config` between a stackfile and the service, which keeps one flat map and gives most back as text.

The service stores numbers and booleans as strings, and an empty string as nothing (provider CHANGELOG 3.0.0-beta.17 and
commit 64b42e5); it takes native JSON as well, which is what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stackfile_streamkap.catalogue.entries import Connector, Key


def text(value: Any) -> Any:
    """Numbers and booleans as the service writes them; an empty text is nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return None if value == "" else value


def filled(value: Any) -> Any:
    """An empty text is nothing."""
    return None if isinstance(value, str) and not value.strip() else value


def commas(value: Any) -> Any:
    """A list, from a list or from text with commas; an empty one is nothing."""
    if isinstance(value, str):
        value = [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, list | tuple):
        return [text(item) for item in value] or None
    return value


def listed(value: Any) -> Any:
    """A list that the service may give back as JSON text, or with commas."""
    if isinstance(value, str) and value.startswith("["):
        value = _decoded(value)
    return commas(value)


def mapped(value: Any) -> Any:
    """A map that the service may give back as JSON text, with values that are JSON text again."""
    found = _decoded(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        return filled(found)
    return {key: _decoded(one) if isinstance(one, str) and one[:1] in "{[" else one for key, one in found.items()}


def document(value: Any) -> Any:
    """A JSON document as text; a stackfile may write it as a map."""
    return json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else filled(value)


def config_to_send(connector: Connector | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """ClickHouse's `topics.config.map` is JSON text of JSON texts (provider internal/resource/connector/base.go)."""
    out = dict(config)
    for name, value in config.items():
        key = connector.keys.get(name) if connector is not None else None
        if key is not None and key.wire == "json of json" and isinstance(value, Mapping):
            out[name] = json.dumps({inner: json.dumps(one) for inner, one in value.items()})
    return out


def config_received(connector: Connector | None, config: Mapping[str, Any]) -> dict[str, Any]:
    """As a stackfile would write it: without what is nothing, and each value in its key's type where it fits."""
    keys: Mapping[str, Key] = connector.keys if connector is not None else {}
    out: dict[str, Any] = {}
    for name, value in config.items():
        key = keys.get(name)
        taken = (_TAKEN[key.type] if key is not None else text)(value)
        if taken is not None:
            out[name] = taken
    return out


def _integer(value: Any) -> Any:
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    return int(value) if digits.isascii() and digits.isdigit() else filled(value)


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.lower(), filled(value)) if isinstance(value, str) else value


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


_TAKEN: Mapping[str, Callable[[Any], Any]] = {
    "text": text,
    "integer": _integer,
    "boolean": _boolean,
    "commas": commas,
    "list": listed,
    "map": mapped,
    "json": document,
}
