"""A text that is drawn again and again in one place of a terminal: what is written for each, with no flicker."""

from __future__ import annotations

from typing import Final

from stackfile.report.text import count, head

ENTER: Final = "\x1b[?1049h\x1b[?25l"
"""A screen of its own, without a cursor; what was there before comes back with `LEAVE`."""
LEAVE: Final = "\x1b[?25h\x1b[?1049l"

_HOME, _REST_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


def frame(text: str, columns: int, rows: int) -> str:
    """The text over whatever was drawn before, to be written at once. Nothing is wiped that is not drawn over at once.

    Lines end at the right edge. Of a text that is too long the last line stays, and one above it says how much is left
    out.
    """
    lines = text.splitlines()
    if len(lines) > rows:
        kept = max(rows - 2, 0)
        lines = [*lines[:kept], f"... {count(len(lines) - kept - 1, 'line')} more", lines[-1]][-rows:]
    drawn = [f"{head(line, columns)}{_REST_OF_LINE}" for line in lines]
    return _HOME + "\r\n".join(drawn) + _REST
