"""Every operator and function over every pair of a few telling values, by path and by constant."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from stackfile.portable.expression import parse_expression
from stackfile.portable.functions import FUNCTIONS
from stackfile.portable.printing import print_constant
from stackfile.portable.syntax import MAX_INT, MIN_INT, ExpressionError
from stackfile_local.engine.compiled import Failed, compile_expression
from tests.laws.expression_interpreter import evaluate
from tests.laws.time_interpreter import Fails

SCALARS: list[Any] = [None, True, False, 0, 1, -1, 2, -7, 1.0, 0.5, -2.5, 2.675, 2**53 + 1, MAX_INT, MIN_INT, 1e300]
TEXTS: list[Any] = ["", "a", "A,b", "1", "-2.5", "true", "2025-01-15", "é😀"]
HOLDERS: list[Any] = [[], [1], [True], ["a", "A,b"], [1.0, "a", None], [[1]], {}, {"a": 1}, {"a": True}, {"a": None}]
VALUES = [*SCALARS, 10**400, *TEXTS, *HOLDERS]
OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]


def differences(text: str, values: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any], str, str]]:
    """Where compiled and interpreted disagree; nothing for a text that is refused."""
    try:
        tree = parse_expression(text)
    except ExpressionError:
        return []
    run = compile_expression(tree)
    found = []
    for value in values:
        event = ("k", value, None, 0, 0, 0)
        try:
            compiled = repr(run(event))
        except Failed:
            compiled = "fails"
        try:
            interpreted = repr(evaluate(tree, event))
        except Fails:
            interpreted = "fails"
        if compiled.replace("-0.0", "0.0") != interpreted.replace("-0.0", "0.0"):
            found.append((text, value, compiled, interpreted))
    return found


PAIRS = [{"a": a, "b": b} for a, b in itertools.product(VALUES, repeat=2)]
ONES = [{"a": a} for a in VALUES]


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_does_as_the_interpreter_for_every_pair(operator: str) -> None:
    assert differences(f"value.a {operator} value.b", PAIRS) == []
    for constant in [print_constant(value) for value in SCALARS + TEXTS]:
        assert differences(f"value.a {operator} {constant}", ONES) == []
        assert differences(f"{constant} {operator} value.a", ONES) == []
        assert differences(f"coalesce(value.b, {constant}) {operator} value.a", ONES) == []


@pytest.mark.parametrize(
    "holder",
    ["['a', 'b']", "[1, 2.0, 0.5]", "[1, 'a']", "[true, 1]", "[null, 'a']", "['a', value.a]", "[[1], 'a']", "[]"],
)
def test_a_list_of_constants_holds_what_the_interpreter_says(holder: str) -> None:
    for text in (f"value.a in {holder}", f"value.a not in {holder}", f"length(value.a) in {holder}"):
        assert differences(text, ONES) == []


@pytest.mark.parametrize(
    "text", ["-value.a", "not value.a", "!value.a", "value.a.a", "value.a.a.a", "exists(value.a.a)"]
)
def test_one_value_is_treated_as_the_interpreter_does(text: str) -> None:
    assert differences(text, [*ONES, {}]) == []


@pytest.mark.parametrize("index", ["0", "1", "-1", "-2", "9", "'a'", "value.b"])
def test_an_index_finds_what_the_interpreter_finds(index: str) -> None:
    assert differences(f"value.a[{index}]", PAIRS) == []
    assert differences(f"exists(value.a[{index}])", PAIRS) == []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"exists", "if"}))
def test_a_function_does_as_the_interpreter_for_every_pair(name: str) -> None:
    function = FUNCTIONS[name]
    paths = ["value.a", "value.b", "value.a"]
    for count in range(function.least, (function.most or 3) + 1):
        assert differences(f"{name}({', '.join(paths[:count])})", PAIRS) == []
        for constant in [print_constant(value) for value in SCALARS + TEXTS]:
            assert differences(f"{name}({', '.join(['value.a', constant, constant][:count])})", ONES) == []
            assert differences(f"{name}({', '.join([constant, 'value.a', constant][:count])})", ONES) == []


def test_a_choice_is_made_as_the_interpreter_does() -> None:
    assert differences("if(value.a, value.b, 'else')", PAIRS) == []
    assert differences("if(value.a == value.b, value.a, 1 / 0)", PAIRS) == []
    assert differences("not coalesce(if(value.a, true, null), value.b)", PAIRS) == []
    assert differences("try(value.a + value.b, coalesce(value.a, value.b))", PAIRS) == []
