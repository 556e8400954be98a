from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from stackfile.portable.expression import parse_expression
from stackfile.portable.operations import parse_operations
from stackfile_local.engine.compiled import Event, Failed, compile_chain, compile_expression


def event(value: Any, key: Any = "k", offset: int = 0) -> Event:
    return (key, value, {"trace": "t"}, 1_700_000_000_000, 3, offset)


def values(operations: list[dict[str, Any]], *given: Any) -> list[Any]:
    """The values that come out; every event must pass or be let go."""
    before = copy.deepcopy(given)
    output = compile_chain(parse_operations(operations)).run([event(value) for value in given])
    assert output.failed == []
    assert given == before, "an input was changed"
    return [value for _, value, *_ in output.events]


def reasons(operations: list[dict[str, Any]], *given: Any) -> list[tuple[int, str]]:
    return compile_chain(parse_operations(operations)).run([event(value) for value in given]).failed


ONE_VALUE: dict[str, tuple[dict[str, Any], Any, list[Any]]] = {
    "map sets fields and keeps the rest": ({"map": {"b": "value.a + 1"}}, {"a": 1, "c": 2}, [{"a": 1, "c": 2, "b": 2}]),
    "map sees the value as it was": ({"map": {"a": "value.b", "b": "value.a"}}, {"a": 1, "b": 2}, [{"a": 2, "b": 1}]),
    "map sets null": ({"map": {"a": "null"}}, {"a": 1}, [{"a": None}]),
    "map makes the maps on the way": ({"map": {"a.b.c": "1"}}, {}, [{"a": {"b": {"c": 1}}}]),
    "map makes a map of null": ({"map": {"a.b": "1"}}, {"a": None}, [{"a": {"b": 1}}]),
    "map writes beside what is there": (
        {"map": {"a.x": "1", "a.y": "2"}},
        {"a": {"y": 0, "z": 3}},
        [{"a": {"y": 2, "z": 3, "x": 1}}],
    ),
    "map may put the value in itself": ({"map": {"copy": "value"}}, {"a": 1}, [{"a": 1, "copy": {"a": 1}}]),
    "map leaves null alone": ({"map": {"a": "1"}}, None, [None]),
    "select keeps only what it names": ({"select": ["a", "c"]}, {"a": 1, "b": 2}, [{"a": 1}]),
    "select keeps a null": ({"select": ["a"]}, {"a": None, "b": 2}, [{"a": None}]),
    "select goes into maps": (
        {"select": ["u.n", "u.m", "x.y", "t.z"]},
        {"u": {"n": 1, "o": 2}, "x": {"z": 1}, "t": "text"},
        [{"u": {"n": 1}}],
    ),
    "select leaves null alone": ({"select": ["a"]}, None, [None]),
    "drop takes out": ({"drop": ["a", "x"]}, {"a": 1, "b": 2}, [{"b": 2}]),
    "drop goes into maps": ({"drop": ["u.n", "t.z", "x.y"]}, {"u": {"n": 1}, "t": "text"}, [{"u": {}, "t": "text"}]),
    "drop leaves null alone": ({"drop": ["a"]}, None, [None]),
    "rename moves": ({"rename": {"a": "b"}}, {"a": 1, "c": 2}, [{"c": 2, "b": 1}]),
    "rename swaps": ({"rename": {"a": "b", "b": "a"}}, {"a": 1, "b": 2}, [{"a": 2, "b": 1}]),
    "rename of what is missing does nothing": ({"rename": {"a": "b"}}, {"b": 2}, [{"b": 2}]),
    "rename moves a null": ({"rename": {"a": "b"}}, {"a": None}, [{"b": None}]),
    "rename goes into maps and out": (
        {"rename": {"u.n": "name", "t": "u.t"}},
        {"u": {"n": 1}, "t": 2},
        [{"u": {"t": 2}, "name": 1}],
    ),
    "rename may put a field within itself": ({"rename": {"a": "a.b"}}, {"a": 1}, [{"a": {"b": 1}}]),
    "filter keeps what is true": ({"filter": "value.a"}, {"a": True}, [{"a": True}]),
    "filter lets go of false": ({"filter": "value.a"}, {"a": False}, []),
    "filter lets go of null": ({"filter": "value.a"}, {}, []),
    "filter looks at any value": ({"filter": "value == 5"}, 5, [5]),
    "filter looks at nothing": ({"filter": "value == null"}, None, [None]),
}


