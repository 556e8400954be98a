"""The expression language once more, slow and plain: walks the tree, and shares no code with the engine."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from typing import Any

from stackfile.portable.syntax import (
    Arithmetic,
    Call,
    Compare,
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
from tests.laws.time_interpreter import Fails, duration, kind, need, part_of, time, time_floor, time_text, whole

PARTS = ("key", "value", "headers", "timestamp", "partition", "offset")


def evaluate(tree: Expression, event: tuple[Any, ...]) -> Any:
    return walk(tree, dict(zip(PARTS, event, strict=True)))


def walk(node: Expression, event: dict[str, Any]) -> Any:  # noqa: C901, PLR0911 - a case for each node
    match node:
        case Literal(value=value):
            return value
        case Items(items=items):
            return [walk(item, event) for item in items]
        case Root(name=name):
            return event[name]
        case Field(target=target, name=name):
            return look_up(walk(target, event), name)[1]
        case Index(target=target, index=index):
            return look_up(walk(target, event), walk(index, event))[1]
        case Not(operand=operand):
            return not logical(walk(operand, event))
        case Negate(operand=operand):
            return negated(walk(operand, event))
        case Arithmetic(operator=operator, left=left, right=right):
            return arithmetic(operator, walk(left, event), walk(right, event))
        case Compare(operator=operator, left=left, right=right):
            return compare(operator, walk(left, event), walk(right, event))
        case Logic(operator="and", operands=operands):
            return all(logical(walk(operand, event)) for operand in operands)
        case Logic(operands=operands):
            return any(logical(walk(operand, event)) for operand in operands)
        case Call(function=function, arguments=arguments):
            return call(function, arguments, event)


def look_up(holder: Any, step: Any) -> tuple[bool, Any]:
    """Whether something is there, and what."""
    if isinstance(holder, dict) and isinstance(step, str):
        return step in holder, holder.get(step)
    if isinstance(holder, list) and kind(step) == "number" and isinstance(step, int):
        place = step + len(holder) if step < 0 else step
        if 0 <= place < len(holder):
            return True, holder[place]
    return False, None


def logical(value: Any) -> bool:
    if kind(value) not in ("bool", "null"):
        raise Fails
    return value is True


def in_range(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Fails
    if isinstance(value, float) and not math.isfinite(value):
        raise Fails
    return value


def negated(value: Any) -> Any:
    return None if value is None else in_range(-need(value, "number"))


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    kinds = {kind(left), kind(right)}
    if "null" in kinds:
        return None
    if operator == "+" and kinds in ({"text"}, {"list"}):
        return left + right
    if kinds != {"number"} or (operator in "/%" and right == 0):
        raise Fails
    try:
        return in_range(compute(operator, left, right))
    except OverflowError:
        raise Fails from None


def compute(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _ if isinstance(left, int) and isinstance(right, int):
            return (abs(left) % abs(right)) * (-1 if left < 0 else 1)
        case _:
            return math.fmod(left, right)


def same(left: Any, right: Any) -> bool:
    if kind(left) != kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return bool(left == right)


def compare(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "==":
            return same(left, right)
        case "!=":
            return not same(left, right)
        case "in":
            return within(left, right)
        case "not in":
            return not within(left, right)
    if kind(left) != kind(right) or kind(left) not in ("number", "text"):
        return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def within(part: Any, whole: Any) -> bool:
    if isinstance(whole, list):
        return any(same(part, item) for item in whole)
    return isinstance(whole, dict | str) and isinstance(part, str) and part in whole


def call(function: str, arguments: tuple[Expression, ...], event: dict[str, Any]) -> Any:  # noqa: C901
    match function, arguments:
        case "if", (asked, then, otherwise):
            return walk(then if logical(walk(asked, event)) else otherwise, event)
        case "coalesce", _:
            return next((value for each in arguments if (value := walk(each, event)) is not None), None)
        case "exists", (Field(target=target, name=name),):
            return look_up(walk(target, event), name)[0]
        case "exists", (Index(target=target, index=index),):
            return look_up(walk(target, event), walk(index, event))[0]
        case "try", (tried, otherwise):
            try:
                return walk(tried, event)
            except Fails:
                return walk(otherwise, event)
    values = [walk(argument, event) for argument in arguments]
    if any(value is None for value in values):
        return None
    try:
        return in_range(FUNCTIONS[function](*values))
    except (TypeError, ValueError, OverflowError, AttributeError, ZeroDivisionError, KeyError):
        raise Fails from None


def on_text(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *texts: function(*(need(text, "text") for text in texts))


def contains(holder: Any, part: Any) -> bool:
    if kind(need(holder, "text", "list", "map")) != "list":
        need(part, "text")
    return within(part, holder)


def replace(text: str, old: str, new: str) -> str:
    return new.join(split(text, old))


def split(text: str, separator: str) -> list[str]:
    if separator == "":
        raise Fails
    return text.split(separator)


def join(items: Any, separator: Any) -> str | None:
    need(items, "list")
    need(separator, "text")
    return None if None in items else str(separator).join(string(item) for item in items)


def string(value: Any) -> str:
    return str(need(value, "text")) if isinstance(value, str) else json.dumps(in_range(need(value, "number", "bool")))


def substring(text: Any, start: Any, end: Any = None) -> str:
    need(text, "text")
    return str(text)[whole(start) : None if end is None else whole(end)]


def to_int(value: Any) -> int:
    if isinstance(value, str) and not re.fullmatch("[+-]?[0-9]+", value):
        raise Fails
    return int(need(value, "text", "number"))


def to_float(value: Any) -> float:
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", value):
        raise Fails
    return float(need(value, "text", "number"))


def to_bool(value: Any) -> bool:
    return bool({"true": True, "false": False}[value] if isinstance(value, str) else need(value, "bool"))


def rounded(value: Any, digits: Any = None) -> Any:
    if digits is not None and whole(digits) is not None and isinstance(need(value, "number"), int):
        return value
    if digits is None:
        return half_up(need(value, "number"))
    if not 0 <= digits <= 15:
        raise Fails
    scaled = value * 10.0**digits
    return value if abs(scaled) >= 2**53 else math.copysign(half_up(scaled) / 10.0**digits, value)


def half_up(value: float) -> int:
    lower = math.floor(abs(value))
    size = lower + 1 if abs(value) - lower >= 0.5 else lower
    return -size if value < 0 else size


def extreme(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def picked(*values: Any) -> Any:
        items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        if not items or None in items:
            return None
        if {kind(item) for item in items} not in ({"number"}, {"text"}):
            raise Fails
        return pick(items)

    return picked


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lower": on_text(str.lower),
    "upper": on_text(str.upper),
    "trim": on_text(str.strip),
    "length": lambda value: len(need(value, "text", "list", "map")),
    "contains": contains,
    "starts_with": on_text(str.startswith),
    "ends_with": on_text(str.endswith),
    "replace": on_text(replace),
    "split": on_text(split),
    "join": join,
    "concat": lambda *values: "".join(map(string, values)),
    "substring": substring,
    "sha256": on_text(lambda text: hashlib.sha256(text.encode()).hexdigest()),
    "int": to_int,
    "float": to_float,
    "string": string,
    "bool": to_bool,
    "abs": lambda value: abs(need(value, "number")),
    "floor": lambda value: math.floor(need(value, "number")),
    "ceil": lambda value: math.ceil(need(value, "number")),
    "round": rounded,
    "min": extreme(min),
    "max": extreme(max),
    "time": time,
    "time_text": time_text,
    "time_floor": time_floor,
    "duration": duration,
    **{name: part_of(f"%{name[0].upper()}") for name in ("year", "hour", "minute", "second")},
    **{"month": part_of("%m"), "day": part_of("%d"), "weekday": part_of("%u")},
    "sqrt": lambda x: math.sqrt(in_range(need(x, "number"))),
    "index_of": on_text(str.find),
    "slice": lambda items, start, end=None: need(items, "list")[whole(start) : None if end is None else whole(end)],
    "reverse": lambda items: list(reversed(need(items, "list"))),
    "keys": lambda value: list(need(value, "map")),
}
