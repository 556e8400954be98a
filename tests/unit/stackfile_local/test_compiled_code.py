"""What becomes Python source: names that codegen made, never anything that a user wrote."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

import pytest
from hypothesis import given, settings

from stackfile.portable.functions import FUNCTIONS
from stackfile.portable.operations import Operation, parse_operations
from stackfile.portable.syntax import MAX_DEPTH, MAX_TRIES, ROOTS
from stackfile_local.engine.codegen import NAMESPACE
from stackfile_local.engine.compiled import compile_chain
from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS
from tests.laws.expression_strategies import CHAINS

OWN_NAMES = {*NAMESPACE, *ROOTS, "NOTHING", "run", "numbered", "append", "fail", "odd", "number", "event", "place"}
OWN_NAMES |= {"fields", "failure"}
MADE = re.compile(r"[kt]\d+\Z")
NODES = set(
    """Module FunctionDef arguments arg For Try ExceptHandler If Assign Expr Continue Call Name Load Store Constant
    Tuple List Dict IfExp BinOp Add Sub Mult BoolOp And Or UnaryOp Not USub Compare Eq NotEq Lt LtE Gt GtE In NotIn Is
    IsNot Subscript
    """.split()  # noqa: SIM905 - a list of them would fill the page
)


def strangers(source: str) -> set[str]:
    """Kinds of nodes, and names, that generated code has no business with."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        found |= {type(node).__name__} - NODES
        if isinstance(node, ast.Name) and node.id not in OWN_NAMES and not MADE.match(node.id):
            found.add(node.id)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


@settings(max_examples=150)
@given(CHAINS)
def test_generated_code_is_made_of_few_nodes_and_of_no_text(chain: list[Operation]) -> None:
    assert strangers(compile_chain(chain).source) == set()


HOSTILE = ["__import__('os').system('x')", "a\nimport os", "'; x = '", "__class__", "{0}", "%s", "\\", "t1", "append"]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_and_names_of_a_user_are_never_source(text: str) -> None:
    name = '["' + text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') + '"]'
    operations: list[Any] = [
        {"filter": f"value{name} in [{name[1:-1]}, 'b'] or {name[1:-1]} == value.a"},
        {"map": {name: f"concat(value{name}, {name[1:-1]})"}},
        {"map": {f"b{name}.x": f"value{name}"}},
        {"rename": {name: f"c{name}"}},
        {"select": [f"b{name}"]},
        {"drop": [f"b{name}"]},
    ]
    chain = compile_chain(parse_operations(operations))
    assert strangers(chain.source) == set()
    output = chain.run([("k", {text: text, "a": text}, None, 0, 0, 0)])
    assert [value for _, value, *_ in output.events] == [{"b": {}}]


def test_nothing_can_be_reached_through_a_path() -> None:
    paths = ["__class__", "__class__.__mro__", "keys", "get", "__init__.__globals__", "__builtins__"]
    chain = compile_chain(parse_operations([{"map": {f"p{n}": f"value.{path}" for n, path in enumerate(paths)}}]))
    ((_, value, *_),) = chain.run([("k", {}, None, 0, 0, 0)]).events
    assert set(value.values()) == {None}


def test_generated_code_has_no_builtins() -> None:
    assert "__builtins__" not in NAMESPACE
    assert not {"eval", "exec", "open", "getattr", "setattr", "vars", "compile", "__import__"} & set(NAMESPACE)
    assert not any(keyword.iskeyword(name) for name in NAMESPACE)


def test_every_function_of_the_table_has_an_implementation() -> None:
    special = {name for name, function in FUNCTIONS.items() if function.special}
    assert set(IMPLEMENTATIONS) == set(FUNCTIONS) - special


DEEP = {
    "branches": "if(value.a, " * (MAX_DEPTH - 2) + "value.a" + ", 2)" * (MAX_DEPTH - 2),
    "logic": "(true and (false or " * ((MAX_DEPTH - 2) // 2) + "value.a" + "))" * ((MAX_DEPTH - 2) // 2),
    "tries": "try(" * MAX_TRIES + "1 / value.n" + ", value.n)" * MAX_TRIES,
    "alternatives": "coalesce(value.n, " * (MAX_DEPTH - 2) + "1" + ")" * (MAX_DEPTH - 2),
    "a sum": "value.n" + " + 1" * (MAX_DEPTH - 2),
    "a long list": f"value.n in [{', '.join(map(str, range(1000)))}]",
    "a long condition": " or ".join(["value.a"] * 1000),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_the_largest_expressions_compile_and_run(text: str) -> None:
    chain = compile_chain(parse_operations([{"map": {"result": text}}]))
    output = chain.run([("k", {"a": True, "n": 1}, None, 0, 0, 0)])
    assert [output.failed, len(output.events)] == [[], 1]


def test_the_largest_chain_compiles_and_runs() -> None:
    operations = [{"map": {f"field{n}": "lower(value.a)" for n in range(100)}}, {"filter": "value.a == 'x'"}] * 50
    output = compile_chain(parse_operations(operations)).run([("k", {"a": "x"}, None, 0, 0, 0)])
    assert len(output.events[0][1]) == 101
