from __future__ import annotations

from typing import Annotated, Any

import pytest
import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError

from stackfile.portable.expression import parse_expression
from stackfile.portable.operations import (
    MAX_OPERATIONS,
    Drop,
    Filter,
    Map,
    OperationError,
    Rename,
    Select,
    normalise_operations,
    parse_operations,
)

COMMENT = "if the line goes on behind a ` #`, YAML took that for a comment: put the whole expression in quotes"


def problems(text: str) -> list[tuple[tuple[Any, ...], str, int | None, tuple[str, ...]]]:
    with pytest.raises(OperationError) as refused:
        parse_operations(yaml.safe_load(text))
    return [(problem.path, problem.message, problem.offset, problem.help) for problem in refused.value.problems]


def test_operations_are_read_as_a_stackfile_has_them() -> None:
    text = """
    - filter: value.action == 'click' and not value.bot
    - map: {page: lower(value.page), user.name: "concat(value.first, ' ', value.last)", version: 2, test: true}
    - select: [page, user.name, '["odd name"]']
    - drop: [user.name.middle]
    - rename: {page: url}
    """
    assert parse_operations(yaml.safe_load(text)) == (
        Filter(parse_expression("value.action == 'click' and not value.bot")),
        Map(
            (
                (("page",), parse_expression("lower(value.page)")),
                (("user", "name"), parse_expression("concat(value.first, ' ', value.last)")),
                (("version",), parse_expression("2")),
                (("test",), parse_expression("true")),
            )
        ),
        Select((("page",), ("user", "name"), ("odd name",))),
        Drop((("user", "name", "middle"),)),
        Rename(((("page",), ("url",)),)),
    )


def test_no_operations_are_fine() -> None:
    assert parse_operations([]) == ()


def test_the_normal_form_has_one_spelling() -> None:
    raw = [
        {"filter": "value.a=='x'  && !value.b"},
        {"map": {'["a"].b': "(1+2)", "c": 1.50}},
        {"select": ("a.b", '["c"]')},
        {"rename": {"['a']": '["x y"]'}},
    ]
    assert normalise_operations(raw) == [
        {"filter": "value.a == 'x' and not value.b"},
        {"map": {"a.b": "1 + 2", "c": "1.5"}},
        {"select": ["a.b", "c"]},
        {"rename": {"a": '["x y"]'}},
    ]


