"""Any text within GitHub's markdown: nothing of it becomes a mention, a link, a tag, a cell or the end of a block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from stackfile.report.text import CUT, safe

_ACTIVE = re.compile(r"[\\`*_\[\]<>|~&$]")
_MENTION = re.compile(r"([@#]|://|www\.|GH-)", re.IGNORECASE)
_SIMPLE = re.compile(r"[A-Za-z0-9_.,:;=/ \-\[\]+()*#]+\Z")
_TICKS = re.compile(r"`+")
APART = "\u200b"
"""A space of no width: it keeps a sign from being read together with what follows."""


def cut(text: str, most: int) -> str:
    """The text on one line, or its start where it has more characters."""
    text = safe(text[: most + 1])
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def prose(text: str, most: int = 400) -> str:
    """A sentence of somebody else's as plain text. Characters that markdown acts on are written as entities."""
    apart = _MENTION.sub(lambda match: match[1] + APART, cut(text, most))
    return _ACTIVE.sub(lambda match: f"&#{ord(match[0])};", apart)


def code(text: str, most: int = 120) -> str:
    """A name or a value as code, also in a cell of a table."""
    text = cut(text, most)
    if _SIMPLE.match(text) and text.strip() == text:
        return f"`{text}`"
    return f"<code>{_ACTIVE.sub(lambda match: f'&#{ord(match[0])};', _MENTION.sub(_kept_apart, text))}</code>"


def _kept_apart(match: re.Match[str]) -> str:
    return match[1] + APART


def summary(text: str, most: int = 120) -> str:
    """Within a tag: what stands there is HTML and no markdown."""
    return escape(_MENTION.sub(_kept_apart, cut(text, most)))


def fenced(language: str, lines: Iterable[str]) -> list[str]:
    """A block of lines that are each on one line; longer ticks than any of theirs are around it."""
    lines = list(lines)
    longest = max((len(ticks) for line in lines for ticks in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence]


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def size(lines: Iterable[str]) -> int:
    """Bytes that the lines take, line ends included."""
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def fitting(parts: Iterable[Sequence[str]], room: int) -> tuple[list[str], int]:
    """The lines of as many parts, from the first on, as fit into so many bytes, and how many parts are left out."""
    out: list[str] = []
    left = 0
    for part in parts:
        needs = size(part)
        if left or needs > room:
            left += 1
            continue
        room -= needs
        out += part
    return out, left
