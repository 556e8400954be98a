"""Nodes as the engine keeps and echoes them: values, what decoding loses, and the JSON of its answers."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from stackfile_redpanda_connect.simulator.documents import Node
from stackfile_redpanda_connect.simulator.scalars import meaning, number


class Unsaid(Exception):
    """A value that JSON has no form for, in the words of the engine."""


class Keyed(dict[Any, Any]):
    """A mapping with a key that is no text: it can be kept, not echoed."""


_GONE = object()
_ESCAPED = re.compile("[<>&\u2028\u2029]")


def decoded(node: Node) -> tuple[Any, list[str]]:
    """The value, and what was wrong. A mapping with a key twice is left out of what holds it; as the whole: None."""
    faults: list[str] = []
    value = _value(node, faults)
    return (None if value is _GONE else value), faults


def encoded(value: Any) -> str:
    """JSON as Go writes it. Raises Unsaid."""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, Keyed):
        raise Unsaid("json: unsupported type: map[interface {}]interface {}")
    if isinstance(value, dict):
        return "{" + ",".join(f"{encoded(key)}:{encoded(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(encoded, value))}]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unsaid(f"json: unsupported value: {'NaN' if math.isnan(value) else '+Inf' if value > 0 else '-Inf'}")
    return number(value)


def written(fields: dict[str, Any]) -> str:
    """The JSON of a struct: its names in this order."""
    return "{" + ",".join(f"{encoded(name)}:{encoded(value)}" for name, value in fields.items()) + "}"


def merged(into: Any, patch: Any) -> Any:
    """What a PATCH makes of a config: objects merge, anything else is replaced."""
    if not isinstance(patch, dict):
        return into
    result = dict(into) if isinstance(into, dict) else {}
    for name, value in patch.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], value) if both else value
    return result


def _value(node: Node, faults: list[str]) -> Any:
    if node.of is not None:
        return _value(node.of, faults)
    if node.kind == "scalar":
        return meaning(node.tag, node.value)
    if node.kind == "seq":
        found = [_value(one, faults) for one in node.content]
        return [one for one in found if one is not _GONE]
    return _mapping(node, faults) if node.kind == "map" else None


def _mapping(node: Node, faults: list[str]) -> Any:
    again = _repeated(node)
    if again:
        faults.extend(again)
        return _GONE
    text = all((key.of or key).tag in ("!!str", "!!merge") for key, _ in node.pairs())
    result: dict[Any, Any] = {} if text else Keyed()
    for key, value in node.pairs():
        if key.tag == "!!merge":
            continue
        found = _value(value, faults)
        if found is not _GONE:
            result[_value(key, faults)] = found
    for key, value in node.pairs():
        if key.tag == "!!merge":
            _merge(result, value, faults)
    return result


def _merge(into: dict[Any, Any], node: Node, faults: list[str]) -> None:
    for one in [node] if node.kind != "seq" else node.content:
        found = _value(one, faults)
        for name, value in found.items() if isinstance(found, dict) else ():
            into.setdefault(name, value)


def _repeated(node: Node) -> list[str]:
    first: dict[tuple[str, str], int] = {}
    faults: list[str] = []
    for key, _ in node.pairs():
        place = (key.kind, key.value)
        if place in first:
            faults.append(f'line {key.line}: mapping key "{key.value}" already defined at line {first[place]}')
        first.setdefault(place, key.line)
    return faults
