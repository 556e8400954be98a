from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from stackfile.portable.expression import parse_expression
from stackfile.portable.functions import FUNCTIONS
from stackfile.portable.printing import print_expression
from stackfile.portable.syntax import ROOTS, Call, Expression, ExpressionError, children
from tests.unit.portable.case_table import OUTCOMES, Case, cases, sections

CASES = cases()
REFUSED = [case for case in CASES if case.outcome == "refused"]
PARSED = [case for case in CASES if case.outcome != "refused"]
WITH_CEL = [case for case in CASES if case.cel is not None]
EXTENSIONS = ("lists", "math", "strings")
"""Of CEL's functions: those that its specification offers beside the core."""
COLUMNS = {"expr", "value", "key", "headers", "timestamp", "partition", "offset", "cel", *OUTCOMES}


def test_each_row_has_one_outcome_and_known_columns() -> None:
    rows = [row for section in sections() for row in section["rows"]]
    assert [row for row in rows if sum(name in row for name in OUTCOMES) != 1 or not row.keys() <= COLUMNS] == []


def test_the_table_has_hundreds_of_rows_and_repeats_none() -> None:
    asked = [(case.expr, repr(case.event)) for case in CASES]
    assert len(asked) >= 200
    assert [each for each in asked if asked.count(each) > 1] == []


def test_every_function_is_in_the_table() -> None:
    assert {name for case in PARSED for name in called(parse_expression(case.expr))} == set(FUNCTIONS)


def called(tree: Expression) -> set[str]:
    below = {name for child in children(tree) for name in called(child)}
    return below | {tree.function} if isinstance(tree, Call) else below


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_expression_is_refused_for_the_reason_in_the_table(case: Case) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_expression(case.expr)
    assert case.expected in "; ".join([refused.value.message, *refused.value.help])


@pytest.mark.parametrize("case", PARSED, ids=str)
def test_expression_of_the_table_survives_printing(case: Case) -> None:
    tree = parse_expression(case.expr)
    assert parse_expression(print_expression(tree)) == tree


@pytest.mark.skipif(importlib.util.find_spec("cel_expr_python") is None, reason="cel-expr-python is not installed")
@pytest.mark.parametrize("case", WITH_CEL, ids=str)
def test_cel_agrees_with_the_table(case: Case) -> None:
    from cel_expr_python import cel  # type: ignore[import-untyped]

    config = cel.NewEnvConfigFromYaml(
        f"name: table\nextensions: [{', '.join(f'{{name: {one}}}' for one in EXTENSIONS)}]\n"
    )
    env = cel.NewEnv(config=config, variables={root: cel.Type.DYN for root in ROOTS})
    answer = env.compile(case.cel, disable_check=True).eval(data=dict(zip(ROOTS, case.event, strict=True)))
    if case.outcome == "fails":
        assert answer.type() == cel.Type.ERROR
    else:
        assert repr(plain(answer.plain_value())) == repr(case.expected)


def plain(value: Any) -> Any:
    """CEL's answer as JSON values."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value
