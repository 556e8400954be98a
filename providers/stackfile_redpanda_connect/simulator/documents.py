"""Bodies as the engine's YAML library takes them apart: the first document as nodes, or the words of its refusal.

Words and lines are those of libyaml, which the engine's library was made from; without it they are PyYAML's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from stackfile_redpanda_connect.simulator.scalars import short_tag

LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)


_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


class Unreadable(Exception):
    """The body is no YAML, in the words of the engine."""


@dataclass(slots=True)
class Node:
    """A node of a document. `tag` is in short form (`!!str`); `line` counts from 1 and is 0 where no text was.

    `of` is the node that an alias stands for. A mapping's `content` has its keys and values in turn.
    """

    kind: str
    tag: str
    value: str = ""
    line: int = 0
    column: int = 0
    content: list[Node] = field(default_factory=list)
    literal: bool = False
    of: Node | None = None

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        return iter(list(zip(self.content[::2], self.content[1::2], strict=False)) if self.kind == "map" else [])

    def get(self, name: str) -> Node | None:
        """The first value under this key."""
        return next((value for key, value in self.pairs() if key.value == name), None)


NOTHING = Node("none", "!!null")
"""What an empty body is."""


def document(body: str) -> Node:
    """The first document; what comes after it is not looked at. Raises Unreadable."""
    try:
        return _Composer(body).compose()
    except (yaml.scanner.ScannerError, yaml.parser.ParserError) as error:
        raise Unreadable(_placed(error)) from error
    except yaml.reader.ReaderError as error:
        raise Unreadable(f"yaml: {error.reason}") from error


def node_of(value: Any) -> Node:
    """A value as a node that stands on no line, as the engine makes one of a merged config."""
    if isinstance(value, dict):
        content = [node_of(one) for pair in value.items() for one in pair]
        return Node("map", "!!map", content=content)
    if isinstance(value, list):
        return Node("seq", "!!seq", content=[node_of(one) for one in value])
    if isinstance(value, str):
        return Node("scalar", "!!str", value)
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return Node("scalar", short_tag(text), text)


def _placed(error: Any) -> str:
    mark = next((one for one in (error.context_mark, error.problem_mark) if one is not None and one.line), None)
    if mark is None:
        return f"yaml: {error.problem}"
    line = mark.line + (1 if isinstance(error, yaml.scanner.ScannerError) else 0)
    return f"yaml: line {line}: {error.problem}"


class _Composer:
    """From events to nodes, one document."""

    def __init__(self, body: str) -> None:
        self._lines = _BREAK.split(body) if "\\/" in body else []
        self._events = yaml.parse(body, Loader=LOADER)
        self._anchors: dict[str, Node] = {}

    def compose(self) -> Node:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                found = self._node(next(self._events))
                next(self._events)
                return found
        return NOTHING

    def _node(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise Unreadable(f"yaml: unknown anchor '{event.anchor}' referenced")
            there = self._anchors[event.anchor]
            return Node("alias", there.tag, event.anchor, *_place(event), of=there)
        return self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event)

    def _scalar(self, event: Any) -> Node:
        if event.style == '"':
            self._expect_escapes(event)
        literal = event.style in ("|", ">")
        tag = _short(event.tag) if event.tag else short_tag(event.value) if event.style in (None, "") else "!!str"
        return self._anchored(event, Node("scalar", tag, event.value, *_place(event), literal=literal))

    def _collection(self, event: Any) -> Node:
        kind, end = ("map", yaml.MappingEndEvent) if isinstance(event, yaml.MappingStartEvent) else _SEQUENCE
        tag = _short(event.tag) if event.tag else f"!!{kind}"
        node = self._anchored(event, Node(kind, tag, "", *_place(event)))
        for inner in self._events:
            if isinstance(inner, end):
                break
            node.content.append(self._node(inner))
        return node

    def _anchored(self, event: Any, node: Node) -> Node:
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _expect_escapes(self, event: Any) -> None:
        """Newer libyaml takes `\\/`, the engine's library does not."""
        if not self._lines:
            return
        begin, end = event.start_mark, event.end_mark
        if begin.line == end.line:
            text = self._lines[begin.line][begin.column : end.column]
        else:
            first, *middle = self._lines[begin.line : end.line]
            text = "".join((first[begin.column :], *middle, self._lines[end.line][: end.column]))
        if "\\/" in text.replace("\\\\", ""):
            place = f"line {begin.line + 1}: " if begin.line else ""
            raise Unreadable(f"yaml: {place}found unknown escape character")


_SEQUENCE = ("seq", yaml.SequenceEndEvent)


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
