"""The least that must be written anew so that a text reads as another tree: stretches and what comes in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from stackfile.language.edit.layout import Layout, Node, Shape
from stackfile.language.edit.same import alike
from stackfile.language.edit.written import after_sign, in_block, in_flow, key, scalar
from stackfile.language.source import Template

_QUOTES = ("'", '"')


class Uneditable(Exception):
    """A value that cannot be changed where it stands. The text says why, to go on after "it cannot be changed: "."""

    def __init__(self, why: str, at: int = 0) -> None:
        super().__init__(why)
        self.at = at


class Splicer:
    """Of one text. Trees are as the reader makes them; parts that are the same object need no look."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._text = layout.text
        self._newline = "\r\n" if "\r\n" in layout.text else "\n"
        self._edits: list[tuple[int, int, str]] = []

    def spliced(self, old: Any, new: Any) -> str:
        """Raises Uneditable, and Unwritable for a value that YAML has no text for."""
        root = self._layout.root
        if root is None:
            raise Uneditable("the file is empty")
        self._change(root, old, new, column=None, after=0)
        out, at = [], 0
        for start, end, text in sorted(self._edits, key=lambda edit: edit[:2]):
            if start < at:
                raise Uneditable("it is written in a way that cannot be changed safely", start)
            out += [self._text[at:start], text]
            at = end
        return "".join([*out, self._text[at:]])

    def _change(self, node: Node, old: Any, new: Any, column: int | None, after: int) -> None:
        """`column` is that of the key or dash of which the node is the value, None within braces; `after` is where
        the sign of that key or dash ends."""
        if alike(old, new):
            return
        self._refuse_shared(node, old)
        if isinstance(old, dict) and isinstance(new, dict) and new and node.shape is Shape.MAP and node.children:
            self._change_map(node, old, new)
        elif isinstance(old, list) and isinstance(new, list) and new and node.shape is Shape.LIST and node.children:
            self._change_list(node, old, new)
        elif node.in_lines:
            self._collapse(node, new, column, after)
        else:
            self._rewrite(node, new, column)

    def _refuse_shared(self, node: Node, old: Any) -> None:
        if node.shape is Shape.ALIAS:
            raise Uneditable(f"it stands there through *{node.text}", node.start)
        if node.anchor is not None and node.anchor in self._layout.aliases:
            raise Uneditable(f"other places share it, through *{node.anchor}", node.start)
        if isinstance(old, Template):
            raise Uneditable("a template makes it", node.start)

    def _rewrite(self, node: Node, new: Any, column: int | None) -> None:
        """A scalar, or what is in braces, by a value behind the same sign."""
        line_rest = self._text[node.end : self._layout.line_end(node.end)].strip()
        prefix = f"&{node.anchor} " if node.anchor is not None else ""
        if node.start == node.end:
            text = (
                after_sign(new, column, self._newline) if column is not None and not line_rest else f" {in_flow(new)}"
            )
        elif isinstance(new, str):
            block = in_block(new, column + 2, self._newline) if column is not None and "\n" in new else ""
            text = prefix + (
                block if block and not line_rest else scalar(new, node.style if node.style in _QUOTES else "")
            )
        else:
            text = prefix + in_flow(new)
        self._edits.append((node.start, node.end, text))

    def _collapse(self, node: Node, new: Any, column: int | None, after: int) -> None:
        """Lines by a value that goes on the line of their key; comments above the first one stay."""
        if node.anchor is not None or node.tag is not None or column is None:
            raise Uneditable("it is written in a way that cannot be changed safely", node.start)
        begin = self._begins(node)[0]
        line = self._layout.line_start(begin)
        self._edits.append((after, after, f" {in_flow(new)}"))
        self._edits.append((self._line_break_before(line) if line > after else after, node.end, ""))

    def _change_map(self, node: Node, old: dict[str, Any], new: dict[str, Any]) -> None:
        gone = [name for name in old if name not in new]
        come = [name for name in new if name not in old]
        changed = [name for name in new if name in old and not alike(old[name], new[name])]
        for name in (*gone, *changed):
            self._own(node, name)
        if node.flow and (gone or come):
            self._reflow(node, [*self._kept_entries(node, old, new), *(f"{key(n)}: {in_flow(new[n])}" for n in come)])
            return
        for name in changed:
            at, value = self._own(node, name)
            column = None if node.flow else self._layout.column(at.start)
            self._change(value, old[name], new[name], column, self._sign_end(":", at.end, value.start))
        if gone or come:
            self._change_entries(node, gone, {name: new[name] for name in come})

    def _kept_entries(self, node: Node, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        """Entries in braces: those that stay as they are written."""
        for at, value in node.entries:
            name = at.text
            if name not in old or (name in new and alike(old[name], new[name])):
                yield self._text[at.start : value.end]
            elif name in new:
                self._refuse_shared(value, old[name])
                yield f"{key(name)}: {in_flow(new[name])}"

    def _change_entries(self, node: Node, gone: Sequence[str], come: dict[str, Any]) -> None:
        """Entries in lines, taken away and added at the end."""
        begins = self._begins(node)
        entries = [k.text for k, _ in node.entries]
        for name in gone:
            index = entries.index(name)
            self._delete(begins, index, node.children[2 * index + 1].end)
        column = self._layout.column(begins[0])
        end = self._layout.line_end(node.end)
        for name in come:
            line = f"{' ' * column}{key(name)}:{after_sign(come[name], column, self._newline)}"
            self._edits.append((end, end, self._newline + line))

    def _own(self, node: Node, name: str) -> tuple[Node, Node]:
        found = node.find(name)
        if found is None:
            raise Uneditable("it comes through <<", node.start)
        return found

    def _change_list(self, node: Node, old: list[Any], new: list[Any]) -> None:
        begins = [] if node.flow else self._begins(node)
        pieces: list[str] | None = [] if node.flow and len(old) != len(new) else None
        for i1, i2, j1, j2 in _steps(old, new):
            pairs = min(i2 - i1, j2 - j1)
            if pieces is not None:
                pieces += self._pieces(node, old[i1:i2], new[j1:j2], i1)
                continue
            for i, j in zip(range(i1, i1 + pairs), range(j1, j1 + pairs), strict=True):
                child = node.children[i]
                column = None if node.flow else self._layout.column(begins[i])
                self._change(child, old[i], new[j], column, child.start if node.flow else begins[i] + 1)
            for i in range(i1 + pairs, i2):
                self._delete(begins, i, node.children[i].end)
            if j2 > j1 + pairs:
                self._insert(node, begins, i1 + pairs, new[j1 + pairs : j2])
        if pieces is not None:
            self._reflow(node, pieces)

    def _pieces(self, node: Node, old: Sequence[Any], new: Sequence[Any], start: int) -> Iterator[str]:
        """Items in braces: those that stay as they are written."""
        if len(old) == len(new) and all(map(alike, old, new)):
            yield from (self._text[child.start : child.end] for child in node.children[start : start + len(old)])
            return
        for child, one in zip(node.children[start:], old, strict=False):
            self._refuse_shared(child, one)
        yield from map(in_flow, new)

    def _reflow(self, node: Node, pieces: Sequence[str]) -> None:
        """Items in braces anew, with the signs and spaces that are between them."""
        children, is_map = node.children, node.shape is Shape.MAP
        first, last = children[0], children[-1]
        starts = (child.start for child in children)
        if any(map(self._layout.comments, [node.start, *(child.end for child in children)], [*starts, node.end])):
            raise Uneditable("comments stand within its braces", node.start)
        ends, next_start = (children[1].end, 2) if is_map else (first.end, 1)
        between = self._text[ends : children[next_start].start] if len(children) > next_start else ", "
        self._edits.append((first.start, last.end, between.join(pieces)))

    def _delete(self, begins: Sequence[int], index: int, end: int) -> None:
        """The lines of one entry or item."""
        begin = begins[index]
        line = self._layout.line_start(begin)
        if not self._text[line:begin].strip():
            start = self._line_break_before(line)
            stop = self._layout.line_end(end)
            self._edits.append((start, stop, "") if start < line else (0, self._layout.next_line(stop), ""))
            return
        if index + 1 >= len(begins) or self._layout.comments(end, begins[index + 1]):
            raise Uneditable("it is written in a way that cannot be changed safely", begin)
        self._edits.append((begin, begins[index + 1], ""))

    def _insert(self, node: Node, begins: Sequence[int], index: int, values: Sequence[Any]) -> None:
        """Items behind the one before `index`."""
        column = self._layout.column(begins[0])
        for value in values:
            item = f"-{after_sign(value, column, self._newline)}"
            space = " " * column
            if index:
                end = self._layout.line_end(node.children[index - 1].end)
                self._edits.append((end, end, f"{self._newline}{space}{item}"))
            else:
                self._edits.append((begins[0], begins[0], f"{item}{self._newline}{space}"))

    def _begins(self, node: Node) -> list[int]:
        """Where each entry of a map, or the dash of each item of a list, stands."""
        if node.shape is Shape.MAP:
            begins = [k.start for k, _ in node.entries]
            ends = [node.start, *(v.end for _, v in node.entries)]
            if any(self._layout.sign("?", end, begin) >= 0 for end, begin in zip(ends, begins, strict=False)):
                raise Uneditable("a key stands behind ?", node.start)
            return begins
        ends = [node.start, *(child.end for child in node.children)]
        return [self._layout.sign("-", end, child.start) for end, child in zip(ends, node.children, strict=False)]

    def _sign_end(self, sign: str, start: int, end: int) -> int:
        at = self._layout.sign(sign, start, end)
        if at < 0:
            raise Uneditable("it is written in a way that cannot be changed safely", start)
        return at + 1

    def _line_break_before(self, line: int) -> int:
        """Where the line break before a line stands; the line's own start where there is none."""
        at = line
        if at and self._text[at - 1] == "\n":
            at -= 1
        if at and self._text[at - 1] == "\r":
            at -= 1
        return at


def _steps(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int, int, int, int]]:
    """What of two lists goes together, in order: items of the one from `i1` to `i2`, of the other from `j1` to `j2`."""
    if len(old) == len(new):
        yield 0, len(old), 0, len(new)
        return
    left, right = [_text(one) for one in old], [_text(one) for one in new]
    for _, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        yield i1, i2, j1, j2


def _text(value: Any) -> str:
    return f"{type(value).__name__} {json.dumps(value, sort_keys=True, default=str)}"
