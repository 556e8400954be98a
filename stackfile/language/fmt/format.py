"""A stackfile's text in its one layout. What it reads as stays the same, and every comment is still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from stackfile.language.edit.edit import Uneditable, read
from stackfile.language.edit.layout import Layout, Node, Shape, lay_out
from stackfile.language.edit.same import alike
from stackfile.language.fmt.comments import Comments, Gap, Own, all_comments, begins
from stackfile.language.fmt.order import order_at, rank
from stackfile.language.fmt.scalars import Kept, inline, requoted
from stackfile.values import Path

_MODELINE = "# yaml-language-server:"


class Unformattable(Exception):
    """A text that has to stay as it is; why, to go on after "it stays as it is: "."""


def formatted(text: str) -> str:
    """The text in its one layout, which formatting leaves as it is. Raises Unformattable, also for a text with a
    mistake."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.removeprefix(mark).replace("\r\n", "\n")
    if "\r" in plain:
        raise Unformattable("its lines end in different ways")
    try:
        before = read(plain)
    except Uneditable:
        raise Unformattable("it has a mistake") from None
    layout = lay_out(plain)
    out = _Formatter(layout).text()
    if not _is_same(out, before, layout):
        raise Unformattable("it is written in a way that cannot be laid out safely")
    return mark + out.replace("\n", newline)


def _is_same(out: str, before: object, layout: Layout) -> bool:
    try:
        return alike(read(out), before) and all_comments(lay_out(out)) == all_comments(layout)
    except Uneditable:
        return False


@dataclass(slots=True)
class _Entry:
    """A key or a dash with its value, and what stands above it."""

    node: Node
    begin: int
    gap: Gap
    key: Node | None = None

    @property
    def blank(self) -> bool:
        """Whether an empty line stands above it and its comments."""
        return self.gap.owns[0].blank if self.gap.owns else self.gap.blank


