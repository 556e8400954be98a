"""Syntax tree to text: one spelling for each tree, which `parse_expression` reads back as the same tree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from stackfile.portable.expression import AND, COMPARE, NOT, OR, POSTFIX, PREFIX, PRODUCT, SUM
from stackfile.portable.syntax import (
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    Field,
    Index,
    Items,
    Literal,
    Logic,
    Negate,
    Not,
    Root,
)

_NAME = re.compile(r"[^\W\d]\w*\Z")
_ATOM = POSTFIX + 1
_BINDING: Mapping[str, int] = MappingProxyType(
    {"or": OR, "and": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT}
)
_ESCAPED = re.compile("['\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_SHORT_ESCAPES = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def print_expression(tree: Expression) -> str:
    """The canonical text: `and or not`, single quotes, single spaces, no parentheses that are not needed."""
    return _print(tree)[0]


def print_constant(value: Constant) -> str:
    if isinstance(value, str):
        return f"'{_ESCAPED.sub(_escape, value)}'"
    return json.dumps(value)


def _escape(match: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _print(node: Expression) -> tuple[str, int]:
    """The text of a node, and how tightly its outermost operator binds."""
    return _PRINTERS[type(node)](node)


def _within(node: Expression, loosest: int) -> str:
    text, binding = _print(node)
    return text if binding >= loosest else f"({text})"


def _literal(node: Literal) -> tuple[str, int]:
    # a literal does not stand before a postfix without parentheses, and a number not behind the sign of another node
    return print_constant(node.value), PREFIX


def _items(node: Items) -> tuple[str, int]:
    return f"[{', '.join(map(print_expression, node.items))}]", _ATOM


def _root(node: Root) -> tuple[str, int]:
    return node.name, _ATOM


def _field(node: Field) -> tuple[str, int]:
    step = f".{node.name}" if _NAME.match(node.name) else f"[{print_constant(node.name)}]"
    return _within(node.target, POSTFIX) + step, _ATOM


def _index(node: Index) -> tuple[str, int]:
    return f"{_within(node.target, POSTFIX)}[{print_expression(node.index)}]", _ATOM


def _not(node: Not) -> tuple[str, int]:
    return f"not {_within(node.operand, NOT)}", NOT


def _negate(node: Negate) -> tuple[str, int]:
    text, binding = _print(node.operand)
    bare = binding >= PREFIX and not isinstance(node.operand, Literal)
    return (f"-{text}" if bare else f"-({text})"), PREFIX


def _arithmetic(node: Arithmetic) -> tuple[str, int]:
    binding = _BINDING[node.operator]
    return f"{_within(node.left, binding)} {node.operator} {_within(node.right, binding + 1)}", binding


def _compare(node: Compare) -> tuple[str, int]:
    return f"{_within(node.left, COMPARE + 1)} {node.operator} {_within(node.right, COMPARE + 1)}", COMPARE


def _logic(node: Logic) -> tuple[str, int]:
    binding = _BINDING[node.operator]
    return f" {node.operator} ".join(_within(operand, binding + 1) for operand in node.operands), binding


def _call(node: Call) -> tuple[str, int]:
    return f"{node.function}({', '.join(map(print_expression, node.arguments))})", _ATOM


_PRINTERS: Mapping[type, Callable[[Any], tuple[str, int]]] = MappingProxyType(
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
