"""Random expressions that are likely to mean something, random events, and random chains of operations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, cast, get_args

from hypothesis import strategies as st

from stackfile.portable.functions import FUNCTIONS, Kind, Kinds
from stackfile.portable.kinds import check, may_be
from stackfile.portable.operations import Drop, Filter, Map, Operation, Rename, Select
from stackfile.portable.syntax import (
    MAX_INT,
    MIN_INT,
    ROOTS,
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparator,
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
)

NAMES = ("n", "t", "b", "l", "m", "x y", "in")
TEXTS = st.one_of(
    st.sampled_from(["", "a", "b", "A,b", "12", "-1.5", "true", "é😀", "'"]),
    st.sampled_from(["2025-01-15T10:30:00.5+01:00", "1969-12-31"]),
    st.text(max_size=5),
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2, 3, 0.0, 1.0, 0.5, -2.5, 2**53 + 1, 1e300, MAX_INT, MIN_INT, 1736937000000]),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.sampled_from([2**70, 10**400])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=8,
)
LISTS = st.lists(NUMBERS, max_size=3) | st.lists(TEXTS, max_size=3) | st.lists(JSON, max_size=3)
FIELDS_BY_KIND = {"n": NUMBERS, "t": TEXTS, "b": st.booleans(), "l": LISTS, "x y": JSON, "in": JSON}
FULL = st.fixed_dictionaries(FIELDS_BY_KIND)
PATCHY = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))
FLAT = st.builds(lambda full, patch: full | patch, FULL, PATCHY) | FULL | PATCHY
VALUES = st.builds(lambda flat, inner: flat | {"m": inner}, FULL | FLAT, FULL | FLAT) | FLAT | JSON
EVENTS = st.tuples(
    JSON,
    VALUES,
    st.none() | st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=2),
    st.integers(0, 2**42),
    st.integers(0, 9),
    st.integers(0, 2**42),
)

KINDS = (Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.TEXT, Kind.LIST, Kind.MAP, Kind.NULL)
_LITERALS = {
    Kind.BOOL: st.booleans(),
    Kind.INT: NUMBERS.filter(lambda number: isinstance(number, int)),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Kind.TEXT: TEXTS,
    Kind.NULL: st.none(),
}
_NAMED = {Kind.BOOL: "b", Kind.INT: "n", Kind.FLOAT: "n", Kind.TEXT: "t", Kind.LIST: "l", Kind.MAP: "m"}
_OPERATORS = {Kind.INT: "+-*%", Kind.FLOAT: "+-*/%", Kind.TEXT: "+", Kind.LIST: "+"}


@st.composite
def expressions(draw: st.DrawFn, wanted: Kinds, levels: int) -> Expression:
    """An expression that can yield what is wanted, in most cases; the parser may still refuse it."""
    kinds = [kind for kind in KINDS if kind & wanted]
    kind = draw(st.sampled_from(KINDS if draw(st.integers(0, 11)) == 11 else kinds))
    if levels == 0 or draw(st.integers(0, 4)) == 4:
        return draw(_leaf(kind))
    makers = [_call, _call, _path] + [_operator] * (4 if kind in _OPERATORS or kind == Kind.BOOL else 0)
    if kind == Kind.LIST:
        makers.append(_items)
    return draw(draw(st.sampled_from(makers))(kind, levels - 1))


@st.composite
def _leaf(draw: st.DrawFn, kind: Kinds) -> Expression:
    if kind in _LITERALS and draw(st.booleans()):
        return Literal(draw(_LITERALS[kind]))
    name = _NAMED.get(kind) or draw(st.sampled_from(NAMES))
    root = draw(st.sampled_from([Root("value")] * 20 + [Root(name) for name in ROOTS]))
    if root.name in ("timestamp", "partition", "offset") or draw(st.integers(0, 9)) == 9:
        return root
    return Field(Field(root, "m") if draw(st.booleans()) else root, name)


@st.composite
def _path(draw: st.DrawFn, kind: Kinds, levels: int) -> Expression:
    target = draw(expressions(Kind.LIST | Kind.MAP, levels))
    index = draw(expressions(Kind.INT | Kind.TEXT, levels) | st.integers(-3, 3).map(Literal))
    if isinstance(index, Literal) and isinstance(index.value, str):
        return Field(target, index.value)
    return Index(target, index)


@st.composite
def _items(draw: st.DrawFn, kind: Kinds, levels: int) -> Expression:
    return Items(tuple(draw(st.lists(expressions(Kind.ANY, levels), max_size=3))))


@st.composite
def _operator(draw: st.DrawFn, kind: Kinds, levels: int) -> Expression:
    if kind == Kind.BOOL:
        return draw(draw(st.sampled_from([_comparison, _membership, _logic]))(levels))
    if kind & Kind.NUMBER and draw(st.integers(0, 5)) == 5:
        return Negate(draw(expressions(kind, levels)))
    sides = expressions(Kind.NUMBER if kind & Kind.NUMBER else kind, levels)
    operator = draw(st.sampled_from(_OPERATORS[kind]))
    return Arithmetic(cast(ArithmeticOperator, operator), draw(sides), draw(sides))


@st.composite
def _comparison(draw: st.DrawFn, levels: int) -> Expression:
    operator = draw(st.sampled_from(get_args(Comparator)[:6]))
    kind = draw(st.sampled_from([Kind.NUMBER, Kind.TEXT, Kind.ANY]))
    return Compare(operator, draw(expressions(kind, levels)), draw(expressions(kind, levels)))


@st.composite
def _membership(draw: st.DrawFn, levels: int) -> Expression:
    kind = draw(st.sampled_from([Kind.NUMBER, Kind.TEXT, Kind.ANY]))
    constants = st.lists(expressions(kind, 0), min_size=1, max_size=4).map(lambda found: Items(tuple(found)))
    holder = draw(constants | expressions(Kind.LIST | Kind.MAP | Kind.TEXT, levels))
    return Compare(draw(st.sampled_from(["in", "not in"])), draw(expressions(kind, levels)), holder)


@st.composite
def _logic(draw: st.DrawFn, levels: int) -> Expression:
    operands = draw(st.lists(expressions(Kind.LOGICAL, levels), min_size=1, max_size=3))
    if len(operands) == 1:
        return Not(operands[0])
    return Logic(draw(st.sampled_from(["and", "or"])), tuple(operands))


@st.composite
def _call(draw: st.DrawFn, kind: Kinds, levels: int) -> Expression:
    name = draw(st.sampled_from([name for name, function in FUNCTIONS.items() if function.result & kind]))
    function = FUNCTIONS[name]
    if name == "exists":
        return Call(name, (draw(_path(Kind.ANY, levels) | _leaf(Kind.TEXT)),))
    count = draw(st.integers(function.least, function.most or function.least + 2))
    wanted = [function.parameter(number)[1] for number in range(count)]
    return Call(name, tuple(draw(expressions(kind if each == Kind.ANY else each, levels)) for each in wanted))


def accepted(tree: Expression) -> bool:
    try:
        check(tree)
    except ExpressionError:
        return False
    return True


TREES = st.integers(1, 3).flatmap(lambda levels: expressions(Kind.VALUE, levels)).filter(accepted)
PREDICATES = expressions(Kind.BOOL, 2).filter(accepted).filter(lambda tree: may_be(check(tree), Kind.BOOL))

TARGETS = st.sampled_from([("n",), ("t",), ("l",), ("x y",), ("m", "n"), ("m", "new"), ("new", "n", "t"), ("t", "in")])


def apart(name: Callable[[Any], tuple[str, ...]]) -> Callable[[list[Any]], bool]:
    """Whether no path among these leads to another."""

    def apart_of(items: list[Any]) -> bool:
        named = sorted(name(item) for item in items)
        return all(later[: len(first)] != first for first, later in itertools.pairwise(named))

    return apart_of


FIELDS = st.lists(TARGETS, min_size=1, max_size=3).filter(apart(lambda path: tuple(path))).map(tuple)
ASSIGNMENTS = st.lists(st.tuples(TARGETS, TREES), min_size=1, max_size=3).filter(apart(lambda pair: tuple(pair[0])))
MOVES = (
    st.lists(st.tuples(TARGETS, TARGETS), min_size=1, max_size=3)
    .filter(apart(lambda pair: tuple(pair[0])))
    .filter(apart(lambda pair: tuple(pair[1])))
)
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    PREDICATES.map(Filter),
    ASSIGNMENTS.map(lambda found: Map(tuple(found))),
    FIELDS.map(Select),
    FIELDS.map(Drop),
    MOVES.map(lambda found: Rename(tuple(found))),
)
CHAINS = st.lists(OPERATIONS, max_size=4)
