"""The template of a generator: expressions of the portable language over the number of the event, with random calls.

A random call becomes an item of the key, which the generator fills, and `i` the offset; then it is an expression like
any other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stackfile.errors import StackError
from stackfile.portable.expression import parse_expression
from stackfile.portable.fields import FieldPath, overlaps, print_field
from stackfile.portable.models import Map
from stackfile.portable.reading import Problem, Reader, describe_raw
from stackfile.portable.syntax import ROOTS, Expression, ExpressionError, Items, Root, children
from stackfile.portable.tokens import Token, tokens
from stackfile.values import Path
from stackfile_local.engine.compiled import compile_expression
from stackfile_local.engine.draws import DRAWS, Column
from stackfile_local.engine.runtime import Failed

_NAMES = {"i": "offset", "n": "(offset + 1)"}
_HIDDEN = frozenset(ROOTS) - {"value"}
_KNOWN = "a template has `i` (0, 1, 2, ...), `n` (1, 2, 3, ...) and `value`, which holds the fields above"
_TEXT = "a text stands in quotes of its own: \"'text'\""


class TemplateError(StackError, ValueError):
    """A template that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join("; ".join((one.message, *one.help)) for one in self.problems))


@dataclass(frozen=True, slots=True)
class Template:
    """`fields` run one after the other, so that an expression sees the fields above it. `key` sees them all.

    Random call number n is item n of the key of the event that is given to them.
    """

    columns: tuple[Column, ...]
    fields: tuple[Map, ...]
    key: Expression | None = None


def parse_template(raw: Mapping[str, object], key: str | None = None) -> Template:
    """Raises TemplateError."""
    reader = _Reader()
    found = list(reader.template(raw, (), ()))
    for first, second in overlaps([target for target, _ in found]):
        reader.problem((), f"`{print_field(first)}` and `{print_field(second)}` cannot both be set")
    made = None if key is None else reader.expression(key, ())
    if reader.problems:
        raise TemplateError(reader.problems)
    return Template(tuple(reader.columns), _maps(found), made)


def _maps(found: Sequence[tuple[FieldPath, Expression]]) -> tuple[Map, ...]:
    """Few of them: only what looks at the value needs one that comes later."""
    groups: list[list[tuple[FieldPath, Expression]]] = [[]]
    for target, tree in found:
        if _has_root(tree, "value"):
            groups.append([])
        groups[-1].append((target, tree))
    return tuple(Map(tuple(group)) for group in groups if group)


@dataclass
class _Rewritten:
    """An expression with other words in some places, and where each stretch of it was."""

    text: str = ""
    starts: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def add(self, piece: str, origin: int) -> None:
        self.starts.append(len(self.text))
        self.origins.append(origin)
        self.text += piece

    def origin(self, at: int) -> int:
        place = bisect_right(self.starts, at) - 1
        return self.origins[place] + at - self.starts[place]


