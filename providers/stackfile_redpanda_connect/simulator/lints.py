"""Lints: what is wrong with a config by its shape alone, in the engine's words and order, with the line in front."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stackfile_redpanda_connect.simulator.catalogue import STREAM, Field, component, reserved
from stackfile_redpanda_connect.simulator.documents import Node
from stackfile_redpanda_connect.simulator.mappings import fault_of

_LABEL = re.compile(r"[a-z0-9_\-]+")
_LABEL_RULE = "should match the regular expression /^[a-z0-9_\\-]+$/ and must not start with an underscore"


def stream_lints(node: Node) -> list[str]:
    return _Linter().of_field(STREAM, node)


def resource_lints(type: str, node: Node) -> list[str]:
    return _Linter().of_component(type, node)


class Uninferred(Exception):
    """No component can be told from these keys, in the words of the engine."""


def inferred(type: str, keys: list[str]) -> str:
    """Which component a config is of, by its keys. Raises Uninferred."""
    candidates = [key for key in keys if key not in reserved(type)]
    known = [key for key in candidates if component(type, key) is not None]
    if len(known) > 1:
        first, second = sorted(known[:2])
        raise Uninferred(f"unable to infer {type} type, multiple candidates '{first}' and '{second}'")
    if not candidates:
        raise Uninferred(f"an explicit {type} type must be specified")
    if not known:
        raise Uninferred(f"unable to infer {type} type from candidates: [{' '.join(sorted(candidates))}]")
    return known[0]


@dataclass
class _Linter:
    labels: dict[str, int] = field(default_factory=dict)
    """On which line each label was first seen."""

    def of_field(self, spec: Field, node: Node) -> list[str]:
        lints = self._custom(spec, node)
        if spec.kind == "array":
            if node.kind != "seq":
                return [*lints, _at(node, "expected array value")]
            return [*lints, *(lint for one in node.content for lint in self.of_field(spec.one, one))]
        if spec.kind == "map":
            if node.kind != "map":
                return [*lints, _at(node, f"expected object value, got {node.tag}")]
            return [*lints, *(lint for _, one in node.pairs() for lint in self.of_field(spec.one, one))]
        if spec.is_core:
            return [*lints, *self.of_component(spec.type, node)]
        return [*lints, *(self._of_children(spec, node) if spec.children else _of_leaf(spec, node))]

    def of_component(self, type: str, node: Node) -> list[str]:
        said = node.get("type")
        if said is None and not node.content:
            return []
        try:
            name = said.value if said is not None else inferred(type, _keys(node))
        except Uninferred:
            keys = _keys(node)
            named = keys[0] if len(keys) == 1 else f"[{' '.join(keys)}]"
            return [_at(node, f"unable to infer component type: {named}")]
        spec = component(type, name)
        if spec is None:
            return [_at(node, f"failed to obtain docs for {type} type {name}")]
        own = node.get(name)
        lints = self.of_field(spec, own) if own is not None else []
        for key, value in node.pairs():
            if key.value not in (name, "type"):
                lints += self._beside(type, spec, node, key, value)
        return lints

    def _beside(self, type: str, spec: Field, node: Node, key: Node, value: Node) -> list[str]:
        shared = reserved(type).get(key.value)
        if shared is None:
            return [_at(key, f"field {key.value} is invalid when the component type is {spec.name} ({type})")]
        lints: list[str] = []
        if key.value == "plugin":
            known = node.get(spec.name) is not None
            lints += [_at(key, "plugin object is ineffective")] if known else self.of_field(spec, value)
        if key.value == "label" and node.get("resource") is not None:
            lints.append(_at(value, "label field should be omitted when pointing to a resource"))
        if key.value == "processors" and value.kind == "seq" and not value.content:
            lints.append(_at(value, "field processors is empty and can be removed"))
        return [*lints, *self.of_field(shared, value)]

    def _of_children(self, spec: Field, node: Node) -> list[str]:
        if node.kind != "map":
            return [] if node.kind == "alias" else [_at(node, f"expected object value, got {node.tag}")]
        missing = {one.name: one for one in spec.children if one.required}
        lints = self._walked(spec, node, missing)
        return [*lints, *(_at(node, f"field {name} is required") for name in missing)]

    def _walked(self, spec: Field, node: Node, missing: dict[str, Field]) -> list[str]:
        lints: list[str] = []
        for key, value in node.pairs():
            if key.tag == "!!merge" and value.of is not None:
                lints += self._walked(spec, value.of, missing)
                continue
            child = spec.child(key.value)
            if child is not None:
                lints += self.of_field(child, value)
                missing.pop(key.value, None)
            elif value.kind != "alias":
                lints.append(_at(key, f"field {key.value} not recognised"))
        return lints

    def _custom(self, spec: Field, node: Node) -> list[str]:
        if node.kind != "scalar":
            return []
        if spec.name == "label" and node.value:
            return self._of_label(node)
        if spec.type == "bloblang" and node.value:
            return _of_mapping(node)
        if spec.options and node.value not in spec.options:
            return [_at(node, f"value {node.value} is not a valid option for this field")]
        return []

    def _of_label(self, node: Node) -> list[str]:
        label = node.value
        if not _LABEL.fullmatch(label) or label[0] in "_-":
            return [_at(node, f"invalid label '{label}': {_LABEL_RULE}")]
        if label in self.labels:
            return [_at(node, f"label '{label}' collides with a previously defined label at line {self.labels[label]}")]
        self.labels[label] = node.line
        return []


def _of_leaf(spec: Field, node: Node) -> list[str]:
    if spec.type in ("bool", "string", "int", "float", "bloblang") and node.kind in ("map", "seq"):
        return [_at(node, f"expected {'string' if spec.type == 'bloblang' else spec.type} value")]
    if spec.type == "object" and node.kind not in ("map", "alias"):
        return [_at(node, f"expected object value, got {node.tag}")]
    return []


def _of_mapping(node: Node) -> list[str]:
    fault = fault_of(node.value)
    if fault is None:
        return []
    line = node.line + fault.line - 1 + (1 if node.literal else 0)
    return [f"({line},{node.column + fault.column}) {fault.says}"]


def _keys(node: Node) -> list[str]:
    return [key.value for key, _ in node.pairs()]


def _at(node: Node, says: str) -> str:
    return f"({node.line},1) {says}"
