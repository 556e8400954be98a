"""Laws of every rendering: it never fails, never shows a secret, never lets a terminal act on what a user wrote."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import SECTIONS, Address
from stackfile.errors import Diagnostic, Severity, Span
from stackfile.plan.ledger import Failure, Fault, Ledger, Outcome, RefusedField, Result, StageResult
from stackfile.plan.plan import (
    UNSET,
    Action,
    Change,
    FieldChange,
    Origin,
    OutputChange,
    PendingIntent,
    Plan,
    Reason,
    Skipped,
)
from stackfile.report.change_text import Notes
from stackfile.report.colour import coloured
from stackfile.report.diagnostics import render, to_json
from stackfile.report.events_json import JsonLines, ledger_lines
from stackfile.report.graph import dot, mermaid
from stackfile.report.ledger import ledger_text
from stackfile.report.lists import outputs_text, state_json, state_list, state_show
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text
from stackfile.report.text import WIDTH, width
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold, Record, StoredOutput
from stackfile.values import Ref, Sealed, Sensitive, Unknown

SECRET = "s3cr3t-Zq9"
NOW = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)
ANSI = re.compile(r"\x1b\[[0-9;]*m")

hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "\x1b[2J\x1b]0;owned\x07",
            "line\nbreak",
            "tab\t",
            "\u202ereversed",
            "\ud800",
            '"quoted\\',
            "x" * 5000,
            "表" * 80,
            "",
        ]
    ),
)
"""Any text, and some that terminals, columns and encoders are known to trip over."""

names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
addresses = st.builds(Address, st.sampled_from(SECTIONS), names, st.none() | hostile)
secrets = st.sampled_from([Sensitive(SECRET), Sensitive([SECRET]), Sensitive({"a": SECRET}), Sealed("k", "aa", "bb")])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**70, -(2**5000)]),
    st.floats(),
    hostile,
    secrets,
    st.builds(Unknown),
    st.builds(Ref, addresses, hostile | st.builds(Unknown)),
)
values: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile, inner, max_size=4), max_leaves=8
)
trees = st.dictionaries(hostile, values, max_size=4)
paths = st.lists(hostile | st.integers(0, 9), min_size=1, max_size=3).map(tuple)
fields = st.builds(
    FieldChange,
    paths,
    values | st.just(UNSET),
    values | st.just(UNSET),
    st.sampled_from(Origin),
    values,
    st.booleans(),
    hostile,
)
changes = st.builds(
    Change,
    address=addresses,
    action=st.sampled_from(Action),
    provider=hostile,
    service=st.just("local"),
    section=st.sampled_from(SECTIONS),
    kind=hostile,
    name=hostile,
    id=st.none() | hostile,
    reason=st.sampled_from(Reason),
    reason_says=hostile,
    fields=st.lists(fields, max_size=3).map(tuple),
    unchanged=st.integers(0, 9),
    desired=st.none() | trees,
    live=st.none() | trees,
    impact=st.sampled_from(Impact),
    impact_says=st.lists(hostile, max_size=2).map(tuple),
    prevent_destroy=st.booleans(),
)
spans = st.builds(Span, hostile, st.integers(1, 99), st.integers(1, 90), st.integers(1, 99), st.integers(1, 90))
diagnostics = st.builds(
    Diagnostic,
    hostile,
    hostile,
    st.sampled_from(Severity),
    st.none() | spans,
    st.none() | hostile,
    hostile,
    st.none() | hostile,
    st.lists(hostile, max_size=2).map(tuple),
)
several_addresses = st.lists(addresses, max_size=5).map(tuple)
stages = st.builds(StageResult, st.sampled_from(["create", "update", "delete"]), st.booleans())
plans = st.builds(
    Plan,
    stack=hostile,
    env=hostile,
    lineage=st.just("l"),
    serial=st.integers(0, 9),
    changes=st.lists(changes, max_size=3).map(tuple),
    unchanged=st.integers(0, 9),
    outputs=st.lists(st.builds(OutputChange, hostile, values, values, st.booleans()), max_size=2).map(tuple),
    skipped=st.lists(st.builds(Skipped, hostile, hostile, several_addresses), max_size=2).map(tuple),
    pending=st.lists(st.builds(PendingIntent, addresses, hostile, hostile, st.booleans()), max_size=2).map(tuple),
    unmanaged=st.dictionaries(hostile, st.integers(1, 9), max_size=2),
    diagnostics=st.lists(diagnostics, max_size=2).map(tuple),
    complete=st.booleans(),
    backend=hostile,
    destroy=st.booleans(),
    holds=st.dictionaries(addresses, st.builds(Hold, hostile, hostile, hostile), max_size=1),
    lapsed=st.dictionaries(addresses, st.builds(Hold, hostile, hostile, hostile), max_size=1),
)
notes = st.builds(
    Notes,
    names=st.dictionaries(hostile, addresses, max_size=2),
    saved_to=hostile,
)


def is_harmless(text: str) -> bool:
    """Whether a terminal would only print it."""
    return all(char == "\n" or char.isprintable() for char in text)


@given(plans, notes)
def test_a_plan_is_rendered_whatever_is_in_it_and_shows_no_secret(plan: Plan, notes: Notes) -> None:
    text = plan_text(plan, notes)
    assert is_harmless(text)
    assert SECRET not in text
    assert text.endswith("\n")
    assert ANSI.sub("", coloured(text)) == text


@given(plans)
def test_plan_json_takes_any_value_and_shows_no_secret(plan: Plan) -> None:
    document = plan_json(plan)
    assert SECRET not in json.dumps(document)
    orjson.dumps(document)


@given(plans)
def test_json_lines_of_a_plan_take_any_value_and_show_no_secret(plan: Plan) -> None:
    for line in JsonLines.of(plan).plan(plan, NOW):
        assert SECRET not in orjson.dumps(line).decode()


@given(st.lists(diagnostics, max_size=3))
def test_diagnostics_are_rendered_whatever_is_in_them(found: list[Diagnostic]) -> None:
    text = render(found)
    assert is_harmless(text)
    assert ANSI.sub("", render(found, colour=True)) == text
    for one in found:
        orjson.dumps(to_json(one))


words = st.lists(st.text(max_size=8), max_size=40).map(" ".join)


@given(spans, words, st.text(max_size=300))
def test_a_snippet_and_its_caret_stay_within_the_width(span: Span, label: str, source: str) -> None:
    text = render([Diagnostic("x", "m", span=span, source=source, label=label)])
    assert all(width(line) <= WIDTH for line in text.splitlines()[2:])


tame_paths = st.lists(names, min_size=1, max_size=2).map(tuple)
tame_fields = st.builds(FieldChange, tame_paths, values, values, st.sampled_from(Origin), values, st.booleans(), names)


@given(st.sampled_from([Action.UPDATE, Action.REPLACE]), st.lists(tame_fields, max_size=3), words)
def test_a_block_with_short_names_stays_within_the_width_whatever_its_values(
    action: Action, found: list[FieldChange], says: str
) -> None:
    address = Address("streams", "clicks")
    one = Change(address, action, "p", "s", "streams", "stream", "n", id="1", fields=tuple(found), impact_says=(says,))
    lines = plan_text(Plan("s", "e", "l", 1, (one,))).split("\n\n")[1].splitlines()
    assert all(width(line) <= WIDTH for line in lines)


results = st.builds(
    Result,
    addresses,
    st.sampled_from(Action),
    st.sampled_from(Outcome),
    st.lists(st.builds(StageResult, st.sampled_from(["create", "update", "delete"]), st.booleans()), max_size=2).map(
        tuple
    ),
    st.none() | hostile,
    st.none() | hostile,
    st.none()
    | st.builds(
        Failure,
        st.sampled_from(Fault),
        hostile,
        hostile,
        hostile,
        hostile,
        hostile,
        st.none() | st.integers(100, 599),
        st.none() | hostile,
        st.lists(st.builds(RefusedField, hostile, hostile, st.none() | spans, hostile), max_size=2).map(tuple),
    ),
    st.lists(addresses, max_size=2).map(tuple),
    hostile,
    st.lists(hostile, max_size=2).map(tuple),
    hostile,
)


@given(st.lists(results, max_size=3).map(tuple), st.booleans(), st.booleans(), hostile)
def test_a_ledger_is_rendered_whatever_is_in_it(
    found: tuple[Result, ...], destroy: bool, interrupted: bool, env: str
) -> None:
    ledger = Ledger("r", found, 1.0, 1, env, destroy, interrupted)
    assert is_harmless(ledger_text(ledger))
    for line in ledger_lines(ledger, NOW):
        orjson.dumps(line)


@given(addresses, hostile, hostile, trees, trees)
def test_a_record_is_listed_without_secrets(address: Address, name: str, id: str, applied: Any, observed: Any) -> None:
    record = Record(address, name, "local", "streams", "stream", "local:x", id, name, applied, observed)
    text = state_list([record]) + state_show(record)
    assert is_harmless(text)
    assert SECRET not in text + json.dumps(state_json(record))


@given(st.dictionaries(hostile, st.builds(StoredOutput, values, st.booleans()), max_size=3))
def test_outputs_are_listed_without_secrets(outputs: dict[str, StoredOutput]) -> None:
    text = outputs_text(outputs)
    assert is_harmless(text)
    assert SECRET not in text


@given(st.lists(st.tuples(addresses, st.lists(addresses, max_size=3).map(tuple)), max_size=5), st.randoms())
def test_a_graph_is_the_same_whatever_the_order_of_its_nodes(
    nodes: list[tuple[Address, tuple[Address, ...]]], any: Any
) -> None:
    moved = list(nodes)
    any.shuffle(moved)
    assert dot(nodes) == dot(moved)
    assert mermaid(nodes) == mermaid(moved)
    assert is_harmless(dot(nodes) + mermaid(nodes))
