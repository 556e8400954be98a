"""Ignored fields in a whole apply: what the service is given, also where a reference is known only on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import pytest

from stackfile.address import Address
from stackfile.values import Tree
from tests.unit.engine.stand import SILENT, Stand

TEA = Address("sources", "tea")
IGNORING: Mapping[str, Any] = {"lifecycle": {"ignore_changes": ["label"]}}


def tea(**fields: Any) -> dict[str, Tree]:
    return {"sources.tea": {"label": "black", **fields, **IGNORING}}


def relabel(stand: Stand, label: str) -> None:
    """Somebody else changes the live object."""
    (id, live), *_ = stand.shelf.objects["box"].items()
    stand.shelf.objects["box"][id] = type(live)(live.id, {**live.fields, "label": label}, live.created_at)


def test_a_create_sends_the_files_value_and_an_update_leaves_the_live_one(stand: Stand) -> None:
    stand.attempt(tea(size=1))
    assert stand.boxes[0]["label"] == "black"
    relabel(stand, "tuned")
    applied = stand.attempt(tea(size=2))
    assert applied.complete
    assert (stand.boxes[0]["label"], stand.boxes[0]["size"]) == ("tuned", 2)
    assert applied.state.records[TEA].applied["label"] == "tuned"
    assert asyncio.run(stand.bench.plan(tea(size=2))).empty


def test_it_stays_where_another_field_waits_for_a_new_resource(stand: Stand) -> None:
    stand.attempt(tea())
    relabel(stand, "tuned")
    resources = {**tea(inside="sources.tin"), "sources.tin": {}}
    applied = stand.attempt(resources)
    assert applied.complete
    box = next(one for one in stand.boxes if one["name"] == "tea")
    assert (box["label"], box["inside"]) == ("tuned", "box-2")
    assert applied.state.records[TEA].applied["label"] == "tuned"
    assert asyncio.run(stand.bench.plan(resources)).empty


@pytest.mark.parametrize("effect", range(1, 12))
def test_a_killed_update_is_judged_by_what_was_really_sent(stand: Stand, effect: int) -> None:
    stand.attempt(tea(size=1))
    relabel(stand, "tuned")
    with contextlib.suppress(pytest.fail.Exception):  # the run has fewer effects
        stand.die(tea(size=2), effect)
    assert stand.attempt(tea(size=2)).complete
    assert stand.verdicts in ([], ["recorded"], ["again"])
    assert (stand.boxes[0]["label"], stand.boxes[0]["size"]) == ("tuned", 2)


def test_an_update_without_an_answer_is_recorded_with_the_live_value(stand: Stand) -> None:
    stand.attempt(tea(size=1))
    relabel(stand, "tuned")
    stand.shelf.after["update box"] = [SILENT]
    applied = stand.attempt(tea(size=2))
    assert applied.complete
    assert applied.state.records[TEA].applied["label"] == "tuned"


def test_a_settled_value_needs_no_call(stand: Stand) -> None:
    stand.attempt(tea())
    relabel(stand, "tuned")
    applied = stand.attempt(tea())
    assert [call for call in stand.shelf.calls if not call.startswith(("list", "read"))] == []
    assert applied.state.records[TEA].applied["label"] == "tuned"
