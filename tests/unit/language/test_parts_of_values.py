"""What is wrong inside a text, such as an expression, is told at its very place where the file has it as it reads."""

from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.registry import Registry
from stackfile.report.diagnostics import render

HEAD = """\
version: 1
name: shop
defaults: {provider: local}
streams: {orders: {}, large: {}}
pipelines:
  large:
    source: streams.orders
    destination: streams.large
    operations:
"""

MISSPELT = (
    "      - filter: loer(value.a) == 'x'",
    """\
error[type-wrong]: pipelines.large: `operations[0].filter`: there is no function `loer`
  --> stack.yaml:10:17
   |
10 |       - filter: loer(value.a) == 'x'
   |                 ^^^^ did you mean lower?
""",
)

TWO_IN_QUOTES = (
    '      - filter: "value.a ** 2 > 1"\n      - map: {b: "\'a\' * 3"}',
    """\
error[type-wrong]: pipelines.large: `operations[0].filter`: `**` is no operator
  --> stack.yaml:10:26
   |
10 |       - filter: "value.a ** 2 > 1"
   |                          ^^ there is no power operator

error[type-wrong]: pipelines.large: `operations[1].map.b`: `*` takes numbers, not text and a whole number
  --> stack.yaml:11:19
   |
11 |       - map: {b: "'a' * 3"}
   |                   ^^^^^^^
""",
)

MADE_BY_A_TEMPLATE = (
    '      - filter: "value.a ** {{ 1 + 1 }}"',
    """\
error[type-wrong]: pipelines.large: `operations[0].filter`: `**` is no operator
  --> stack.yaml:10:17
   |
10 |       - filter: "value.a ** {{ 1 + 1 }}"
   |                 ^^^^^^^^^^^^^^^^^^^^^^^^ there is no power operator
""",
)

ON_SEVERAL_LINES = (
    "      - filter: >-\n          value.a > 1\n          and value.b ** 2 > 3",
    """\
error[type-wrong]: pipelines.large: `operations[0].filter`: `**` is no operator
  --> stack.yaml:10:17
   |
10 |       - filter: >-
   |                 ^^ there is no power operator
""",
)


@pytest.mark.parametrize(("operations", "expected"), [MISSPELT, TWO_IN_QUOTES, MADE_BY_A_TEMPLATE, ON_SEVERAL_LINES])
def test_a_wrong_part_of_an_expression_is_underlined(operations: str, expected: str) -> None:
    with pytest.raises(DiagnosticError) as raised:
        load(f"{HEAD}{operations}\n".encode(), "stack.yaml", Inputs(), Registry())
    assert render(raised.value.diagnostics) == expected


def test_a_section_that_is_there_twice_is_not_told_again_as_missing_parts() -> None:
    text = f"{HEAD}      - select: [a]\nstreams: {{another: {{}}}}\n"
    with pytest.raises(DiagnosticError) as raised:
        load(text.encode(), "stack.yaml", Inputs(), Registry())
    assert [one.code for one in raised.value.diagnostics] == ["key-duplicate"]
