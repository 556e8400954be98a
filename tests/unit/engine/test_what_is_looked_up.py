"""What it costs to look something up, and what happens to who refers to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from stackfile.errors import DiagnosticError, Unreachable
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.values import Tree
from tests.unit.engine.stand import Stand

BOX: Mapping[str, Tree] = {"sources.big": {"existing": {"name": "big"}}}
NOTE: Mapping[str, Tree] = {"pipelines.n": {"text": "of {{ sources.big.size }}", "about": "sources.big"}}


def plan(stand: Stand, resources: Mapping[str, Tree], question: Question | None = None) -> Plan:
    stand.shelf.calls.clear()
    return asyncio.run(stand.bench.plan(resources, question))


def test_a_kind_that_is_listed_anyway_costs_no_call_more(stand: Stand) -> None:
    stand.shelf.put("box", {"name": "big", "size": 9})
    own: Mapping[str, Tree] = {"sources.own": {"name": "own"}}
    plan(stand, own)
    without = list(stand.shelf.calls)
    plan(stand, {**own, **BOX, **NOTE})
    assert sorted(stand.shelf.calls) == sorted([*without, "list note"])


def test_what_is_looked_up_is_never_written(stand: Stand) -> None:
    live = stand.shelf.put("box", {"name": "big", "size": 9})
    stand.attempt({**BOX, **NOTE})
    assert [call for call in stand.shelf.calls if "box" in call] == ["list box"]
    assert [one.fields for one in stand.shelf.objects["note"].values()] == [{"text": "of 9", "about": live.id}]
    assert stand.bench.state is not None
    assert list(map(str, stand.bench.state.records)) == ["pipelines.n"]
    assert plan(stand, {**BOX, **NOTE}).empty


def test_what_no_listing_has_is_read_by_its_id(stand: Stand) -> None:
    late = stand.shelf.put("box", {"name": "big"})
    hidden = stand.shelf.put("secret", {"name": "s", "text": "x"})
    stand.shelf.unlisted.add(late.id)
    looked: Mapping[str, Tree] = {
        "sources.late": {"existing": {"id": late.id}},
        "streams.s": {"existing": {"id": hidden.id}},
    }
    found = plan(stand, looked).looked_up
    assert [(str(one.address), one.id) for one in found] == [("sources.late", late.id), ("streams.s", hidden.id)]
    assert sorted(stand.shelf.calls) == ["list box", "read box", "read secret"]


def test_what_cannot_be_listed_cannot_be_looked_for_by_name(stand: Stand) -> None:
    stand.shelf.put("secret", {"name": "s"})
    with pytest.raises(DiagnosticError) as caught:
        plan(stand, {"streams.s": {"existing": {"name": "s"}}})
    (one,) = caught.value.diagnostics
    assert (one.code, one.help[0]) == (
        "existing-none",
        "it cannot be looked for by name, as the service does not list such things: existing: {id: ...}",
    )


def test_without_reading_only_what_is_looked_up_is_read(stand: Stand) -> None:
    stand.shelf.put("box", {"name": "big", "size": 9})
    stand.attempt({**BOX, **NOTE})
    assert plan(stand, {**BOX, **NOTE}, Question(reads=False)).empty
    assert stand.shelf.calls == ["list box"]


def test_an_apply_that_does_not_read_sees_what_is_looked_up(stand: Stand) -> None:
    stand.shelf.put("box", {"name": "big", "size": 9})
    stand.attempt({**BOX, **NOTE}, question=Question(reads=False))
    assert [one.fields["text"] for one in stand.shelf.objects["note"].values()] == ["of 9"]


def test_to_destroy_nothing_is_looked_up(stand: Stand) -> None:
    stand.shelf.put("box", {"name": "big", "size": 9})
    stand.attempt({**BOX, **NOTE})
    stand.shelf.objects["box"].clear()
    stand.attempt({**BOX, **NOTE}, question=Question(destroy=True))
    assert "list box" not in stand.shelf.calls
    assert stand.shelf.objects["note"] == {}


def test_what_refers_to_a_silent_provider_is_left_out(stand: Stand) -> None:
    stand.shelf.put("box", {"name": "big", "size": 9})
    stand.shelf.before["list box"] = [Unreachable("connection refused")]
    made = plan(stand, {**BOX, **NOTE})
    assert made.changes == ()
    assert [(one.provider, one.says) for one in made.skipped] == [("shelves", "connection refused")]
