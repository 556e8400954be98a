from __future__ import annotations

import sys

import pytest

from stackfile.portable.expression import parse_expression
from stackfile.portable.printing import print_expression
from stackfile.portable.syntax import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_TEXT,
    MAX_TRIES,
    Arithmetic,
    Compare,
    ExpressionError,
    Field,
    Literal,
    Logic,
    Not,
    Root,
)

CANONICAL = [
    ("value.a=='x'&&!value.b", "value.a == 'x' and not value.b"),
    ('value["a"]["b c"]', "value.a['b c']"),
    ("( value.a )", "value.a"),
    ("not(value.a and value.b)", "not (value.a and value.b)"),
    ("!value.a == true", "(not value.a) == true"),
    ("(value.a or value.b) or value.c", "(value.a or value.b) or value.c"),
    ("value.a||value.b or value.c", "value.a or value.b or value.c"),
    ("(1+2)*3-(4-5)", "(1 + 2) * 3 - (4 - 5)"),
    ("1-(2-3)", "1 - (2 - 3)"),
    ("(1 < 2) == true", "(1 < 2) == true"),
    ("- 5", "-5"),
    ("-(5)", "-(5)"),
    ("--value.a", "--value.a"),
    ("-(value.a+1)", "-(value.a + 1)"),
    ("2 - -3", "2 - -3"),
    ("lower( value.a )", "lower(value.a)"),
    ("[1,2,]", "[1, 2]"),
    ('"it\'s"', "'it\\'s'"),
    ("'\\u0041\\t\\u0007'", "'A\\t\\u0007'"),
    ("1e3", "1000.0"),
    ("1e22", "1e+22"),
    ("value.a not   in [1]", "value.a not in [1]"),
    ("not value.a in [1]", "not value.a in [1]"),
    ("value\n  .a\n  > 1", "value.a > 1"),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_an_expression_has_one_spelling(text: str, canonical: str) -> None:
    assert print_expression(parse_expression(text)) == canonical
    assert print_expression(parse_expression(canonical)) == canonical


def test_nodes_know_where_they_stand() -> None:
    tree = parse_expression("value.a > 1 and not true")
    assert isinstance(tree, Logic)
    compare, negation = tree.operands
    assert isinstance(compare, Compare)
    assert isinstance(negation, Not)
    assert (tree.at, compare.at, compare.left.at, compare.right.at) == ((0, 24), (0, 11), (0, 7), (10, 11))
    assert (negation.at, negation.operand.at) == ((16, 24), (20, 24))


def test_equal_trees_may_stand_anywhere() -> None:
    assert parse_expression("value.a  ==  1") == Compare("==", Field(Root("value"), "a"), Literal(1))


def test_one_as_a_number_a_fraction_and_a_truth_are_three_constants() -> None:
    ones = [Literal(1), Literal(1.0), Literal(True)]
    assert len(set(ones)) == 3
    assert Literal(1) == Literal(1, (4, 5))


MISTAKES = [
    ("value.a = 1", "`=` is no operator", (8, 9), ("to compare write ==",)),
    ("value.a ? 1 : 2", "`?` is no operator", (8, 9), ("write if(condition, a, b)",)),
    ("2 ** 3", "`**` is no operator", (2, 4), ("there is no power operator",)),
    (
        "value.user-id",
        "there is no name `id`",
        (11, 13),
        ('if the field is called user-id, write value["user-id"]', "a field: value.id", "a text: 'id'"),
    ),
    ("web", "there is no name `web`", (0, 3), ("a field: value.web", "a text: 'web'")),
    ("vaule.a", "there is no name `vaule`", (0, 5), ("did you mean value?", "a field: value.vaule", "a text: 'vaule'")),
    ("lowr(value.a)", "there is no function `lowr`", (0, 4), ("did you mean lower?",)),
    ("lower", "`lower` is a function: lower(text)", (0, 5), ()),
    ("1 < 2 < 3", "comparisons do not chain", (6, 7), ("write a < b and b < c, or put one in parentheses",)),
    ("value.a == not true", "`not` needs parentheses here", (11, 14), ("write (not ...)",)),
    ("lower(value.a", "`)` is missing", (0, 5), ()),
    ("(value.a", "`)` is missing", (0, 1), ()),
    ("[1 2]", "`]` or an operator is missing before `2`", (3, 4), ()),
    ("value.@type", "`@` has no meaning here", (6, 7), ('for a field with such a name write value["@..."]',)),
    (
        "timestamp > '2025-01-31'",
        "`>` compares two numbers or two texts, not a number and text",
        (0, 24),
        ("a time as text becomes milliseconds by time('2025-01-31')",),
    ),
    ("value.a < null", "`<` with null is never true", (0, 14), ("write == null or != null",)),
    ("lower(value.a) * 2", "`*` takes numbers, not text and a whole number", (0, 18), ()),
    ("9223372036854775808", "a whole number has at most 64 bits", (0, 19), ("as a fraction: 9223372036854775808.0",)),
]


@pytest.mark.parametrize(("text", "message", "at", "help"), MISTAKES, ids=[text for text, *_ in MISTAKES])
def test_a_mistake_is_named_with_its_place_and_a_way_out(
    text: str, message: str, at: tuple[int, int], help: tuple[str, ...]
) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_expression(text)
    assert (refused.value.message, refused.value.at, refused.value.help) == (message, at, help)


DEEP = {
    "parentheses": "(" * 5000 + "1" + ")" * 5000,
    "a list in a list": "[" * 8000,
    "a sum": "1" + "+1" * 8000,
    "minus": "-" * 10_000 + "value.a",
    "not": "not " * 4000 + "true",
    "marks": "!" * 10_000 + "true",
    "calls": "abs(" * 4000,
    "fields": "value" + ".a" * 8000,
    "items": "value" + "[0]" * 5000,
    "computed items": "value" + "[value" * 2000,
    "branches": "if(true, 1, " * 1000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_deep_expression_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(ExpressionError, match=f"nested deeper than {MAX_DEPTH} levels"):
        parse_expression(text)


def test_depth_ten_thousand_is_refused_by_its_length() -> None:
    with pytest.raises(ExpressionError, match="at most 16,384 characters, this one has 20,001"):
        parse_expression("(" * 10_000 + "1" + ")" * 10_000)


def test_the_deepest_expression_needs_little_of_the_stack() -> None:
    text = "(" * MAX_DEPTH + "-value.a" + " + 1)" * (MAX_DEPTH - 3) + ")" * 3
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(depth_here() + 600)
    try:
        tree = parse_expression(text)
        assert parse_expression(print_expression(tree)) == tree
    finally:
        sys.setrecursionlimit(limit)


def depth_here() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back:
        frame, depth = frame.f_back, depth + 1
    return depth


def test_an_expression_is_not_longer_than_the_limit() -> None:
    assert parse_expression("1".ljust(MAX_TEXT)) == Literal(1)
    with pytest.raises(ExpressionError, match="at most 16,384 characters, this one has 1,000,000"):
        parse_expression("'" + "a" * 999_998 + "'")


def test_a_list_is_not_longer_than_the_limit() -> None:
    parse_expression(f"value.a in [{'1,' * MAX_ITEMS}]")
    with pytest.raises(ExpressionError, match="more than 1,000 items"):
        parse_expression(f"value.a in [{'1,' * (MAX_ITEMS + 1)}]")


def test_try_is_not_nested_without_end() -> None:
    parse_expression("try(" * MAX_TRIES + "1" + ", 2)" * MAX_TRIES)
    with pytest.raises(ExpressionError, match=f"`try` nested deeper than {MAX_TRIES} levels"):
        parse_expression("try(" * (MAX_TRIES + 1) + "1" + ", 2)" * (MAX_TRIES + 1))


@pytest.mark.parametrize("number", ["9" * 401, "1." + "0" * 400, "1e999", "1" + "0" * 19])
def test_a_number_has_bounds(number: str) -> None:
    with pytest.raises(ExpressionError, match="number"):
        parse_expression(number)


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(ExpressionError, match="no character"):
        parse_expression("'\ud800'")


def test_a_sum_is_a_tree_to_the_left() -> None:
    one = Literal(1)
    assert parse_expression("1 - 1 - 1") == Arithmetic("-", Arithmetic("-", one, one), one)
