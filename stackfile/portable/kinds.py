"""What an expression can yield, and which ones cannot work: those are refused before an event is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from stackfile.portable.functions import FUNCTIONS, Kind, describe
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

Kinds = Sequence[Kind]

_OF_CONSTANT: Mapping[type, Kind] = MappingProxyType(
    {type(None): Kind.NULL, bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT}
)
_OF_ROOT: Mapping[str, Kind] = MappingProxyType(
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


def check(tree: Expression) -> Kind:
    """What the whole can yield. Raises ExpressionError where it would fail, or say the same, for every event."""
    return kind_of(tree, [check(child) for child in children(tree)])


def kind_of(node: Expression, below: Kinds) -> Kind:
    """What a node can yield, from what its children can. Never too narrow."""
    return _RULES[type(node)](node, below)


def may_be(kind: Kind, wanted: Kind) -> bool:
    """Whether there can be a value of the wanted kind. Null alone, which is never wrong, counts as one."""
    return bool(kind & wanted) or kind == Kind.NULL


def _literal(node: Literal, _: Kinds) -> Kind:
    return _OF_CONSTANT[type(node.value)]


def _items(_: Items, __: Kinds) -> Kind:
    return Kind.LIST


def _root(node: Root, _: Kinds) -> Kind:
    return _OF_ROOT[node.name]


def _field(node: Field, below: Kinds) -> Kind:
    if not below[0] & Kind.MAP:
        raise ExpressionError(f"{describe(below[0])} has no fields", node.at)
    return Kind.ANY


def _index(node: Index, below: Kinds) -> Kind:
    target, index = below
    if not target & (Kind.LIST | Kind.MAP):
        help = ("write substring(text, start, end)",) if target & Kind.TEXT else ()
        raise ExpressionError(f"{describe(target)} has no items", node.at, *help)
    if not index & (Kind.INT | Kind.TEXT):
        raise ExpressionError(f"an item has a whole number or a name, not {describe(index)}", node.index.at)
    return Kind.ANY


def _not(node: Not, below: Kinds) -> Kind:
    _need(below[0], Kind.BOOL, "`not`", node.operand)
    return Kind.BOOL


def _logic(node: Logic, below: Kinds) -> Kind:
    for operand, kind in zip(node.operands, below, strict=True):
        _need(kind, Kind.BOOL, f"`{node.operator}`", operand)
    return Kind.BOOL


def _negate(node: Negate, below: Kinds) -> Kind:
    _need(below[0], Kind.NUMBER, "`-`", node.operand)
    return below[0] & (Kind.NUMBER | Kind.NULL)


def _arithmetic(node: Arithmetic, below: Kinds) -> Kind:
    left, right = below
    both = left & right
    kind = (left | right) & Kind.NULL
    if left & Kind.NUMBER and right & Kind.NUMBER:
        kind |= Kind.FLOAT if node.operator == "/" else (both & Kind.INT) | ((left | right) & Kind.FLOAT)
    if node.operator == "+":
        kind |= both & (Kind.TEXT | Kind.LIST)
    if kind in (Kind(0), Kind.NULL) and Kind.NULL not in below:
        takes = "two numbers, two texts or two lists" if node.operator == "+" else "numbers"
        help = ("to join texts write concat(a, b); string(x) makes text of a number",) if node.operator == "+" else ()
        raise ExpressionError(f"`{node.operator}` takes {takes}, not {_pair(left, right)}", node.at, *help)
    return kind


def _compare(node: Compare, below: Kinds) -> Kind:
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


def _membership(node: Compare, left: Kind, right: Kind) -> None:
    if not may_be(right, _HOLDERS):
        raise ExpressionError(f"`in` looks into a list, a map or a text, not {describe(right)}", node.right.at)
    if not right & Kind.LIST and not may_be(left, Kind.TEXT):
        raise ExpressionError(f"`in` looks for text there, not {describe(left)}", node.left.at)


def _call(node: Call, below: Kinds) -> Kind:
    if node.function in _SPECIAL:
        return _SPECIAL[node.function](node, below)
    function = FUNCTIONS[node.function]
    null = Kind(0)
    for number, (argument, kind) in enumerate(zip(node.arguments, below, strict=True)):
        _need(kind, function.parameter(number)[1], f"`{node.function}`", argument)
        null |= kind & Kind.NULL
    return function.result | null


def _if(node: Call, below: Kinds) -> Kind:
    _need(below[0], Kind.BOOL, "`if`", node.arguments[0])
    return below[1] | below[2]


def _coalesce(_: Call, below: Kinds) -> Kind:
    kind = Kind(0)
    for each in below:
        kind = (kind & ~Kind.NULL) | each
        if not each & Kind.NULL:
            break
    return kind


def _exists(node: Call, _: Kinds) -> Kind:
    if not isinstance(node.arguments[0], Field | Index):
        raise ExpressionError("`exists` takes a path, such as value.name", node.arguments[0].at)
    return Kind.BOOL


def _try(_: Call, below: Kinds) -> Kind:
    return below[0] | below[1]


def _need(kind: Kind, wanted: Kind, by: str, place: Expression) -> None:
    if not may_be(kind, wanted):
        raise ExpressionError(f"{by} takes {describe(wanted)}, not {describe(kind)}", place.at)


def _pair(left: Kind, right: Kind) -> str:
    return f"{describe(left)} and {describe(right)}"


def _time_help(left: Kind, right: Kind) -> tuple[str, ...]:
    numbers_and_text = {Kind.NUMBER, Kind.TEXT}
    return ("a time as text becomes milliseconds by time('2025-01-31')",) if {left, right} == numbers_and_text else ()


_Rule = Callable[[Any, Kinds], Kind]

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