MISTAKES: dict[str, tuple[str, list[tuple[tuple[Any, ...], str, int | None, tuple[str, ...]]]]] = {
    "an expression that is none": (
        "- filter: value.a = 1",
        [((0, "filter"), "`=` is no operator", 8, ("to compare write ==",))],
    ),
    "a filter that is never true or false": (
        "- filter: lower(value.a)",
        [((0, "filter"), "a filter yields true or false, not text", None, ())],
    ),
    "a comma in a flow map": (
        "- map: {a: concat(value.x, value.y), b: value.z, c: min(1, 2, 3)}",
        [
            (
                (0, "map", "a"),
                "a comma inside { } ended the expression, and `value.y)` was left without a value",
                None,
                ('write a: "concat(value.x, value.y)"',),
            ),
            (
                (0, "map", "c"),
                "a comma inside { } ended the expression, and `2` was left without a value",
                None,
                ('write c: "min(1, 2, 3)"',),
            ),
        ],
    ),
    "a comma in a flow map that is the operation": (
        "- {filter: contains(value.a, value.b)}",
        [
            (
                (0, "filter"),
                "a comma inside { } ended the expression, and `value.b)` was left without a value",
                None,
                ('write filter: "contains(value.a, value.b)"',),
            )
        ],
    ),
    "a comment that cut a text": (
        "- filter: value.tag == 'a #b'",
        [((0, "filter"), "the text has no closing quote", 13, (COMMENT,))],
    ),
    "a comment that cut a call": (
        "- map: {}\n- map:\n    a: lower(value.tag # b)",
        [
            ((0, "map"), "a map of fields is wanted, not an empty map", None, ()),
            ((1, "map", "a"), "`)` is missing", 0, (COMMENT,)),
        ],
    ),
    "a comment that cut an operator": (
        "- filter: value.a == # b",
        [((0, "filter"), "a value is missing at the end", 10, (COMMENT,))],
    ),
    "nothing to assign": (
        "- map: {a: }\n- rename: {a: }",
        [
            ((0, "map", "a"), "`a` has no expression", None, ('to set null write "null", in quotes',)),
            ((1, "rename", "a"), "`a` has no new name", None, ()),
        ],
    ),
    "a list that is no text": (
        "- map: {a: [1, 2]}",
        [((0, "map", "a"), "an expression is text, not a list", None, ("put a list in quotes: \"[value.a, 'b']\"",))],
    ),
    "an operation that is none": (
        "- fliter: true\n- explode: {}",
        [
            ((0, "fliter"), "there is no operation `fliter`", None, ("did you mean filter?",)),
            (
                (1, "explode"),
                "there is no operation `explode`",
                None,
                ("there are filter, map, select, drop, rename, route, dedupe, window, aggregate",),
            ),
        ],
    ),
    "two keys": (
        "- filter: value.a\n  drop: [b]",
        [((0,), "an operation has one key, this one has filter, drop", None, ("start each operation with a dash",))],
    ),
    "not a map": (
        "- value.a > 1\n- {}",
        [
            ((0,), "an operation is a map with one key", None, ("write  - filter: value.amount > 1000",)),
            ((1,), "an operation is a map with one key", None, ("write  - filter: value.amount > 1000",)),
        ],
    ),
    "not a list": (
        "filter: value.a > 1",
        [((), "operations are a list", None, ("start each with a dash:  - filter: value.amount > 1000",))],
    ),
    "fields within fields": (
        "- map: {a: value.x, a.b: value.y}\n- drop: [a, a]\n- rename: {a: x, b: x.y}",
        [
            ((0, "map"), "`a.b` lies within `a`: name one of them", None, ()),
            ((1, "drop"), "`a` is named twice", None, ()),
            ((2, "rename"), "`x.y` lies within `x`: name one of them", None, ()),
        ],
    ),
    "a field with its root": (
        "- map: {value.a: value.b}",
        [((0, "map", "value.a"), 'write `a`; for a field called value, ["value"].a', None, ())],
    ),
    "fields that are none": (
        "- drop: ['a[0]', 'a..b', 5, '']\n- select: a\n- rename: {1: a}",
        [
            ((0, "drop", 0), "'a[0]' is no path of fields: items of a list cannot be named here", None, ()),
            (
                (0, "drop", 1),
                "'a..b' is no path of fields: put dots between names, and an odd name in brackets and quotes: "
                'a["b c"]',
                None,
                (),
            ),
            ((0, "drop", 2), "the name of a field is text, not a number", None, ("write '[\"5\"]'",)),
            ((0, "drop", 3), "the name of a field is missing", None, ()),
            ((1, "select"), "a list of fields is wanted, not text", None, ("write [page, user.name]",)),
            ((2, "rename", "1"), "the name of a field is text", None, ("write '[\"1\"]'",)),
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_named_at_once(
    text: str, expected: list[tuple[tuple[Any, ...], str, int | None, tuple[str, ...]]]
) -> None:
    assert problems(text) == expected


def test_too_much_is_refused() -> None:
    with pytest.raises(OperationError, match=f"more than {MAX_OPERATIONS} operations"):
        parse_operations([{"filter": "true"}] * (MAX_OPERATIONS + 1))
    with pytest.raises(OperationError, match="more than 1,000 fields"):
        parse_operations([{"map": {f"f{number}": "1" for number in range(1001)}}])
    with pytest.raises(OperationError, match="more than 1,000 fields"):
        parse_operations([{"drop": [f"f{number}" for number in range(1001)]}])


class Pipeline(BaseModel):
    operations: Annotated[list[dict[str, Any]], BeforeValidator(normalise_operations)] = []


def test_a_model_keeps_the_normal_form() -> None:
    assert Pipeline(operations=[{"filter": "value.a&&true"}]).operations == [{"filter": "value.a and true"}]


def test_a_model_names_the_operation_and_what_is_wrong_in_one_line() -> None:
    with pytest.raises(ValidationError) as refused:
        Pipeline(operations=[{"filter": "true"}, {"map": {"a": "value.b = 1"}}])
    ((error),) = refused.value.errors()
    assert error["msg"] == ("Value error, operations[1].map.a: `=` is no operator (character 9); to compare write ==")