@pytest.mark.parametrize(("operation", "given", "expected"), ONE_VALUE.values(), ids=ONE_VALUE)
def test_operation_does_as_said(operation: dict[str, Any], given: Any, expected: list[Any]) -> None:
    assert values([operation], given) == expected


def test_operations_follow_each_other() -> None:
    chain: list[dict[str, Any]] = [
        {"filter": "value.delay > 15"},
        {"map": {"late": "value.delay - 15"}},
        {"filter": "value.late < 100"},
        {"rename": {"late": "minutes"}},
        {"map": {"minutes": "value.minutes * 2", "was": "value.minutes"}},
        {"drop": ["delay"]},
    ]
    assert values(chain, {"delay": 10}, {"delay": 20}, {"delay": 500}) == [{"minutes": 10, "was": 5}]


def test_the_value_can_be_put_in_itself_again_and_again() -> None:
    chain = [{"map": {"me": "value"}}, {"map": {"me2": "value"}}, {"map": {"x": "1"}}]
    ((value),) = values(chain, {"a": 1})
    assert value == {"a": 1, "me": {"a": 1}, "me2": {"a": 1, "me": {"a": 1}}, "x": 1}
    json.dumps(value)


def test_parts_that_two_fields_share_are_copied_when_one_is_written() -> None:
    chain = [{"map": {"b": "value.a"}}, {"map": {"a.x": "2"}}, {"map": {"b.x": "3"}}]
    assert values(chain, {"a": {"x": 1}}) == [{"a": {"x": 2}, "b": {"x": 3}}]


def test_everything_but_the_value_passes_as_it_is() -> None:
    given = ("key", {"a": 1}, {"trace": "t"}, 5, 6, 7)
    output = compile_chain(parse_operations([{"map": {"a": "2"}}])).run([given])
    assert output.events == [("key", {"a": 2}, {"trace": "t"}, 5, 6, 7)]


def test_an_empty_chain_passes_everything() -> None:
    given = [event({"a": 1}), event(None), event("text")]
    assert compile_chain(()).run(given).events == given


def test_failed_events_are_named_with_place_and_reason_and_the_others_go_on() -> None:
    chain = compile_chain(
        parse_operations(
            [
                {"filter": "value.go"},
                {"map": {"total": "value.price * value.count", "user.name": "lower(value.name)"}},
                {"map": {"user.id.x": "1"}},
                {"drop": ["price"]},
            ]
        )
    )
    good = {"go": True, "price": 1.5, "count": 2, "name": "A"}
    output = chain.run(
        [
            event(good),
            event({**good, "go": "yes"}),
            event({**good, "price": "1.5"}),
            event({**good, "name": ["A"]}),
            event({**good, "user": "text"}),
            event({**good, "user": {"id": 5}}),
            event({**good, "go": False}),
            event({**good, "count": 10**400}),
            event(good, offset=8),
        ]
    )
    expected = {"go": True, "count": 2, "name": "A", "total": 3.0, "user": {"name": "a", "id": {"x": 1}}}
    assert output.events == [event(expected), event(expected, offset=8)]
    assert output.failed == [
        (1, "operations[0].filter: a filter takes true or false, got text"),
        (2, "operations[1].map.total: `*` takes two numbers, got text and a number"),
        (3, "operations[1].map.user.name: `lower` takes text, got a list"),
        (4, "operations[1].map: `user` is text, so that it has no fields to set"),
        (5, "operations[2].map: `user.id` is a number, so that it has no fields to set"),
        (7, "operations[1].map.total: the result is not a finite number"),
    ]


