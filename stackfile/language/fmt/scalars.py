"""Values that stand behind a key or a dash, put on the lines and columns where they go; what they say stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackfile.language.edit.layout import Layout, Node

_HEADER = re.compile(r"((?:[&!]\S*[ \t]+)*)([|>])([-+1-9]*)(.*)")


class Kept(str):
    """The last line of a block of text that keeps its empty lines: one more would be of the text."""

    __slots__ = ()


def inline(layout: Layout, node: Node, column: int, parent: int) -> list[str]:
    """The lines of a scalar or of what is in braces; the first goes behind the sign, the others are as they go.

    `column` is that of the key or dash, `parent` what it was in the source.
    """
    if node.style in ("|", ">"):
        return _block(layout, node, column, parent)
    if "\n" not in layout.text[node.start : node.end]:
        return ["".join(_pieces(layout, node, node.start, node.end))]
    if node.flow:
        return _braces(layout, node, column)
    first, *more = layout.text[node.start : node.end].split("\n")
    stripped = [line.strip(" \t") for line in more[:-1]] + [more[-1].lstrip(" \t")]
    return [first.rstrip(" \t"), *(f"{' ' * (column + 2)}{line}" if line else "" for line in stripped)]


def _block(layout: Layout, node: Node, column: int, parent: int) -> list[str]:
    header, *lines = layout.text[node.start : node.end].split("\n")
    match = _HEADER.match(header)
    if match is None:
        return [header, *lines]
    props, style, signs, rest = match.groups()
    digits = [sign for sign in signs if sign.isdigit()]
    if digits:
        indent = parent + int(digits[0])
    else:
        indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
    chomp = signs.strip("123456789")
    if node.end == len(layout.text) and lines:
        chomp = "-"  # without a line break at the end of the file the text has none either
    out = [f"{props}{style}{'2' if digits else ''}{chomp}{rest.rstrip()}"]
    out += [f"{' ' * (column + 2)}{line[indent:]}" if line[indent:] else "" for line in lines]
    return [*out[:-1], Kept(out[-1])] if chomp == "+" else out


def _braces(layout: Layout, node: Node, column: int) -> list[str]:
    """Each line two columns deeper for each brace that is open where it begins."""
    inside = list(_open(node))
    out: list[str] = []
    at = node.start
    while at < node.end:
        end = min(layout.line_end(at), node.end)
        begin = at
        while out and begin < end and layout.text[begin] in " \t":
            begin += 1
        line = "".join(_pieces(layout, node, begin, end)).rstrip(" \t")
        depth = sum(one.start < begin < one.end - 1 for one in inside)
        out.append(f"{' ' * (column + 2 * depth)}{line}" if out and line else line)
        at = end + 1
    return out


def _open(node: Node) -> Iterator[Node]:
    if node.flow:
        yield node
    for child in node.children:
        yield from _open(child)


def _pieces(layout: Layout, node: Node, start: int, end: int) -> Iterator[str]:
    """A stretch of one line with its quotes made alike."""
    at = start
    for leaf in _quoted(node):
        if start <= leaf.start and leaf.end <= end:
            yield layout.text[at : leaf.start]
            yield requoted(layout, leaf)
            at = leaf.end
    yield layout.text[at:end]


def _quoted(node: Node) -> Iterator[Node]:
    if node.style == "'":
        yield node
    for child in node.children:
        yield from _quoted(child)


def requoted(layout: Layout, node: Node) -> str:
    """A scalar in double quotes if it was in single ones and reads the same in both."""
    text = layout.text[node.start : node.end]
    if node.style != "'" or not text.startswith("'") or "\n" in text or not _is_same_in_both(node.text):
        return text
    return f'"{node.text}"'


def _is_same_in_both(text: str) -> bool:
    return text.isprintable() and '"' not in text and "\\" not in text
