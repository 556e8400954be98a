from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackfile.portable.expression import parse_expression
from stackfile.portable.models import Aggregate, Aggregation, Apply, Dedupe, Route, Window
from stackfile.portable.operations import (
    Filter,
    OperationError,
    is_stateful,
    normalise_operations,
    parse_operations,
)

MINUTE = 60_000


def test_windows_and_aggregates_are_read_as_a_stackfile_has_them() -> None:
    text = """
    - dedupe: {by: [id, user.id], within: 10m}
    - route: {vip: value.amount > 1000, eu: value.region == 'eu'}
    - map: enrichWithUserData
    - window: {tumbling: 1m, time: value.ts, lateness: 10s}
    - aggregate: {by: [page], set: {views: count(), revenue: sum(value.amount), "best.one": " max( value.amount ) "}}
    - filter: value.views > 3
    """
    operations = parse_operations(yaml.safe_load(text))
    assert operations == (
        Dedupe((parse_expression("value.id"), parse_expression("value.user.id")), 10 * MINUTE),
        Route((("vip", parse_expression("value.amount > 1000")), ("eu", parse_expression("value.region == 'eu'")))),
        Apply("enrichWithUserData"),
        Window("tumbling", MINUTE, MINUTE, parse_expression("value.ts"), 10_000),
        Aggregate(
            ((("page",), parse_expression("value.page")),),
            (
                (("views",), Aggregation("count")),
                (("revenue",), Aggregation("sum", parse_expression("value.amount"))),
                (("best", "one"), Aggregation("max", parse_expression("value.amount"))),
            ),
        ),
        Filter(parse_expression("value.views > 3")),
    )
    assert is_stateful(operations)
    assert not is_stateful(operations[1:3])


COUNT = {"aggregate": {"set": {"count": "count()"}}}
SPELLINGS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "the seed's processor": (
        [
            {"type": "filter", "predicate": "value.amount > 1000"},
            {"type": "map", "function": "enrichWithUserData"},
            {"type": "window", "windowType": "tumbling", "duration": 300000},
            {"type": "aggregate", "aggregation": "count", "groupBy": "userId"},
        ],
        [
            {"filter": "value.amount > 1000"},
            {"map": "enrichWithUserData"},
            {"window": {"tumbling": "5m"}},
            {"aggregate": {"by": ["userId"], "set": {"count": "count()"}}},
        ],
    ),
    "hopping windows": (
        [{"type": "window", "windowType": "hopping", "duration": 60000, "advance": 15000}, COUNT],
        [{"window": {"hopping": "1m", "advance": "15s"}}, COUNT],
    ),
    "sliding by steps is hopping": (
        [{"window": {"sliding": "1m", "slide": "15s"}}, COUNT],
        [{"window": {"hopping": "1m", "advance": "15s"}}, COUNT],
    ),
    "sessions with the time of a field": (
        [
            {
                "type": "window",
                "windowType": "session",
                "gap": 30000,
                "timestampField": "at",
                "allowedLateness": 500,
            },
            {"type": "aggregate", "aggregation": "sum", "field": "value.amount", "groupBy": ["value.a", "b.c"]},
        ],
        [
            {"window": {"session": "30s", "time": "value.at", "lateness": "500ms"}},
            {"aggregate": {"by": ["a", "b.c"], "set": {"sum": "sum(value.amount)"}}},
        ],
    ),
    "several aggregations": (
        [{"type": "aggregate", "aggregations": {"n": "count( )", "m": "min(value.a+1)"}}],
        [{"aggregate": {"set": {"n": "count()", "m": "min(value.a + 1)"}}}],
    ),
    "groups that are computed": (
        [{"aggregate": {"by": {"p": "lower(value.page)"}, "set": {"n": "count(value.x)"}}}],
        [{"aggregate": {"by": {"p": "lower(value.page)"}, "set": {"n": "count(value.x)"}}}],
    ),
    "fields, ids and routes on the wire": (
        [
            {"type": "select", "fields": ["a"]},
            {"type": "rename", "fields": {"a": "b"}},
            {"type": "map", "set": {"a": "1"}},
            {"type": "dedupe", "by": "value.id", "within": 1000},
            {"type": "route", "routes": {"x": "value.a"}},
            {"type": "drop", "fields": ["a"]},
        ],
        [
            {"select": ["a"]},
            {"rename": {"a": "b"}},
            {"map": {"a": "1"}},
            {"dedupe": {"by": ["id"], "within": "1s"}},
            {"route": {"x": "value.a"}},
            {"drop": ["a"]},
        ],
    ),
    "an id that is computed": (
        [{"dedupe": {"by": "concat(key, value.id)", "within": "60s"}}, {"dedupe": {"by": "value.id", "within": "1d"}}],
        [{"dedupe": {"by": "concat(key, value.id)", "within": "1m"}}, {"dedupe": {"by": ["id"], "within": "1d"}}],
    ),
}


