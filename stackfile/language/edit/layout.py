"""How a YAML text is laid out: each map, list and scalar with where it begins and ends, comments and all.

Works on a text that has been read without a mistake, so that it need not know what can be wrong with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import yaml

from stackfile.language.builder import FAST_LOADER

_GAP = re.compile(r"(?P<comment>#[^\r\n]*)|(?P<props>[&!*][^\s,\[\]{}]*)|(?P<sign>[-?:,\[\]{}])|\s+|[^\s]")
_LINE_BREAK = re.compile(r"[\r\n]")
_SPACE = " \t\r\n"


class Shape(Enum):
    MAP = auto()
    LIST = auto()
    SCALAR = auto()
    ALIAS = auto()


@dataclass(slots=True)
class Node:
    """One value as written. `start` is where its anchor or tag begins, or else itself; `end` is behind its last
    character that counts, which for a map or list in lines is that of its last value.

    `children` are the items of a list; of a map its keys and values in turn. `style` is the quote or the sign of a
    scalar, empty for a plain one. `text` is a scalar's value or an alias's name.
    """

    shape: Shape
    start: int
    end: int
    anchor: str | None = None
    tag: str | None = None
    flow: bool = False
    style: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def entries(self) -> Iterator[tuple[Node, Node]]:
        """Of a map."""
        ones = iter(self.children)
        return zip(ones, ones, strict=True)

    @property
    def in_lines(self) -> bool:
        """Whether it is a map or a list that is written an entry a line."""
        return bool(self.children) and not self.flow

    def find(self, key: str) -> tuple[Node, Node] | None:
        return next((pair for pair in self.entries if pair[0].text == key), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """`ends` is where what follows the document begins: `...`, or the end of the text."""

    text: str
    root: Node | None
    begins: int
    ends: int
    aliases: frozenset[str]
    """The anchors that something refers to."""

    def line_start(self, at: int) -> int:
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """Where the line ends, before its line break."""
        match = _LINE_BREAK.search(self.text, at)
        return match.start() if match is not None else len(self.text)

    def next_line(self, end: int) -> int:
        """Where the line begins that follows a line's end."""
        return end + (2 if self.text.startswith("\r\n", end) else 1 if end < len(self.text) else 0)

    def column(self, at: int) -> int:
        return at - self.line_start(at)

    def signs(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """The indicators of a stretch between two scalars, each with where it stands; comments are not looked into."""
        for match in _GAP.finditer(self.text, start, end):
            if match.lastgroup == "sign":
                yield match.group(), match.start()

    def props(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """The anchor and the tag of a stretch before a map or a list, each with where it ends."""
        for match in _GAP.finditer(self.text, start, end):
            if match.lastgroup == "props":
                yield match.group(), match.end()

    def comments(self, start: int, end: int) -> list[tuple[int, int]]:
        """The comments of a stretch between two scalars."""
        if self.text.find("#", start, end) < 0:
            return []
        return [m.span() for m in _GAP.finditer(self.text, start, end) if m.lastgroup == "comment"]

    def sign(self, wanted: str, start: int, end: int) -> int:
        """Where the last indicator of a kind stands before `end`; -1 where there is none."""
        return max((at for sign, at in self.signs(start, end) if sign == wanted), default=-1)


def lay_out(text: str, loader_type: Any = FAST_LOADER) -> Layout:
    """The layout of a text that `read_document` reads without a mistake."""
    get: Callable[[], Any] = loader_type(text).get_event
    begins, ends, root = 0, len(text), None
    aliases: set[str] = set()
    while type(event := get()) is not yaml.StreamEndEvent:
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            begins = event.end_mark.index if event.explicit else 0
        elif kind is yaml.DocumentEndEvent:
            ends = event.start_mark.index if event.explicit else len(text)
        elif issubclass(kind, yaml.NodeEvent):
            root = _node(event, get, text, aliases)
    return Layout(text, root, begins, ends, frozenset(aliases))


def _node(event: Any, get: Callable[[], Any], text: str, aliases: set[str]) -> Node:
    start, end, anchor = event.start_mark.index, event.end_mark.index, event.anchor
    if isinstance(event, yaml.AliasEvent):
        aliases.add(anchor)
        return Node(Shape.ALIAS, start, end, text=anchor)
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or ""
        end = _block_end(text, start, end) if style in ("|", ">") else end
        return Node(Shape.SCALAR, start, end, anchor, event.tag, False, style, event.value)
    shape = Shape.MAP if isinstance(event, yaml.MappingStartEvent) else Shape.LIST
    node = Node(shape, start, end, anchor, event.tag, bool(event.flow_style))
    while not issubclass(type(inner := get()), yaml.CollectionEndEvent):
        node.children.append(_node(inner, get, text, aliases))
    node.end = inner.end_mark.index if node.flow else node.children[-1].end
    return node


_KEEPS = re.compile(r"(?:[&!]\S*\s+)*[|>][1-9]?\+")


def _block_end(text: str, start: int, end: int) -> int:
    """Behind the last line of a block of text; its empty lines at the end count only where it keeps them."""
    if _KEEPS.match(text, start, end):
        return end - 1 if text[end - 1 : end] == "\n" else end
    while end > start and text[end - 1] in _SPACE:
        end -= 1
    return end
