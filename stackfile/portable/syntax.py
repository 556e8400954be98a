"""The syntax tree of an expression, and the limits that keep every tree small.

Nodes that say the same are equal wherever they were written: `at` (start and end offset in the text) is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from stackfile.errors import StackError

MAX_TEXT = 16_384
"""Characters of source."""
MAX_DEPTH = 50
"""Nodes from the root to the deepest leaf."""
MAX_ITEMS = 1000
"""Items of a list literal, arguments of a call, operands of one `and` or `or`."""
MAX_TRIES = 8
"""`try` within the first argument of `try`."""
MIN_INT, MAX_INT = -(2**63), 2**63 - 1

RootName: TypeAlias = OneOf["key", "value", "headers", "timestamp", "partition", "offset"]
ROOTS: tuple[RootName, ...] = ("key", "value", "headers", "timestamp", "partition", "offset")
"""The parts of an event, in the order in which a back end gets them."""

Constant: TypeAlias = None | bool | int | float | str
ArithmeticOperator: TypeAlias = OneOf["+", "-", "*", "/", "%"]
Comparator: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Range: TypeAlias = tuple[int, int]

NOWHERE: Range = (0, 0)


class ExpressionError(StackError, ValueError):
    """A text that is no expression, or one that fails for every event: what is wrong, at which offset, what to write.

    `unfinished` says that the text ends too early, as it does when YAML took the rest of it for something else.
    """

    def __init__(self, message: str, at: Range, *help: str, unfinished: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.help = help
        self.unfinished = unfinished


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant. `1`, `1.0` and `true`, which Python takes for equal, are three."""

    value: Constant
    at: Range = field(default=NOWHERE, compare=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@dataclass(frozen=True, slots=True)
class Items:
    """A list literal."""

    items: tuple[Expression, ...]
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Root:
    """One part of the event."""

    name: RootName
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a map: `x.name`, `x["name"]`."""

    target: Expression
    name: str
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list by its number, or a field of a map by a computed name."""

    target: Expression
    index: Expression
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Expression
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Expression
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: ArithmeticOperator
    left: Expression
    right: Expression
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    operator: Comparator
    left: Expression
    right: Expression
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and c`, or the same with `or`: two operands or more, asked from the left until one settles it."""

    operator: OneOf["and", "or"]
    operands: tuple[Expression, ...]
    at: Range = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]
    at: Range = field(default=NOWHERE, compare=False)


Expression: TypeAlias = Literal | Items | Root | Field | Index | Not | Negate | Arithmetic | Compare | Logic | Call


def children(node: Expression) -> tuple[Expression, ...]:
    """The expressions directly below a node, in the order of the text."""
    match node:
        case Literal() | Root():
            return ()
        case Items(items=below) | Logic(operands=below) | Call(arguments=below):
            return below
        case Field(target=target):
            return (target,)
        case Index(target=target, index=index):
            return (target, index)
        case Not(operand=operand) | Negate(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
