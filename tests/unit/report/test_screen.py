"""Drawing in place: what a terminal shows after each frame."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from stackfile.report.screen import ENTER, LEAVE, frame

_MOVE = re.compile(r"\x1b\[(?:H|K|J)|\r\n")


def drawn(before: list[str], written: str, columns: int, rows: int) -> list[str]:
    """The lines of a terminal that showed `before`: the few things that a frame asks of one."""
    lines, at, column = [*before, *[""] * (rows - len(before))], 0, 0
    position = 0
    while position < len(written):
        move = _MOVE.match(written, position)
        if move is None:
            assert column < columns, "wrapped"
            lines[at] = lines[at][:column].ljust(column) + written[position] + lines[at][column + 1 :]
            column, position = column + 1, position + 1
            continue
        position = move.end()
        match move.group():
            case "\x1b[H":
                at = column = 0
            case "\x1b[K":
                lines[at] = lines[at][:column]
            case "\x1b[J":
                lines[at + 1 :] = [""] * (rows - at - 1)
                lines[at] = lines[at][:column]
            case _:
                at, column = at + 1, 0
                assert at < rows, "scrolled"
    return lines


texts = st.lists(st.text("abc 123", max_size=12), max_size=8)


@given(texts, texts, st.integers(1, 10), st.integers(1, 6))
def test_a_frame_covers_whatever_was_drawn_before(before: list[str], now: list[str], columns: int, rows: int) -> None:
    screen = drawn([], frame("\n".join(before), columns, rows), columns, rows)
    anew = drawn([], frame("\n".join(now), columns, rows), columns, rows)
    assert drawn(screen, frame("\n".join(now), columns, rows), columns, rows) == anew


def test_of_a_text_that_is_too_long_the_end_stays() -> None:
    text = "\n".join(["head", "a", "b", "c", "2 shown"])
    assert drawn([], frame(text, 20, 4), 20, 4) == ["head", "a", "... 2 lines more", "2 shown"]
    assert drawn([], frame(text, 20, 1), 20, 1) == ["2 shown"]


def test_lines_end_at_the_right_edge() -> None:
    assert drawn([], frame("a long line\nb", 6, 3), 6, 3) == ["a long", "b", ""]


def test_the_screen_is_given_back() -> None:
    assert (ENTER.count("\x1b"), LEAVE.count("\x1b")) == (2, 2)
