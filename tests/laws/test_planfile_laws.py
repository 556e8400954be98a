"""Laws of saved plans: what is written is read back exactly, reads the same, and holds no secret."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stackfile.errors import StateError
from stackfile.plan.guard import Allowances
from stackfile.plan.jsontree import from_json, to_json
from stackfile.plan.plan import UNSET, Plan
from stackfile.plan.planfile import parse_plan, print_plan
from stackfile.plan.question import Question
from stackfile.plan.saved import Check, SavedPlan
from stackfile.plan.select import Selection
from stackfile.plan.veil import Veil
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text
from stackfile.values import Ref, Sealed, Sensitive, Unknown
from tests.laws.test_report_laws import SECRET, addresses, names, plans

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = words | st.sampled_from(["$", "$$", "$unset", "$unknown", "$sensitive", "$ref", "$secret", "$$secret"])
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    words,
    st.just(UNSET),
    st.builds(Sensitive, st.none() | st.builds(Unknown, st.lists(words).map(tuple))),
    st.builds(Sealed, words, words, words, st.booleans()),
    st.builds(Unknown, st.lists(words, max_size=3).map(tuple), words),
    st.builds(Ref, addresses, words | st.builds(Unknown)),
)
trees: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


def tamed(value: Any) -> Any:
    """Without what JSON has no form for: halves of surrogate pairs, numbers of more than 64 bits, and the like."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int | float) and not isinstance(value, bool | Enum):
        return value if abs(value) < 2**63 else 0
    if value is UNSET or isinstance(value, Enum):
        return value
    if isinstance(value, dict):
        return {tamed(key): tamed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(tamed, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: tamed(getattr(value, one.name)) for one in fields(value)})
    return value


patterns = st.lists(names, max_size=2).map(tuple)
saved_plans = st.builds(
    SavedPlan,
    plan=plans.map(Veil({}).plan).map(tamed),
    question=st.builds(Question, st.builds(Selection, patterns, patterns), st.booleans()),
    allowed=st.builds(Allowances, patterns, st.none() | st.integers(0, 99), patterns),
    checks=st.dictionaries(addresses, st.builds(Check, words, words, words, words), max_size=3),
    variables=st.dictionaries(names, words, max_size=2),
    scopes=st.dictionaries(names, words, max_size=2),
    kid=words,
)


@given(trees)
def test_a_tree_comes_back_as_it_was_also_with_keys_that_look_like_leaves(tree: Any) -> None:
    back = from_json(to_json(tree))
    assert back == tree
    assert (back is UNSET) == (tree is UNSET)


def printed(saved: SavedPlan) -> bytes:
    return print_plan(saved, plan_json(saved.plan))


@given(plans)
def test_what_json_has_no_form_for_is_refused_and_nothing_else(plan: Plan) -> None:
    saved = SavedPlan(Veil({}).plan(plan))
    refused = False
    try:
        printed(saved)
    except StateError:
        refused = True
    assert not refused or tamed(saved) != saved


@given(saved_plans)
def test_a_saved_plan_comes_back_exactly(saved: SavedPlan) -> None:
    data = printed(saved)
    back = parse_plan(data, "plan.json")
    assert back == saved
    assert print_plan(back, plan_json(back.plan)) == data
    assert SECRET.encode() not in data


@given(plans)
def test_a_saved_plan_reads_as_the_plan_that_was_made(plan: Plan) -> None:
    plan = tamed(plan)
    saved = SavedPlan(Veil({}).plan(plan))
    back = parse_plan(printed(saved), "plan.json").plan
    assert plan_text(back) == plan_text(plan)
    assert plan_json(back) == plan_json(plan)
