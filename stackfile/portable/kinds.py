"""What an expression can yield, and which ones cannot work: those are refused before an event is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from stackfile.portable.functions import FUNCTIONS, Kind, Kinds, describe
from stackfile.portable.syntax import (
    Arithmetic,
    Call,
    Compare,
    Expression,
    ExpressionError,
    Field,
    Index,
    Items,
    Literal,
    Logic,
    Negate,
    Not,
    Root,
    children,
)

Below: TypeAlias = Sequence[Kinds]

_OF_CONSTANT: Mapping[type, Kinds] = MappingProxyType(
    {type(None): Kind.NULL, bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT}
)
_OF_ROOT: Mapping[str, Kinds] = MappingProxyType(
    {
        "key": Kind.ANY,
        "value": Kind.ANY,
        "headers": Kind.MAP | Kind.NULL,
        "timestamp": Kind.INT,
        "partition": Kind.INT,
        "offset": Kind.INT,
    }
)
_HOLDERS = Kind.LIST | Kind.MAP | Kind.TEXT


def check(tree: Expression) -> Kinds:
    """What the whole can yield. Raises ExpressionError where it would fail, or say the same, for every event."""
    return kind_of(tree, [check(child) for child in children(tree)])


def kind_of(node: Expression, below: Below) -> Kinds:
    """What a node can yield, from what its children can. Never too narrow."""
    return _RULES[type(node)](node, below)


def may_be(kind: Kinds, wanted: Kinds) -> bool:
    """Whether there can be a value of the wanted kind. Null alone, which is never wrong, counts as one."""
    return bool(kind & wanted) or kind == Kind.NULL


def _literal(node: Literal, _: Below) -> Kinds:
    return _OF_CONSTANT[type(node.value)]


def _items(_: Items, __: Below) -> Kinds:
    return Kind.LIST


def _root(node: Root, _: Below) -> Kinds:
    return _OF_ROOT[node.name]


def _field(node: Field, below: Below) -> Kinds:
    if not below[0] & Kind.MAP:
        raise ExpressionError(f"{describe(below[0])} has no fields", node.at)
    return Kind.ANY


def _index(node: Index, below: Below) -> Kinds:
    target, index = below
    if not target & (Kind.LIST | Kind.MAP):
        help = ("write substring(text, start, end)",) if target & Kind.TEXT else ()
        raise ExpressionError(f"{describe(target)} has no items", node.at, *help)
    if not index & (Kind.INT | Kind.TEXT):
        raise ExpressionError(f"an item has a whole number or a name, not {describe(index)}", node.index.at)
    return Kind.ANY


def _not(node: Not, below: Below) -> Kinds:
    _need(below[0], Kind.BOOL, "`not`", node.operand)
    return Kind.BOOL


def _logic(node: Logic, below: Below) -> Kinds:
    for operand, kind in zip(node.operands, below, strict=True):
        _need(kind, Kind.BOOL, f"`{node.operator}`", operand)
    return Kind.BOOL


def _negate(node: Negate, below: Below) -> Kinds:
    _need(below[0], Kind.NUMBER, "`-`", node.operand)
    return below[0] & (Kind.NUMBER | Kind.NULL)


def _arithmetic(node: Arithmetic, below: Below) -> Kinds:
    left, right = below
    both = left & right
    kind = (left | right) & Kind.NULL
    if left & Kind.NUMBER and right & Kind.NUMBER:
        kind |= Kind.FLOAT if node.operator == "/" else (both & Kind.INT) | ((left | right) & Kind.FLOAT)
    if node.operator == "+":
        kind |= both & (Kind.TEXT | Kind.LIST)
    if kind in (0, Kind.NULL) and Kind.NULL not in below:
        takes = "two numbers, two texts or two lists" if node.operator == "+" else "numbers"
        help = ("to join texts write concat(a, b); string(x) makes text of a number",) if node.operator == "+" else ()
        raise ExpressionError(f"`{node.operator}` takes {takes}, not {_pair(left, right)}", node.at, *help)
    return kind


def _compare(node: Compare, below: Below) -> Kinds:
    left, right = (kind | Kind.NUMBER if kind & Kind.NUMBER else kind for kind in below)
    if node.operator in ("in", "not in"):
        _membership(node, left, right)
    elif node.operator in ("==", "!="):
        if not left & right and Kind.NULL not in (left, right):
            raise ExpressionError(f"{_pair(left, right)} are never equal", node.at, *_time_help(left, right))
    elif Kind.NULL in (left, right):
        raise ExpressionError(f"`{node.operator}` with null is never true", node.at, "write == null or != null")
    elif not left & right & (Kind.NUMBER | Kind.TEXT):
        raise ExpressionError(
            f"`{node.operator}` compares two numbers or two texts, not {_pair(left, right)}",
            node.at,
            *_time_help(left, right),
        )
    return Kind.BOOL


def _membership(node: Compare, left: Kinds, right: Kinds) -> None:
    if not may_be(right, _HOLDERS):
        raise ExpressionError(f"`in` looks into a list, a map or a text, not {describe(right)}", node.right.at)
    if not right & Kind.LIST and not may_be(left, Kind.TEXT):
        raise ExpressionError(f"`in` looks for text there, not {describe(left)}", node.left.at)


def _call(node: Call, below: Below) -> Kinds:
    if node.function in _SPECIAL:
        return _SPECIAL[node.function](node, below)
    function = FUNCTIONS[node.function]
    null = 0
    for number, (argument, kind) in enumerate(zip(node.arguments, below, strict=True)):
        _need(kind, function.parameter(number)[1], f"`{node.function}`", argument)
        null |= kind & Kind.NULL
    return function.result | null


def _if(node: Call, below: Below) -> Kinds:
    _need(below[0], Kind.BOOL, "`if`", node.arguments[0])
    return below[1] | below[2]


def _coalesce(_: Call, below: Below) -> Kinds:
    kind = 0
    for each in below:
        kind = (kind & ~Kind.NULL) | each
        if not each & Kind.NULL:
            break
    return kind


def _exists(node: Call, _: Below) -> Kinds:
    if not isinstance(node.arguments[0], Field | Index):
        raise ExpressionError("`exists` takes a path, such as value.name", node.arguments[0].at)
    return Kind.BOOL


def _try(_: Call, below: Below) -> Kinds:
    return below[0] | below[1]


def _need(kind: Kinds, wanted: Kinds, by: str, place: Expression) -> None:
    if not may_be(kind, wanted):
        raise ExpressionError(f"{by} takes {describe(wanted)}, not {describe(kind)}", place.at)


def _pair(left: Kinds, right: Kinds) -> str:
    return f"{describe(left)} and {describe(right)}"


def _time_help(left: Kinds, right: Kinds) -> tuple[str, ...]:
    numbers_and_text = {Kind.NUMBER, Kind.TEXT}
    return ("a time as text becomes milliseconds by time('2025-01-31')",) if {left, right} == numbers_and_text else ()


_Rule = Callable[[Any, Below], Kinds]

_SPECIAL: Mapping[str, _Rule] = MappingProxyType({"if": _if, "coalesce": _coalesce, "exists": _exists, "try": _try})
_RULES: Mapping[type, _Rule] = MappingProxyType(
    {
        Literal: _literal,
        Items: _items,
        Root: _root,
        Field: _field,
        Index: _index,
        Not: _not,
        Negate: _negate,
        Arithmetic: _arithmetic,
        Compare: _compare,
        Logic: _logic,
        Call: _call,
    }
)
