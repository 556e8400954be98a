"""The functions of the expression language: names, what they take, what they give. Back ends bring the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

Kinds: TypeAlias = int
"""What a value may be: kinds, joined by `|`. Plain integers, for every expression of every plan is checked by them."""


class Kind:
    """One bit for each kind, and names for some that go together. JSON has one kind of number; here there are two."""

    NULL: Final = 1
    BOOL: Final = 2
    INT: Final = 4
    FLOAT: Final = 8
    TEXT: Final = 16
    LIST: Final = 32
    MAP: Final = 64

    NUMBER: Final = INT | FLOAT
    LOGICAL: Final = BOOL | NULL
    VALUE: Final = BOOL | NUMBER | TEXT | LIST | MAP
    ANY: Final = VALUE | NULL


_WORDS = {
    Kind.NULL: "null",
    Kind.BOOL: "true or false",
    Kind.NUMBER: "a number",
    Kind.INT: "a whole number",
    Kind.FLOAT: "a fraction",
    Kind.TEXT: "text",
    Kind.LIST: "a list",
    Kind.MAP: "a map",
}


def describe(kind: Kinds) -> str:
    """`text`, `a number or a list`: for messages, which speak of null only where there is nothing else."""
    if kind & Kind.VALUE == Kind.VALUE:
        return "a value"
    kind = kind & ~Kind.NULL or kind
    words: list[str] = []
    for each, word in _WORDS.items():
        if kind & each == each:
            words.append(word)
            kind &= ~each
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@dataclass(frozen=True, slots=True)
class Function:
    """One function. A null argument gives null, and an argument of another kind fails, unless `special`.

    `optional` counts the parameters at the end that may be left out; `repeats`: the last may come any number of times.
    Special functions look at arguments that are null or that are not evaluated at all; back ends know each by name.
    """

    name: str
    parameters: tuple[tuple[str, Kinds], ...]
    result: Kinds
    optional: int = 0
    repeats: bool = False
    special: bool = False

    @property
    def least(self) -> int:
        return len(self.parameters) - self.optional

    @property
    def most(self) -> int | None:
        return None if self.repeats else len(self.parameters)

    def parameter(self, number: int) -> tuple[str, Kinds]:
        """Name and kind of the argument at this place, counted from 0."""
        return self.parameters[min(number, len(self.parameters) - 1)]

    @property
    def signature(self) -> str:
        """`replace(text, old, new)`, `round(x[, digits])`, `concat(x, ...)`."""
        names = [name for name, _ in self.parameters]
        taken = ", ".join(names[: self.least])
        if self.repeats:
            return f"{self.name}({taken}, ...)"
        return f"{self.name}({taken}{''.join(f'[, {name}]' for name in names[self.least :])})"


_TEXT, _INT, _NUMBER, _LIST = Kind.TEXT, Kind.INT, Kind.NUMBER, Kind.LIST
_SCALAR = Kind.TEXT | Kind.NUMBER | Kind.BOOL

TIME_PARTS = ("year", "month", "day", "hour", "minute", "second", "weekday")
"""Functions that give a part of a moment, in UTC."""

_ALL = (
    Function("lower", (("text", _TEXT),), _TEXT),
    Function("upper", (("text", _TEXT),), _TEXT),
    Function("trim", (("text", _TEXT),), _TEXT),
    Function("length", (("x", _TEXT | _LIST | Kind.MAP),), _INT),
    Function("contains", (("x", _TEXT | _LIST | Kind.MAP), ("part", Kind.VALUE)), Kind.BOOL),
    Function("starts_with", (("text", _TEXT), ("part", _TEXT)), Kind.BOOL),
    Function("ends_with", (("text", _TEXT), ("part", _TEXT)), Kind.BOOL),
    Function("replace", (("text", _TEXT), ("old", _TEXT), ("new", _TEXT)), _TEXT),
    Function("split", (("text", _TEXT), ("separator", _TEXT)), _LIST),
    Function("join", (("list", _LIST), ("separator", _TEXT)), _TEXT | Kind.NULL),
    Function("concat", (("x", _SCALAR),), _TEXT, repeats=True),
    Function("substring", (("text", _TEXT), ("start", _INT), ("end", _INT)), _TEXT, optional=1),
    Function("sha256", (("text", _TEXT),), _TEXT),
    Function("int", (("x", _TEXT | _NUMBER),), _INT),
    Function("float", (("x", _TEXT | _NUMBER),), Kind.FLOAT),
    Function("string", (("x", _SCALAR),), _TEXT),
    Function("bool", (("x", _TEXT | Kind.BOOL),), Kind.BOOL),
    Function("abs", (("x", _NUMBER),), _NUMBER),
    Function("floor", (("x", _NUMBER),), _INT),
    Function("ceil", (("x", _NUMBER),), _INT),
    Function("round", (("x", _NUMBER), ("digits", _INT)), _NUMBER, optional=1),
    Function("min", (("x", _NUMBER | _TEXT | _LIST),), _NUMBER | _TEXT | Kind.NULL, repeats=True),
    Function("max", (("x", _NUMBER | _TEXT | _LIST),), _NUMBER | _TEXT | Kind.NULL, repeats=True),
    Function("time", (("x", _TEXT | _INT),), _INT),
    Function("time_text", (("milliseconds", _INT),), _TEXT),
    Function("time_floor", (("milliseconds", _INT), ("size", _INT)), _INT),
    Function("duration", (("text", _TEXT),), _INT),
    *(Function(part, (("milliseconds", _INT),), _INT) for part in TIME_PARTS),
    Function("sqrt", (("x", _NUMBER),), Kind.FLOAT),
    Function("index_of", (("text", _TEXT), ("part", _TEXT)), _INT),
    Function("slice", (("list", _LIST), ("start", _INT), ("end", _INT)), _LIST, optional=1),
    Function("reverse", (("list", _LIST),), _LIST),
    Function("keys", (("map", Kind.MAP),), _LIST),
    Function("if", (("condition", Kind.LOGICAL), ("then", Kind.ANY), ("else", Kind.ANY)), Kind.ANY, special=True),
    Function("coalesce", (("x", Kind.ANY),), Kind.ANY, repeats=True, special=True),
    Function("exists", (("path", Kind.ANY),), Kind.BOOL, special=True),
    Function("try", (("x", Kind.ANY), ("otherwise", Kind.ANY)), Kind.ANY, special=True),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
