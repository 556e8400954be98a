"""From a document to the components it names, or the refusal that comes before any of them is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stackfile_redpanda_connect.simulator.catalogue import STREAM, Field, component
from stackfile_redpanda_connect.simulator.documents import NOTHING, Node, node_of
from stackfile_redpanda_connect.simulator.lints import Uninferred, inferred
from stackfile_redpanda_connect.simulator.scalars import meaning

DEFAULTS = {"input": "stdin", "buffer": "none", "output": "stdout"}
_TRUE_OR_FALSE = ("y", "yes", "on", "n", "no", "off")


class Misread(Exception):
    """A config that cannot be parsed, in the words of the engine."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a config. `path` is as the engine's metrics have it, `own` the fields under its name."""

    type: str
    name: str
    label: str
    path: str
    own: Node
    node: Node

    @property
    def spec(self) -> Field:
        found = component(self.type, self.name)
        assert found is not None, self.name  # noqa: S101 - a component is made of one that is known
        return found

    def text(self, field: str) -> str:
        """A field's text; nothing where it is not there."""
        found = self.own.get(field)
        return "" if found is None or found.tag == "!!null" else found.value

    def processors(self) -> list[Component]:
        """Those that stand beside the component."""
        return _listed("processor", self.node.get("processors"), f"{self.path}.processors")


@dataclass(frozen=True, slots=True)
class Config:
    """The four layers of a stream."""

    input: Component
    buffer: Component
    processors: list[Component]
    output: Component


def config_of(node: Node) -> Config:
    """Raises Misread."""
    pipeline = node.get("pipeline")
    threads = pipeline.get("threads") if pipeline is not None else None
    if threads is not None:
        expect_type(Field("threads", "int"), threads, "field 'pipeline': field 'threads': ")
    listed = pipeline.get("processors") if pipeline is not None else None
    if listed is not None and listed.kind != "seq":
        where = "field 'pipeline': field 'processors'"
        raise Misread(f"{where}: line {listed.line}: expected array value, got {listed.tag}")
    sections = {child.name: node.get(child.name) for child in STREAM.children if child.is_core}
    made = {name: component_of(name, found or _default(name), f"root.{name}") for name, found in sections.items()}
    input, buffer, output = made["input"], made["buffer"], made["output"]
    for layer in (input, output):
        for number, one in enumerate((layer.node.get("processors") or NOTHING).content):
            _beside(one, number)
    return Config(input, buffer, _listed("processor", listed, "root.pipeline.processors"), output)


def component_of(type: str, node: Node, path: str) -> Component:
    """Raises Misread."""
    node = node.of or node
    if node.kind != "map":
        raise Misread(f"({node.line},1) invalid type {node.tag}, expected object")
    said = node.get("type")
    if said is not None and component(type, said.value) is None:
        raise Misread(f"({node.line},1) {type} type '{said.value}' was not recognised")
    try:
        name = said.value if said is not None else inferred(type, [key.value for key, _ in node.pairs()])
    except Uninferred as error:
        raise Misread(f"({node.line},1) {error}") from error
    own = node.get(name)
    if own is None or own.tag == "!!null":
        own = node.get("plugin") or NOTHING
    label = node.get("label")
    return Component(type, name, label.value if label is not None else "", path, own.of or own, node)


def inner(made: Component) -> Iterator[tuple[str, Component]]:
    """The components inside one, each with what an error of it begins with. Raises Misread."""
    spec = made.spec
    yield from _inner(spec, made.own, f"{made.path}.{made.name}", "")


def _inner(spec: Field, node: Node, path: str, said: str) -> Iterator[tuple[str, Component]]:
    if spec.kind == "array":
        for number, one in enumerate(node.content if node.kind == "seq" else ()):
            case = f"{spec.type} {number}: " if spec.is_core else _CASES.get(spec.name, "").format(number)
            yield from _inner(spec.one, one, f"{path}.{number}", said + case)
    elif spec.is_core and spec.type != "scanner":
        yield said, component_of(spec.type, node, path)
    else:
        for child in spec.children:
            found = node.get(child.name)
            if found is not None:
                yield from _inner(child, found, f"{path}.{child.name}", said)


_CASES = {"switch": "case '{}' parse error: "}


def expect_type(spec: Field, node: Node, said: str) -> None:
    """Raises Misread where a number or a truth value is none."""
    wanted = {"int": (int, float), "float": (int, float), "bool": (bool,)}.get(spec.type)
    node = node.of or node
    if wanted is None or node.tag == "!!null":
        return
    value = meaning(node.tag, node.value) if node.kind == "scalar" else None
    if spec.type == "bool" and isinstance(value, str) and value.lower() in _TRUE_OR_FALSE:
        return
    if isinstance(value, wanted) and (spec.type == "bool") == isinstance(value, bool):
        return
    shown = f" `{node.value}`" if node.kind == "scalar" else ""
    into = "float64" if spec.type == "float" else spec.type
    raise Misread(f"{said}yaml: unmarshal errors:\n  line {node.line}: cannot unmarshal {node.tag}{shown} into {into}")


def _listed(type: str, node: Node | None, path: str) -> list[Component]:
    found = node.content if node is not None and node.kind == "seq" else []
    return [component_of(type, one, f"{path}.{number}") for number, one in enumerate(found)]


def _beside(node: Node, number: int) -> None:
    try:
        component_of("processor", node, "")
    except Misread as error:
        raise Misread(f"{number}: {error}") from error


def _default(section: str) -> Node:
    return node_of({DEFAULTS[section]: {}})
