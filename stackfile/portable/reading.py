"""What stands under the name of an operation, read into typed parts; problems are gathered, never raised.

YAML has two ways of taking an expression apart without a word, a comma inside { } and a ` #`; both are recognised here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackfile.portable.expression import parse_expression
from stackfile.portable.fields import FieldPath, overlaps, parse_field, print_field
from stackfile.portable.functions import Kind, describe
from stackfile.portable.kinds import check, may_be
from stackfile.portable.syntax import Expression, ExpressionError, Range
from stackfile.values import Path

MAX_FIELDS = 1000
"""Fields that one operation names."""

_COMMENT = "if the line goes on behind a ` #`, YAML took that for a comment: put the whole expression in quotes"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the path in the list of operations, and in an expression the offsets."""

    path: Path
    message: str
    at: Range | None = None
    help: tuple[str, ...] = ()

    @property
    def offset(self) -> int | None:
        """Where in the text of the expression, counted from 0; None where the expression is not what is wrong."""
        return self.at[0] if self.at else None


class Reader:
    """Reads parts of operations; `problems` holds what was wrong so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, path: Path, message: str, *help: str) -> None:
        self.problems.append(Problem(path, message, help=help))

    def expression(self, raw: object, path: Path, start: int = 0, *help: str) -> Expression | None:
        """None where it is none. `start` is where the text begins within what was written."""
        if isinstance(raw, bool | int | float) and (isinstance(raw, int) or math.isfinite(raw)):
            raw = json.dumps(raw)
        if not isinstance(raw, str):
            self.problem(path, f"an expression is text, not {describe_raw(raw)}", *_quoted(raw))
            return None
        try:
            return parse_expression(raw)
        except ExpressionError as error:
            also = (_COMMENT,) if error.unfinished else ()
            at = (error.at[0] + start, error.at[1] + start)
            self.problems.append(Problem(path, error.message, at, (*error.help, *also, *help)))
            return None

    def predicate(self, raw: object, path: Path) -> Expression | None:
        tree = self.expression(raw, path)
        if tree is not None and not may_be(kind := check(tree), Kind.BOOL):
            self.problem(path, f"a filter yields true or false, not {describe(kind)}")
            return None
        return tree

    def assignments(self, raw: object, path: Path) -> tuple[tuple[FieldPath, Expression], ...]:
        found: list[tuple[FieldPath, Expression]] = []
        for name, text in self.entries(raw, path, "expression", 'to set null write "null", in quotes'):
            target = self.field(name, (*path, name))
            tree = self.expression(text, (*path, name))
            if target is not None and tree is not None:
                found.append((target, tree))
        self._apart([target for target, _ in found], path)
        return tuple(found)

    def fields(self, raw: object, path: Path) -> tuple[FieldPath, ...]:
        if not isinstance(raw, list | tuple) or not raw:
            self.problem(path, f"a list of fields is wanted, not {describe_raw(raw)}", "write [page, user.name]")
            return ()
        if len(raw) > MAX_FIELDS:
            self.problem(path, f"more than {MAX_FIELDS:,} fields")
            return ()
        found = [self.field(name, (*path, number)) for number, name in enumerate(raw)]
        known = tuple(field for field in found if field is not None)
        self._apart(list(known), path)
        return known

    def moves(self, raw: object, path: Path) -> tuple[tuple[FieldPath, FieldPath], ...]:
        found: list[tuple[FieldPath, FieldPath]] = []
        for name, text in self.entries(raw, path, "new name"):
            old, new = self.field(name, (*path, name)), self.field(text, (*path, name))
            if old is not None and new is not None:
                found.append((old, new))
        self._apart([old for old, _ in found], path)
        self._apart([new for _, new in found], path)
        return tuple(found)

    def entries(self, raw: object, path: Path, wanted: str, *help: str) -> Iterator[tuple[str, object]]:
        """The entries of a map that have what is wanted of them; the others are problems."""
        if not isinstance(raw, Mapping) or not raw:
            self.problem(path, f"a map of fields is wanted, not {describe_raw(raw)}")
            return
        if len(raw) > MAX_FIELDS:
            self.problem(path, f"more than {MAX_FIELDS:,} fields")
            return
        cut = cut_by_comma(raw)
        for name, pieces in cut.items():
            self.mend((*path, name), name, pieces)
        taken = {name for pieces in cut.values() for name in pieces}
        for name, text in raw.items():
            if name in cut or (text is None and name in taken):
                continue
            if not isinstance(name, str):
                self.problem((*path, str(name)), "the name of a field is text", f"write '[\"{name}\"]'")
            elif text is None:
                self.problem((*path, name), f"`{name}` has no {wanted}", *help)
            else:
                yield name, text

    def mend(self, path: Path, name: str, pieces: tuple[object, ...]) -> None:
        """The problem of an entry that `cut_by_comma` found."""
        self.problem(
            path,
            f"a comma inside {{ }} ended the expression, and `{_written(pieces[1])}` was left without a value",
            f"write {name}: {json.dumps(', '.join(map(_written, pieces)), ensure_ascii=False)}",
        )

    def field(self, raw: object, path: Path) -> FieldPath | None:
        if not isinstance(raw, str):
            self.problem(path, f"the name of a field is text, not {describe_raw(raw)}", f"write '[\"{raw}\"]'")
            return None
        try:
            return parse_field(raw)
        except ValueError as error:
            self.problem(path, str(error))
            return None

    def _apart(self, paths: list[FieldPath], path: Path) -> None:
        for first, second in overlaps(paths):
            if first == second:
                self.problem(path, f"`{print_field(first)}` is named twice")
            else:
                self.problem(path, f"`{print_field(second)}` lies within `{print_field(first)}`: name one of them")


def cut_by_comma(raw: Mapping[object, object]) -> dict[str, tuple[object, ...]]:
    """Entries that YAML cut at a comma, `{a: f(x, y)}`: the name, and the pieces of its expression in order.

    The first piece is the entry's value, the others are keys of the same map, which have none.
    """
    found: dict[str, tuple[object, ...]] = {}
    opened = ""
    for name, text in raw.items():
        if text is None and opened:
            found[opened] = (*found.get(opened, (raw[opened],)), name)
            if _unclosed(", ".join(map(_written, found[opened]))) <= 0:
                opened = ""
        else:
            opened = name if isinstance(name, str) and isinstance(text, str) and _unclosed(text) > 0 else ""
    return found


def _written(piece: object) -> str:
    return piece if isinstance(piece, str) else json.dumps(piece, default=str)


def _unclosed(text: str) -> int:
    return sum(text.count(sign) for sign in "([") - sum(text.count(sign) for sign in ")]")


def _quoted(raw: object) -> tuple[str, ...]:
    if isinstance(raw, list):
        return ("put a list in quotes: \"[value.a, 'b']\"",)
    return ('put the expression in quotes; for null write "null"',)


def describe_raw(raw: object) -> str:
    """What YAML made of something, in words."""
    names = {type(None): "nothing", str: "text", bool: "true or false", list: "a list", tuple: "a list"}
    if isinstance(raw, Mapping):
        return "a map" if raw else "an empty map"
    if isinstance(raw, list | tuple) and not raw:
        return "an empty list"
    return names.get(type(raw), "a number")


def shown(raw: object) -> str:
    """What somebody wrote, in one line."""
    text = str(raw)
    return f"`{text}`" if text.isprintable() and len(text) <= 60 else "this"
