"""YAML as people write it: a tree, and one of the many texts that read as it, with comments in all places."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "name", "hard.delete", "x-y", "provider", "config", "b c", "10", "null", "it's", "ключ"])
TEXTS = st.one_of(
    st.sampled_from(
        ["text", "no", "5432", "1e3", "", " ", "a: b", "x #y", "#", "- a", "it's", 'say "x"', "{{ var.x }}", "é😀", "~"]
    ),
    st.sampled_from(["two\nlines", "two\nlines\n", "  led\nby spaces", "\n", "gap\n\nin it\n\n", "tail \nx"]),
    st.text(st.characters(codec="utf-8"), max_size=8),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.sampled_from([0.5, -1e30]), TEXTS)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=14,
)
MAPS = st.dictionaries(KEYS, TREES, min_size=1, max_size=5)


@dataclass
class Writer:
    """Makes one text of a tree; each comment is there once, by its number."""

    random: Random
    newline: str = "\n"

    def __post_init__(self) -> None:
        self._number = itertools.count()

    def write(self, tree: dict[str, Any]) -> str:
        head = self._maybe_comments("") if self._one_in(3) else ""
        foot = self._maybe_comments("")
        text = head + self._lines(tree, "") + foot
        if self._one_in(8):
            text = text.removesuffix("\n")
        return text.replace("\n", self.newline)

    def _one_in(self, number: int) -> bool:
        return self.random.randrange(number) == 0

    def _comment(self) -> str:
        return f"# c{next(self._number)}c" + self.random.choice(["", ": x", " 'quote", " {", "  "])

    def _maybe_comments(self, space: str) -> str:
        lines = []
        while self._one_in(4):
            lines.append(space + self._comment() if self._one_in(2) else "")
        return "".join(f"{line}\n" for line in lines)

    def _trail(self) -> str:
        return f"  {self._comment()}" if self._one_in(5) else ""

    def _lines(self, tree: Any, space: str) -> str:
        if isinstance(tree, dict):
            return "".join(
                self._maybe_comments(space) + space + self.key(key) + ":" + self._value(value, space, False)
                for key, value in tree.items()
            )
        return "".join(self._maybe_comments(space) + space + "-" + self._value(one, space, True) for one in tree)

    def _value(self, value: Any, space: str, in_list: bool) -> str:
        if isinstance(value, dict | list) and value and not self._one_in(3):
            inner = space + " " * self.random.choice([2, 2, 2, 4])
            if in_list and self._one_in(2):
                lines = self._lines(value, space + "  ")
                if lines.startswith(space + "  ") and not lines.lstrip(" ").startswith("#"):
                    return " " + lines[len(space) + 2 :]
                return "\n" + lines
            if isinstance(value, list) and not in_list and self._one_in(3):
                inner = space
            return self._trail() + "\n" + self._lines(value, inner)
        if isinstance(value, str) and self._one_in(2) and (block := self._block(value, space)):
            return block
        gap = "\n" + space + "   " if self._one_in(12) and value is not None else " "
        return gap + self.flow(value) + self._trail() + "\n"

    def _block(self, text: str, space: str) -> str:
        body = text.rstrip("\n")
        ends = len(text) - len(body)
        if not body or not all(sign.isprintable() or sign == "\n" for sign in text) or "{{" in text:
            return ""
        if body[0] in " \n" or any(line.strip() == "" and line for line in body.split("\n")):
            return ""
        inner = space + " " * self.random.choice([1, 2, 4])
        lines = [inner + line if line else "" for line in body.split("\n")]
        if ends > 1:
            return f" |+{self._trail()}\n" + "\n".join(lines) + "\n" * ends
        return f" {'|' if ends else '|-'}{self._trail()}\n" + "\n".join(lines) + "\n"

    def key(self, text: str) -> str:
        return text if text.isidentifier() and text.isascii() and not self._one_in(6) else self.scalar(text)

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            inside = (f"{self.scalar(key)}: {self.flow(inner)}" for key, inner in value.items())
            return "{" + self._between(inside) + "}"
        if isinstance(value, list):
            return "[" + self._between(self.flow(inner) for inner in value) + "]"
        return self.scalar(value)

    def _between(self, parts: Iterator[str]) -> str:
        return self.random.choice([", ", ", ", " , "]).join(parts)

    def scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        if value.isascii() and value.isalpha() and value not in ("null", "true", "false") and self._one_in(2):
            return value
        if value.isprintable() and self._one_in(2):
            return "'" + value.replace("'", "''") + "'"
        escaped = json.dumps(value, ensure_ascii=False)
        return "".join(sign if sign.isprintable() and sign != "\ufeff" else _escape(sign) for sign in escaped)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@st.composite
def texts(draw: st.DrawFn, trees: st.SearchStrategy[dict[str, Any]] = MAPS) -> tuple[str, dict[str, Any]]:
    """A text, and the tree that it reads as but for templates."""
    tree = draw(trees)
    newline = draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))
    return Writer(Random(draw(st.integers(0, 2**32))), newline).write(tree), tree