@pytest.mark.parametrize("name", ["map", "select", "drop", "rename"])
def test_a_value_that_is_no_map_fails_where_fields_are_named(name: str) -> None:
    body: Any = {"map": {"a": "1"}, "rename": {"a": "b"}}.get(name, ["a"])
    assert reasons([{name: body}], "text", 5, [1]) == [
        (0, f"operations[0].{name}: `{name}` takes a value that is a map, got text"),
        (1, f"operations[0].{name}: `{name}` takes a value that is a map, got a number"),
        (2, f"operations[0].{name}: `{name}` takes a value that is a map, got a list"),
    ]


def test_a_reason_holds_nothing_of_the_event() -> None:
    chain = [{"map": {"a": "int(value.a)"}}]
    assert reasons(chain, {"a": "s3cret"}) == [(0, "operations[0].map.a: `int` got text that is not a whole number")]


def test_comparisons_of_different_kinds_are_false_and_counted_by_place() -> None:
    chain = compile_chain(
        parse_operations(
            [{"filter": "value.a > 1 or value.b in value.c or true"}, {"map": {"x": "value.a <= value.b"}}]
        )
    )
    output = chain.run([event({"a": "5", "b": 1, "c": 7}), event({"a": 5, "b": "1", "c": "123"}), event({})])
    assert [value["x"] for _, value, *_ in output.events] == [False, False, False]
    assert output.mismatches == {"operations[0].filter": 2, "operations[1].map.x": 2}


def test_results_do_not_grow_without_bounds() -> None:
    doubling = [{"map": {"a": "value.a + value.a"}}] * 60
    assert reasons(doubling, {"a": "x" * 100}) == [
        (0, "operations[13].map.a: the result is longer than 1,048,576 characters")
    ]
    assert reasons(doubling, {"a": [1] * 100}) == [(0, "operations[9].map.a: the result has more than 100,000 items")]
    assert reasons([{"map": {"a": "replace(value.a, 'x', value.a)"}}], {"a": "x" * 10_000}) == [
        (0, "operations[0].map.a: the result is longer than 1,048,576 characters")
    ]
    assert reasons([{"map": {"a": "split(value.a, 'x')"}}], {"a": "x" * 100_000}) == [
        (0, "operations[0].map.a: the result has more than 100,000 items")
    ]


def test_a_value_that_holds_itself_many_times_over_fails_before_it_fills_the_memory() -> None:
    ((number, reason),) = reasons([{"map": {"a": "[value, value, value]"}}] * 100, {"text": "x" * 100})
    assert (number, reason.partition(": ")[2]) == (0, "the value has grown too large")
    ordinary = [{"map": {f"f{n}": f"value.g{n}" for n in range(20)}}] * 10
    assert len(values(ordinary, {"text": "x"})) == 1


def test_values_nested_too_deeply_to_compare_fail() -> None:
    def nested() -> Any:
        value: Any = 1
        for _ in range(5000):
            value = [value]
        return value

    given = event({"a": nested(), "b": nested()})
    chain = compile_chain(parse_operations([{"map": {"x": "try(value.a == value.b, 'deep')"}}, {"select": ["x"]}]))
    assert chain.run([given]).events == [event({"x": "deep"})]
    failed = compile_chain(parse_operations([{"filter": "value.a == value.b"}])).run([given]).failed
    assert failed == [(0, "operations[0].filter: the values are nested too deeply to compare")]


def test_a_batch_is_run_any_number_of_times_with_the_same_output() -> None:
    chain = compile_chain(parse_operations([{"filter": "value.a > 1"}, {"map": {"b.c": "value.a / 0"}}]))
    batch = [event({"a": number}) for number in range(4)]
    assert chain.run(batch) == chain.run(batch)


def test_an_expression_is_a_function_of_one_event() -> None:
    evaluate = compile_expression(parse_expression("concat(value.a, '-', offset)"))
    assert evaluate(event({"a": "x"}, offset=7)) == "x-7"
    with pytest.raises(Failed, match="`concat` takes true or false, a number or text, got a list"):
        evaluate(event({"a": []}))
