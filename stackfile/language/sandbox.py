"""Jinja2's sandbox, made smaller: values have items and no attributes, and nothing can grow without end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, pass_context
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from stackfile.language.reader import describe
from stackfile.language.template import Missing, Space, as_text, nothing_at

if TYPE_CHECKING:
    from jinja2.nodes import EvalContext
    from jinja2.runtime import Context

MOST_PRODUCED = 10_000_000
"""Characters and items that one expression may make on its way to a result."""

_WIDE = re.compile(r"[0-9]{4,}|\*")

MOST_BITS = 256
"""Whole numbers on the way to a result; the result itself must fit in 64 bits."""

_FILTERS = (
    "abs",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "sum",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
)
_TESTS = (
    "boolean",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "gt",
    "greaterthan",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
    "==",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
)


class Budget:
    """What one expression may still make. Raises ValueError once it is spent."""

    def __init__(self) -> None:
        self._left = MOST_PRODUCED

    def spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise ValueError("the result is too large")

    def keep(self, made: Any) -> Any:
        """What a filter made. A list that would be made later is made now, where its mistakes are noticed."""
        if isinstance(made, GeneratorType):
            made = list(made)
        self.spend(len(made) if isinstance(made, str | list | dict | tuple) else 1)
        return made

    def concat(self, *parts: Any) -> str:
        texts = [_piece(part) for part in parts]
        self.spend(sum(map(len, texts)))
        return "".join(texts)

    def range(self, *bounds: int) -> list[int]:
        numbers = range(*bounds)
        self.spend(len(numbers) * 10)
        return list(numbers)


def _piece(value: Any) -> str:
    """`as_text`, and the error of a value that is not there."""
    return str(value) if isinstance(value, StrictUndefined) else as_text(value)


class Sandbox(ImmutableSandboxedEnvironment):
    """Raises TypeError and ValueError, with words for the user, out of operators."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    intercepted_unops = frozenset(("+", "-"))

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, optimized=False, cache_size=0)
        self.globals.clear()
        self.filters = {**{name: FILTERS[name] for name in _FILTERS}, **_OWN_FILTERS}
        self.tests = {name: TESTS[name] for name in _TESTS}

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, StrictUndefined):
            str(obj)
        try:
            if isinstance(obj, Space):
                return obj.get(argument)
            if isinstance(obj, Mapping) or (isinstance(obj, str | list | tuple) and isinstance(argument, int)):
                return obj[argument]
        except Missing as missing:
            return self.undefined(hint=missing.words)
        except LookupError:
            pass
        return self.undefined(hint=nothing_at(obj, argument).words)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def call_filter(
        self,
        name: str,
        value: Any,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        context: Context | None = None,
        eval_ctx: EvalContext | None = None,
    ) -> Any:
        """Filters that `map` and `select` call; those that stand in an expression are charged by its code."""
        made = super().call_filter(name, value, args, kwargs, context, eval_ctx)
        return made if context is None else context["_budget"].keep(made)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if isinstance(side, StrictUndefined):
                str(side)
        if operator == "+" and type(left) is type(right) and isinstance(left, str | list):
            made = left + right
            context["_budget"].spend(len(made))
            return made
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            advice = "; to join texts write ~" if operator == "+" else ""
            raise TypeError(f"{operator} takes two numbers, not {describe(left)} and {describe(right)}{advice}")
        if _bits(operator, left, right) > MOST_BITS:
            raise ValueError(f"the result of {operator} is too large")
        return super().call_binop(context, operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        if not isinstance(arg, int | float):
            raise TypeError(f"{operator} takes a number, not {describe(arg)}")
        return super().call_unop(context, operator, arg)


def _bits(operator: str, left: float, right: float) -> float:
    """At most how many bits a whole result has; a float overflows by itself."""
    if isinstance(left, float) or isinstance(right, float):
        return 0
    if operator == "**":
        return left.bit_length() * max(right, 0) if abs(right) <= MOST_BITS else MOST_BITS + 1
    return left.bit_length() + right.bit_length() if operator == "*" else 0


@pass_context
def _join(context: Context, value: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    items = list(value) if attribute is None else [context.environment.getitem(item, attribute) for item in value]
    texts = [_piece(item) for item in items]
    context["_budget"].spend(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@pass_context
def _replace(context: Context, value: str, old: str, new: str) -> str:
    text = _piece(value)
    context["_budget"].spend(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _round(value: float, precision: int = 0) -> float:
    if not -15 <= precision <= 15:
        raise ValueError("round takes a precision from -15 to 15")
    return round(value, precision)


@pass_context
def _indent(context: Context, value: str, width: int = 4, first: bool = False) -> str:
    lines = _piece(value).split("\n")
    context["_budget"].spend((width + 1) * len(lines))
    pad = " " * width
    head = lines[0] if not first else f"{pad}{lines[0]}"
    return "\n".join([head, *(f"{pad}{line}" if line else line for line in lines[1:])])


def _format(value: str, *arguments: str | float) -> str:
    if _WIDE.search(value):
        raise ValueError("format takes widths below 1000")
    if not all(isinstance(one, str | int | float) for one in arguments):
        raise TypeError("format takes texts and numbers")
    return value % arguments


def _tojson(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


_OWN_FILTERS: Mapping[str, Callable[..., Any]] = {
    "join": _join,
    "replace": _replace,
    "round": _round,
    "indent": _indent,
    "tojson": _tojson,
    "string": _piece,
    "format": _format,
}
