"""Characters and columns: what may reach a terminal, how wide it is there, and how it is cut and wrapped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

WIDTH = 100
"""Columns that a line may take, unless it holds something that cannot be broken."""

GLUE = "\u00a0"
"""Holds words together while text is wrapped; printed as a space. `safe` lets none of the user's through."""

CUT = "..."

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str) -> str:
    """The text on one line, with everything that a terminal would act on, or that does not show, escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return _SHORT.get(char) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )


def quoted(text: str) -> str:
    """As JSON would write it, for a terminal: backslashes and quotes escaped, and what `safe` escapes."""
    return f'"{safe(text.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34)))}"'


def width(text: str) -> int:
    """Columns that the text takes in a terminal."""
    return len(text) if text.isascii() else sum(char_width(char) for char in text)


def char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def head(text: str, columns: int) -> str:
    """As much of the start of the text as fits, without a mark of the cut."""
    if len(text) * 2 <= columns:
        return text
    taken = 0
    for index, char in enumerate(text):
        taken += char_width(char)
        if taken > columns:
            return text[:index]
    return text


def cut(text: str, columns: int) -> str:
    """The text, or its start and `...` where it is wider."""
    start = head(text, columns)
    return text if len(start) == len(text) else head(text, max(columns - len(CUT), 0)) + CUT


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of whole words. A word that is wider than a line stands alone."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and width(line) + 1 + width(word) > columns:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return [line.replace(GLUE, " ") for line in lines]


def indented(text: str, indent: int, columns: int = WIDTH) -> list[str]:
    """A paragraph, every line of it indented."""
    return [" " * indent + line for line in wrapped(text, columns - indent)]


def glued(text: str) -> str:
    return text.replace(" ", GLUE)


def table(rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset(), gap: int = 2) -> list[str]:
    """Rows with their columns aligned; those in `right` to the right. The last column is not padded."""
    cells = [tuple(row) for row in rows]
    columns = max((len(row) for row in cells), default=0)
    widths = [max((width(row[i]) for row in cells if i < len(row)), default=0) for i in range(columns)]

    def cell(index: int, text: str) -> str:
        space = " " * (widths[index] - width(text))
        return space + text if index in right else text + space

    return [(" " * gap).join(cell(i, text) for i, text in enumerate(row)).rstrip() for row in cells]


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 entry`, `1,204 entries`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