class _Formatter:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._text = layout.text
        self._comments = Comments(layout)

    def text(self) -> str:
        layout, root = self._layout, self._layout.root
        if root is None or not root.in_lines or root.shape is not Shape.MAP or root.start != root.children[0].start:
            return self._text if self._text.endswith("\n") or not self._text else f"{self._text}\n"
        head = self._text[: layout.line_end(layout.begins)].splitlines() if layout.begins else []
        entries = self._entries(root, layout.begins)
        end = self._comments.between(root, -1, root.end, layout.ends)
        lines = [*head, *self._header(entries[0]), *self._map(root, entries, 0, ())]
        lines += self._own_lines(end.owns, 0, lines)
        tail = self._text[layout.ends :]
        return "".join(f"{line}\n" for line in lines) + tail + ("\n" if tail and not tail.endswith("\n") else "")

    def _header(self, first: _Entry) -> list[str]:
        """Comments at the top that are of the file and not of its first key: an empty line sets them apart."""
        owns = list(first.gap.owns)
        blanks = [*(own.blank for own in owns[1:]), first.gap.blank]
        cut = max((at + 1 for at, blank in enumerate(blanks[: len(owns)]) if blank), default=0)
        if not cut and owns and owns[0].text.startswith(_MODELINE):
            cut = 1
        header = owns[:cut]
        if not header:
            return []
        apart = blanks[cut - 1]
        first.gap = Gap(owns[cut:], first.gap.blank)
        return [*self._own_lines(header, 0, []), *([""] if apart else [])]

    def _entries(self, node: Node, opened: int) -> list[_Entry]:
        """`opened` is where the sign, or the properties, before the map or list end."""
        layout = self._layout
        places = begins(layout, node)
        keys: list[Node | None] = [*node.children[::2]] if node.shape is Shape.MAP else [None] * len(node.children)
        values = node.children[1::2] if node.shape is Shape.MAP else node.children
        found: list[_Entry] = []
        for place, key, value in zip(places, keys, values, strict=True):
            if found:
                before = found[-1].node
                gap = self._comments.between(before, layout.column(place), before.end, place)
            else:
                gap = self._comments.gap(opened, place)
            found.append(_Entry(value, place, gap, key))
        return found

    def _map(self, node: Node, entries: list[_Entry], column: int, path: Path) -> list[str]:
        """The lines of a map or a list with what stands at its end."""
        is_map = node.shape is Shape.MAP
        out: list[str] = []
        tall = False
        for number, one in enumerate(self._ordered(entries, path) if is_map else entries):
            step = one.key.text if one.key is not None else number
            lines = self._entry(one, column, (*path, step))
            top = not path and out and (tall or len(lines) > 1)
            gap = self._own_lines(one.gap.owns, column, out, first_blank=bool(top))
            if (not one.gap.owns and (one.gap.blank or top)) or (one.gap.owns and one.gap.blank and out + gap):
                _blank(gap, out)
            out += gap
            out += lines
            tall = len(lines) > 1
        return out + self._own_lines(self._comments.feet.get(id(node), ()), column, out)

    def _own_lines(self, owns: Sequence[Own], column: int, above: list[str], first_blank: bool = False) -> list[str]:
        out: list[str] = []
        for own in owns:
            if own.blank or (first_blank and not out):
                _blank(out, above)
            out.append(" " * column + own.text)
        return out

    def _ordered(self, entries: list[_Entry], path: Path) -> list[_Entry]:
        order = order_at(path)
        if order is None:
            return entries
        there = [(rank(one.key.text if one.key else "", order), one) for one in entries]
        ordered = sorted(there, key=lambda pair: pair[0])
        if self._layout.aliases and not self._may_swap([number for number, _ in there], entries):
            return entries
        return [one for _, one in ordered]

    def _may_swap(self, ranks: Sequence[int], entries: Sequence[_Entry]) -> bool:
        """Whether every anchor still stands before what refers to it, and after the one of the same name."""
        sets = [_anchors(one.node) for one in entries]
        for (one, (makes, uses)), (other, (made, used)) in combinations(zip(ranks, sets, strict=True), 2):
            if one > other and (makes & (used | made) or made & uses):
                return False
        return True

    def _entry(self, one: _Entry, column: int, path: Path) -> list[str]:
        layout, node = self._layout, one.node
        space = " " * column
        if one.key is None:
            head, sign = "-", one.begin + 1
        else:
            if layout.text.find("?", layout.line_start(one.begin), one.begin) >= 0:
                raise Unformattable("a key stands behind ?")
            sign = layout.sign(":", one.key.end, max(node.start, one.key.end + 1)) + 1
            head = requoted(layout, one.key) + ":"
        if not sign:
            raise Unformattable("a key has no value")
        if node.in_lines:
            return self._nested(one, head, sign, column, path)
        source = layout.column(one.begin)
        lines = inline(layout, node, column, source)
        trail = self._comments.trail(node.end) if node.style not in ("|", ">") else ""
        between = layout.comments(sign, node.start) if node.start > layout.line_end(sign) else []
        if between:
            above = self._comments.gap(sign, node.start)
            out = [space + head + self._comments.trail(sign), *self._own_lines(above.owns, column + 2, [])]
            out.append(f"{space}  {lines[0]}{trail if len(lines) == 1 else ''}")
        elif node.start == node.end:
            return [space + head + trail, *self._own_lines(self._comments.feet.get(id(node), ()), column + 2, [])]
        else:
            out = [f"{space}{head} {lines[0]}{trail if len(lines) == 1 else ''}"]
        if len(lines) > 1:
            last = lines[-1]
            out += [*lines[1:-1], last if isinstance(last, Kept) else last + trail]
        return out

    def _nested(self, one: _Entry, head: str, sign: int, column: int, path: Path) -> list[str]:
        node, layout = one.node, self._layout
        first = begins(layout, node)[0]
        props = [(text, end) for text, end in layout.props(node.start, first)] if node.start < first else []
        opened = props[-1][1] if props else sign
        above = layout.line_end(sign) < node.start and props and layout.comments(sign, node.start)
        if above:
            raise Unformattable("a comment stands between a key and its anchor")
        lines = self._map(node, self._entries(node, opened), column + 2, path)
        trail = self._comments.trail(opened)
        if one.key is None and not props and not trail and lines[0].lstrip(" ")[:1] != "#":
            return [f"{' ' * column}- {lines[0][column + 2 :]}", *lines[1:]]
        return [" " * column + " ".join([head, *(text for text, _ in props)]) + trail, *lines]


def _blank(out: list[str], above: Sequence[str]) -> None:
    """An empty line, where it would not be the first one or a second one, and not of a text above it."""
    last = out[-1] if out else above[-1] if above else ""
    if last and not isinstance(last, Kept):
        out.append("")


def _anchors(node: Node) -> tuple[set[str], set[str]]:
    """The anchors that are made in a value, and those that are used."""
    makes = {node.anchor} if node.anchor is not None else set()
    uses = {node.text} if node.shape is Shape.ALIAS else set()
    for child in node.children:
        made, used = _anchors(child)
        makes |= made
        uses |= used
    return makes, uses