@pytest.mark.parametrize(("raw", "normal"), SPELLINGS.values(), ids=SPELLINGS)
def test_both_forms_have_one_normal_form(raw: list[dict[str, Any]], normal: list[dict[str, Any]]) -> None:
    assert normalise_operations(raw) == normal
    assert normalise_operations(normal) == normal


MISTAKES: dict[str, tuple[str, list[str]]] = {
    "a window before something else": (
        "- window: {tumbling: 1m}\n- filter: value.a\n- aggregate: {set: {n: count()}}",
        [
            "operations[0].window: a window stands right before an aggregate, not before `filter`; put the aggregate "
            "behind operations[0], and what comes between before it"
        ],
    ),
    "a window at the end": (
        "- {type: window, windowType: tumbling, duration: 1000}",
        [
            "operations[0].window: a window stands right before an aggregate; put the aggregate behind operations[0], "
            "and what comes between before it"
        ],
    ),
    "two aggregates": (
        "- aggregate: {set: {n: count()}}\n- filter: value.n > 1\n- aggregate: {set: {n: count()}}",
        ["operations[2].aggregate: operations[0] aggregates already; let a second pipeline read what this one writes"],
    ),
    "ids behind an aggregate": (
        "- aggregate: {set: {n: count()}}\n- dedupe: {by: [id], within: 1m}",
        [
            "operations[1].dedupe: `dedupe` stands before the aggregate operations[0]; results of an aggregate are "
            "never given twice"
        ],
    ),
    "windows that are none": (
        "- window: {tumbling: 1m, session: 1m}\n- aggregate: {set: {n: count()}}",
        ["operations[0].window: a window is one of tumbling, hopping, session; write tumbling: 1m"],
    ),
    "a window with other fields": (
        "- window: {tumbling: 1m, advance: 5s, late: 1s}\n- aggregate: {set: {n: count()}}",
        [
            "operations[0].window.advance: there is no `advance` here; there are lateness, time, tumbling",
            "operations[0].window.late: there is no `late` here; there are lateness, time, tumbling",
        ],
    ),
    "windows that slide with every event": (
        "- window: {sliding: 1m}\n- aggregate: {set: {n: count()}}",
        [
            "operations[0].window.sliding: a sliding window says how far apart windows start; windows that slide with "
            "every event are not built; write slide: 10s"
        ],
    ),
    "hops that leave out": (
        "- window: {hopping: 1m, advance: 2m}\n- aggregate: {set: {n: count()}}",
        ["operations[0].window.advance: `advance` is longer than the window: events between windows would be left out"],
    ),
    "too many hops": (
        "- window: {hopping: 1d, advance: 1s}\n- aggregate: {set: {n: count()}}",
        ["operations[0].window.advance: each event would be in more than 1,000 windows"],
    ),
    "durations": (
        "- window: {tumbling: 60000, lateness: 5}\n- aggregate: {set: {n: count()}}",
        [
            "operations[0].window.tumbling: a duration is text, not a number; write a number with its unit, as in 1m",
            "operations[0].window.lateness: a duration is text, not a number; write a number with its unit, as in 1m",
        ],
    ),
    "durations beyond a year": (
        "- window: {tumbling: 367d}\n- aggregate: {set: {n: count()}}",
        ["operations[0].window.tumbling: from 1ms to 366d, not `367d`"],
    ),
    "a time that is none": (
        "- window: {tumbling: 1m, time: value.a > 1}\n- aggregate: {set: {n: count()}}",
        ["operations[0].window.time: a time is milliseconds since 1970, or text that says it, not true or false"],
    ),
    "aggregations that are none": (
        '- aggregate: {by: [a], set: {n: median(value.a), o: "sum(value.a) / 2", p: "max(value.a, 2)", q: 1}}',
        [
            f"operations[0].aggregate.set.{name}: {says}; write count(), sum(x), avg(x), min(x) or max(x); compute "
            "with their results in a `map` behind"
            for name, says in (
                ("n", "`median(value.a)` is no aggregation"),
                ("o", "`sum(value.a) / 2` is no aggregation"),
                ("p", "an operator is missing before `,` (character 12)"),
                ("q", "an aggregation is text, not a number"),
            )
        ],
    ),
    "names that meet": (
        "- aggregate: {by: [page, windowStart], set: {page: count(), n: sum(lower(value.x))}}",
        [
            "operations[0].aggregate.set.n: `sum` takes a number, not text",
            "operations[0].aggregate: `page` is named twice",
            "operations[0].aggregate: `windowStart` is set by the window: take another name",
        ],
    ),
    "a sum of nothing": (
        "- aggregate: {set: {n: sum( )}}",
        ["operations[0].aggregate.set.n: `sum` takes what to look at; write sum(value.amount)"],
    ),
    "nothing to set": (
        "- aggregate: {by: [page]}",
        ["operations[0].aggregate: an aggregate says what it sets; write set: {views: count()}"],
    ),
    "ids for ever": (
        "- dedupe: {by: [id]}\n- dedupe: [id]",
        [
            "operations[0].dedupe: `within` is missing; write  - dedupe: {by: [id], within: 10m}",
            "operations[1].dedupe: a map is wanted, not a list; write  - dedupe: {by: [id], within: 10m}",
        ],
    ),
    "routes that are none": (
        "- route: {'a b': value.a, c: lower(value.x)}",
        [
            'operations[0].route["a b"]: `a b` is no name of a stream: letters, digits, `.`, `_` and `-`',
            "operations[0].route.c: a filter yields true or false, not text",
        ],
    ),
    "the wire": (
        "- {type: explode}\n- {type: filter, predcate: true}\n- {type: window, windowType: x}\n"
        "- {type: map, function: 5}\n- {type: map, function: 'a b'}\n- {type: filter}",
        [
            "operations[0].type: there is no operation `explode`; there are filter, map, select, drop, rename, route, "
            "dedupe, window, aggregate",
            "operations[1].predcate: `filter` has no `predcate`; there are predicate",
            "operations[2].windowType: there is no window `x`; there are tumbling, hopping, sliding, session",
            "operations[3].function: the name of a function is text, not a number",
            "operations[4].map: `a b` is no name of a function; fields are set by a map:  - map: {page: "
            "lower(value.page)}",
            "operations[5]: `predicate` is missing",
            "operations[2].window: a window stands right before an aggregate, not before `map`; put the aggregate "
            "behind operations[2], and what comes between before it",
        ],
    ),
    "durations on the wire": (
        "- {type: window, windowType: tumbling, duration: 1m}\n- {type: aggregate, aggregation: median}\n"
        "- {type: window, windowType: tumbling, duration: -5}\n- {type: aggregate}",
        [
            "operations[0].duration: a duration is a whole number of milliseconds, not text",
            "operations[1].aggregate.set.median: `median()` is no aggregation; write count(), sum(x), avg(x), min(x) "
            "or max(x); compute with their results in a `map` behind",
            "operations[2].duration: a duration is a whole number of milliseconds, not -5",
            "operations[3]: `aggregation` is missing; write count, sum, avg, min or max",
            "operations[3].aggregate: operations[1] aggregates already; let a second pipeline read what this one "
            "writes",
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_names_its_operation(text: str, expected: list[str]) -> None:
    with pytest.raises(OperationError) as refused:
        parse_operations(yaml.safe_load(text))
    lines = [str(OperationError([problem])) for problem in refused.value.problems]
    assert lines == expected