class _Reader(Reader):
    """Reads a template; `columns` are its random calls."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: list[Column] = []

    def template(self, raw: object, path: Path, target: FieldPath) -> Sequence[tuple[FieldPath, Expression]]:
        found: list[tuple[FieldPath, Expression]] = []
        for name, value in self.entries(raw, path, "value", 'for null write "null", in quotes'):
            inner = self.field(name, (*path, name))
            if inner is None:
                continue
            if isinstance(value, Mapping):
                found.extend(self.template(value, (*path, name), (*target, *inner)))
            elif (tree := self.value(value, (*path, name))) is not None:
                found.append(((*target, *inner), tree))
        return found

    def value(self, raw: object, path: Path) -> Expression | None:
        if isinstance(raw, list | tuple):
            items = [self.value(each, (*path, number)) for number, each in enumerate(raw)]
            return Items(tuple(each for each in items if each is not None))
        if isinstance(raw, Mapping):
            self.problem(path, f"a list of a template holds expressions, not {describe_raw(raw)}")
            return None
        return self.expression("null" if raw is None else raw, path)

    def expression(self, raw: object, path: Path, start: int = 0, *help: str) -> Expression | None:
        if not isinstance(raw, str):
            return super().expression(raw, path, start, *help)
        try:
            rewritten = self._rewrite(raw)
        except ExpressionError as error:
            self.problems.append(Problem(path, error.message, error.at, (*error.help, *help)))
            return None
        known = len(self.problems)
        tree = super().expression(rewritten.text, path, start, *help)
        self.problems[known:] = [_moved_back(one, rewritten) for one in self.problems[known:]]
        return tree

    def _rewrite(self, text: str) -> _Rewritten:
        """Raises ExpressionError."""
        words = tokens(text)
        out, done, number = _Rewritten(), 0, 0
        while number < len(words):
            word, following = words[number], number + 1
            piece = None
            if word.kind == "name" and not _is_field(words, number):
                if words[following].text == "(":
                    end, given = _arguments(words, following)
                    piece = self._call(text, word, words[following : end + 1], given)
                    following = end + 1 if piece is not None else following
                elif word.text in _HIDDEN:
                    raise ExpressionError(f"there is no name `{word.text}`", word.at, _KNOWN)
                else:
                    piece = _NAMES.get(word.text)
            if piece is not None:
                out.add(text[done : word.at[0]], done)
                out.add(piece, word.at[0])
                done = words[following - 1].at[1]
            number = following
        out.add(text[done:], done)
        return out

    def _call(self, text: str, name: Token, words: Sequence[Token], given: int) -> str | None:
        """What takes the place of a call; None for a function of the language."""
        if name.text == "time" and not given:
            return "timestamp"
        draw = DRAWS.get(name.text)
        if draw is None or (not draw.least <= given <= draw.most and name.text in ("int", "float") and given == 1):
            return None
        at = (name.at[0], words[-1].at[1])
        if not draw.least <= given <= draw.most:
            raise ExpressionError(f"`{name.text}` takes other arguments: {draw.signature}", at)
        arguments = _constants(f"[{text[words[0].at[1] : words[-1].at[0]]}]", name.text, at)
        try:
            self.columns.append(draw.make(*arguments))
        except ValueError as error:
            raise ExpressionError(f"`{draw.signature}` {error}", at) from None
        return f"key[{len(self.columns) - 1}]"


def _is_field(words: Sequence[Token], number: int) -> bool:
    return number > 0 and words[number - 1].text == "." and words[number - 1].kind == "sign"


def _arguments(words: Sequence[Token], opened: int) -> tuple[int, int]:
    """Where the call ends, and how many arguments it has. Raises ExpressionError where it does not end."""
    depth, commas = 0, 0
    for number in range(opened, len(words)):
        word = words[number]
        if word.kind != "sign":
            continue
        depth += (word.text in ("(", "[")) - (word.text in (")", "]"))
        commas += depth == 1 and word.text == ","
        if not depth:
            return number, 0 if number == opened + 1 else commas + 1
    raise ExpressionError("`)` is missing", words[opened].at, unfinished=True)


def _constants(text: str, name: str, at: tuple[int, int]) -> list[object]:
    try:
        tree = parse_expression(text)
        if _has_root(tree, *ROOTS):
            raise ExpressionError("", at)
        found: list[object] = compile_expression(tree)((None, None, None, 0, 0, 0))
    except (ExpressionError, Failed):
        raise ExpressionError(f"the arguments of `{name}` are constants", at, DRAWS[name].signature) from None
    return found


def _has_root(tree: Expression, *names: str) -> bool:
    if isinstance(tree, Root):
        return tree.name in names
    return any(_has_root(child, *names) for child in children(tree))


def _moved_back(problem: Problem, rewritten: _Rewritten) -> Problem:
    at = problem.at and (rewritten.origin(problem.at[0]), rewritten.origin(problem.at[1]))
    help = tuple(one for one in problem.help if not one.startswith("a field: value."))
    return replace(problem, at=at, help=(*help, _KNOWN) if problem.message.startswith("there is no name") else help)
