from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stackfile.portable.expression import parse_expression
from stackfile.portable.operations import (
    Operation,
    OperationError,
    normalise_operations,
    parse_operations,
    print_operations,
)
from stackfile.portable.printing import print_expression
from stackfile.portable.syntax import Expression, ExpressionError
from stackfile_local.engine.compiled import Event, Failed, compile_chain, compile_expression
from tests.laws.expression_interpreter import evaluate
from tests.laws.expression_strategies import CHAINS, EVENTS, JSON, TREES
from tests.laws.operations_interpreter import run
from tests.laws.time_interpreter import Fails

WORDS = st.sampled_from(
    """value key headers timestamp .a .b [0] [-1] ['x y'] null true false 1 2.5 'a' "b" + - * / % == != < <= > >= in not
    and or ! && || ( ) [ ] , if( coalesce( exists( try( lower( int( concat( min( time( join( ** = ? { # @ 'a 1e999
    """.split()  # noqa: SIM905 - a list of them would fill the page
)
KEYS = st.sampled_from(["filter", "map", "drop", "rename", "window", "aggregate", "dedupe", "route", "type"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=30)


def canonical(value: Any) -> str:
    """Text that is equal for equal JSON values: 1, 1.0 and true apart, a zero without a sign."""

    def unsigned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: unsigned(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [unsigned(each) for each in value]
        return 0.0 if isinstance(value, float) and value == 0 else value

    return json.dumps(unsigned(value), sort_keys=True, allow_nan=False)


def interpreted(tree: Expression, event: Event) -> str:
    try:
        return canonical(evaluate(tree, event))
    except Fails:
        return "fails"


def compiled(tree: Expression, event: Event) -> str:
    try:
        return canonical(compile_expression(tree)(event))
    except Failed:
        return "fails"


@settings(max_examples=200)
@given(TREES, st.lists(EVENTS, min_size=1, max_size=3))
def test_generated_code_yields_what_the_plain_interpreter_does(tree: Expression, events: list[Event]) -> None:
    run_it = [compiled(tree, event) for event in events]
    assert run_it == [interpreted(tree, event) for event in events], print_expression(tree)


@settings(max_examples=300)
@given(CHAINS, st.lists(EVENTS, max_size=3))
def test_a_compiled_chain_does_what_its_operations_do_one_by_one(chain: list[Operation], events: list[Event]) -> None:
    before = copy.deepcopy(events)
    output = compile_chain(chain).run(events)

    passed, failed = [], []
    for number, event in enumerate(before):
        try:
            result = run(chain, event)
        except Fails:
            failed.append(number)
        else:
            passed.extend([] if result is None else [result])
    assert [number for number, _ in output.failed] == failed, print_operations(chain)
    assert canonical(output.events) == canonical(passed), print_operations(chain)
    assert canonical(events) == canonical(before), "the input was changed"


@settings(max_examples=150)
@given(TREES)
def test_an_expression_printed_and_parsed_is_the_same(tree: Expression) -> None:
    assert parse_expression(print_expression(tree)) == tree


@given(CHAINS)
def test_operations_printed_and_parsed_are_the_same(chain: list[Operation]) -> None:
    printed = print_operations(chain)
    assert parse_operations(json.loads(json.dumps(printed))) == tuple(chain)
    assert normalise_operations(printed) == printed


def parsed(text: str) -> Expression | ExpressionError:
    try:
        return parse_expression(text)
    except ExpressionError as error:
        return error


@settings(max_examples=200)
@given(TEXTS, EVENTS)
def test_any_text_is_an_expression_or_refused_and_an_expression_yields_json_or_fails(text: str, event: Event) -> None:
    tree = parsed(text)
    if isinstance(tree, ExpressionError):
        start, end = tree.at
        assert 0 <= start <= end <= len(text)
        assert "\n" not in tree.message
    else:
        assert parse_expression(print_expression(tree)) == tree
        assert compiled(tree, event) == interpreted(tree, event)
        output = compile_chain(parse_operations([{"map": {"result": text}}])).run([event])
        assert len(output.events) + len(output.failed) == 1
        assert all("\n" not in reason for _, reason in output.failed)


def operations_of(raw: Any) -> tuple[Operation, ...] | OperationError:
    try:
        return parse_operations(raw)
    except OperationError as error:
        return error


@settings(max_examples=150)
@given(JSON | st.lists(st.dictionaries(KEYS, JSON | TEXTS, max_size=2), max_size=3))
def test_any_json_is_operations_or_refused_with_every_problem_named(raw: Any) -> None:
    operations = operations_of(raw)
    if isinstance(operations, OperationError):
        assert operations.problems
        assert "\n" not in str(operations)
    else:
        assert parse_operations(print_operations(operations)) == operations
