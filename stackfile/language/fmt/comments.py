"""Whose each comment is: of the key or item behind it, of the map or list that ends before it, or of its own line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stackfile.language.edit.layout import Layout, Node, Shape

_TRAIL = re.compile(r"[ \t]*(#[^\n]*)")
_BLANK = re.compile(r"\n[ \t]*\n")


class Own(NamedTuple):
    """A comment on a line of its own; `blank`: an empty line stands before it."""

    column: int
    text: str
    blank: bool


@dataclass(slots=True)
class Gap:
    """What stands on lines of their own before a key or an item; `blank`: an empty line stands right before it."""

    owns: Sequence[Own] = ()
    blank: bool = False


@dataclass
class Comments:
    """Of one text, whose lines end in a line feed. `feet` are those at the end of a map or list, by its identity."""

    layout: Layout
    feet: dict[int, list[Own]] = field(default_factory=dict)

    def trail(self, at: int) -> str:
        """The comment on the rest of a line, with the space before it; empty where there is none."""
        match = _TRAIL.match(self.layout.text, at)
        return f"  {match[1].rstrip()}" if match is not None and self.layout.text[at : at + 1] != "#" else ""

    def gap(self, start: int, end: int) -> Gap:
        """Between the end of a value and what follows it; the rest of the value's own line is not of it."""
        text = self.layout.text
        start = self.layout.line_end(start) if start else 0
        if start >= end:
            return Gap()
        owns: list[Own] = []
        for begin, stop in self.layout.comments(start, end):
            blank = _BLANK.search(text, start, begin) is not None
            owns.append(Own(self.layout.column(begin), text[begin:stop].rstrip(), blank))
            start = stop
        return Gap(owns, _BLANK.search(text, start, end) is not None)

    def between(self, before: Node, column: int, start: int, end: int) -> Gap:
        """The gap behind a value: comments that stand deeper than what follows, in `column`, are of the maps and lists
        that end with the value."""
        gap = self.gap(start, end)
        if not gap.owns or gap.owns[0].column <= column:
            return gap
        ending = list(self._ending(before))
        taken = 0
        for own in gap.owns if ending else ():
            if own.column <= column:
                break
            fitting = [node for at, node in ending if at <= own.column] or [ending[0][1]]
            self.feet.setdefault(id(fitting[-1]), []).append(own)
            taken += 1
        return Gap(gap.owns[taken:], gap.blank)

    def _ending(self, node: Node) -> Iterator[tuple[int, Node]]:
        """The maps and lists that end where this one ends, the outermost first, each with its column."""
        column = 0
        while node.in_lines:
            begin = begins(self.layout, node)[-1]
            column = self.layout.column(begin)
            yield column, node
            node = node.children[-1]
        if node.start == node.end:
            yield column + 1, node


def begins(layout: Layout, node: Node) -> list[int]:
    """Where the keys of a map, or the dashes of a list, stand."""
    if node.shape is Shape.MAP:
        return [key.start for key, _ in node.entries]
    ends = [node.start, *(child.end for child in node.children)]
    return [layout.sign("-", end, child.start) for end, child in zip(ends, node.children, strict=False)]


def all_comments(layout: Layout) -> list[str]:
    """Every comment of the text, sorted: what must still be there when it is written anew."""
    leaves = list(_leaves(layout.root)) if layout.root is not None else []
    found, at = [], 0
    for leaf in leaves:
        found += layout.comments(at, leaf.start)
        at = leaf.end
        if leaf.style in ("|", ">"):
            found += layout.comments(leaf.start, layout.line_end(leaf.start))
    found += layout.comments(at, len(layout.text))
    return sorted(layout.text[start:end].rstrip() for start, end in found)


def _leaves(node: Node) -> Iterator[Node]:
    if node.children:
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node
