"""The quick road never says "nothing to do" where a comparison finds a difference, however deep, and it is taken."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from pydantic import Field

from stackfile.plan.applied import to_applied
from stackfile.plan.diff import diff
from stackfile.plan.mask import mask
from stackfile.plan.quick import agrees
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import ListText, Trait
from tests.unit.plan.world import seal_of


class Deep(Body):
    size: int | None = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None


class Config(Body):
    text: str | None = None
    flag: bool | None = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    token: Annotated[str | None, Trait.SENSITIVE] = None
    tables: Annotated[list[str] | None, ListText(","), Trait.UNORDERED] = None
    labels: dict[str, Any] | None = None
    whole: Annotated[dict[str, Any] | None, Trait.WHOLE] = None
    deep: Deep | None = None
    local: Annotated[int | None, Trait.LOCAL] = None
    state: Annotated[str | None, Trait.COMPUTED] = None


class Thing(Body):
    config: Config = Field(default_factory=Config)
    exact: Annotated[Config | None, Trait.WHOLE] = None
    note: str | None = None


SCHEMA = schema_of(Thing)

texts = st.sampled_from(["a", "b", "1"])
opaque = st.dictionaries(st.sampled_from("xy"), st.sampled_from([1, True, "a", None]), max_size=2)
deep = st.fixed_dictionaries({}, optional={"size": st.integers(0, 1), "password": texts})
config = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "flag": st.booleans(),
        "password": texts,
        "token": texts,
        "tables": st.lists(texts, max_size=2),
        "labels": opaque,
        "whole": opaque,
        "deep": deep,
        "local": st.integers(0, 1),
    },
)
things = st.fixed_dictionaries({"config": config}, optional={"exact": config, "note": texts})
shown = st.fixed_dictionaries({}, optional={"state": texts, "text": texts, "password": st.none(), "labels": opaque})


def _road(wish: dict[str, Any], before: dict[str, Any], live: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the quick road says that nothing is to be done, and whether a comparison does."""
    seal = seal_of()
    desired = mask(SCHEMA, SCHEMA.normalise(wish)[0])
    applied = to_applied(mask(SCHEMA, SCHEMA.normalise(before)[0]), {}, seal)
    wanted = to_applied(desired, applied, seal)
    normal = mask(SCHEMA, SCHEMA.accept(live))
    return agrees(SCHEMA, desired, wanted, applied, Live("1", live)), not diff(
        SCHEMA, desired, applied, normal, seal
    ).fields


@given(wish=things, before=st.none() | things, live=st.none() | things, extra=shown, of_exact=shown)
def test_the_quick_road_finds_no_more_than_a_comparison(
    wish: dict[str, Any],
    before: dict[str, Any] | None,
    live: dict[str, Any] | None,
    extra: dict[str, Any],
    of_exact: dict[str, Any],
) -> None:
    """None: as wished. `extra` is what the service adds within the maps, or has in the place of what was wished."""
    there = live or wish
    there = {**there, "config": {**there["config"], **extra}}
    if "exact" in there:
        there["exact"] = {**there["exact"], **of_exact}
    quick, compared = _road(wish, wish if before is None else before, there)
    event(f"quick {quick}, compared {compared}")
    assert compared or not quick


WISH: dict[str, Any] = {"config": {"text": "a", "password": "p", "token": "t", "deep": {"size": 1, "password": "p"}}}
SHOWN: dict[str, Any] = {"text": "a", "password": None, "token": "t", "deep": {"size": 1}, "state": "s", "flag": True}
LIVE: dict[str, tuple[dict[str, Any], bool]] = {
    "what the service adds, and does not show": ({"config": SHOWN}, True),
    "another text": ({"config": {**SHOWN, "text": "b"}}, False),
    "another secret that can be read": ({"config": {**SHOWN, "token": "u"}}, False),
    "another size in the depth": ({"config": {**SHOWN, "deep": {"size": 2}}}, False),
    "no text": ({"config": {key: value for key, value in SHOWN.items() if key != "text"}}, False),
    "no map": ({}, False),
}


@pytest.mark.parametrize("case", LIVE)
def test_a_model_within_an_object_is_no_reason_to_compare_it_field_by_field(case: str) -> None:
    live, same = LIVE[case]
    assert _road(WISH, WISH, live) == (same, same)
