"""The text of one file and where things stand in it; a document is its tree with the place of every key and value."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, TypeAlias

from stackfile.errors import Span
from stackfile.values import Path

_LINE_END = re.compile(r"\r\n|\r|\n")
_SHIFT = 2**32
_LONGEST_SNIPPET = 200
"""Characters shown of a line behind the place that is meant."""


class Template(str):
    """A scalar that holds `{{`, to be evaluated; under `!raw` such a scalar is plain text."""

    __slots__ = ()


class Unset(Enum):
    """The scalar `!unset`: it takes away what `defaults` say."""

    UNSET = "!unset"


UNSET = Unset.UNSET

Raw: TypeAlias = "None | bool | int | float | str | list[Raw] | dict[str, Raw] | Unset"
"""What the YAML text says, before any meaning is given to it. Text to be evaluated is a `Template`."""

Place: TypeAlias = tuple[Span, str]
"""A stretch of the file and the text of the line where it begins."""


@dataclass(frozen=True)
class Source:
    """The decoded text of one file. Offsets count characters from 0."""

    file: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int) -> int:
        """Where a line begins, counted from 1."""
        return self._line_starts[line - 1]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self.offset(number)
        match = _LINE_END.search(self.text, start)
        return self.text[start : match.start() if match else len(self.text)]

    def place(self, start: int, end: int) -> Place:
        """A stretch, cut at the end of its first line: what a snippet can underline."""
        line, column = self.position(start)
        text = self.line(line)
        last = min(end - start + column, len(text.rstrip()) + 1)
        return Span(self.file, line, column, line, max(last, column + 1)), text[: column + _LONGEST_SNIPPET]


def pack(start: int, end: int) -> int:
    """A stretch as one number: there is one for every key and every value of a file."""
    return start * _SHIFT + end


def unpack(packed: int) -> tuple[int, int]:
    return divmod(packed, _SHIFT)


@dataclass(frozen=True)
class Document:
    """The tree of a file. `marks` and `templated` know containers by identity: the tree keeps them alive.

    The marks of a map are its keys' and values' stretches in turn, in the order of the map; those of a list its
    items'. `templated` holds the containers with a `Template` anywhere inside.
    """

    source: Source
    root: Raw
    root_mark: int
    marks: Mapping[int, Sequence[int]]
    templated: Collection[int]
    has_unset: bool = False
    _orders: dict[int, dict[str, int]] = field(default_factory=dict)
    """The number of each key in the maps that somebody asked about."""

    def has_templates(self, raw: Raw) -> bool:
        return isinstance(raw, Template) or id(raw) in self.templated

    def depth(self, path: Path) -> int:
        """How many steps of the path exist."""
        return self._walk(path)[0]

    def value_place(self, path: Path, written: str = "") -> Place:
        """Where the value at a path stands, or the part of it that is written so; else the nearest key above it."""
        depth, _key, value = self._walk(path)
        if depth < len(path):
            return self.key_place(path)
        start, end = unpack(value)
        at = self.source.text.find(written, start, end) if written else -1
        return self.source.place(at, at + len(written)) if at >= 0 else self.source.place(start, end)

    def part_place(self, path: Path, start: int, end: int) -> Place | None:
        """Where a part of a plain text at a path stands; None where quotes, lines or a template hide it."""
        depth, _key, value = self._walk(path)
        if depth < len(path):
            return None
        text: Any = self.root
        for step in path:
            text = text[step]
        if not isinstance(text, str) or isinstance(text, Template):
            return None
        begins = self.source.text.find(text, *unpack(value))
        return self.source.place(begins + start, begins + end) if begins >= 0 else None

    def key_place(self, path: Path) -> Place:
        """Where the key (or list item) at a path stands, or else the nearest one above it that exists."""
        return self.source.place(*unpack(self._walk(path)[1]))

    def _order(self, here: dict[str, Raw]) -> dict[str, int]:
        order = self._orders.get(id(here))
        if order is None:
            order = self._orders[id(here)] = {key: at for at, key in enumerate(here)}
        return order

    def _walk(self, path: Path) -> tuple[int, int, int]:
        here, key, value = self.root, self.root_mark, self.root_mark
        for depth, step in enumerate(path):
            if isinstance(here, dict) and step in here:
                at = 2 * self._order(here)[str(step)]
                key, value = self.marks[id(here)][at : at + 2]
                here = here[str(step)]
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                key = value = self.marks[id(here)][step]
                here = here[step]
            else:
                return depth, key, value
        return len(path), key, value
