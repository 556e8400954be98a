"""`timeouts`: a call that does not end in its time may have happened, so apply looks; then the waiting has it too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from stackfile.address import Address
from stackfile.engine.apply import Orders
from stackfile.events import StageFailed, StageWaiting
from stackfile.plan.plan import Verb
from stackfile.values import Tree
from tests.unit.engine.stand import Stand

SHORT: Mapping[str, Any] = {"create": "10ms", "update": "10ms", "delete": "10ms"}
STAGE = Address("sources", "tea")


def tea(timeouts: Mapping[str, Any], **fields: Any) -> dict[str, Tree]:
    return {"sources.tea": {**fields, "timeouts": dict(timeouts)}}


async def for_ever() -> object:
    return await asyncio.Event().wait()


def test_a_create_that_does_not_end_is_looked_for_and_sent_again(stand: Stand) -> None:
    stand.shelf.meanwhile["create box"] = for_ever
    assert stand.attempt(tea(SHORT)).complete
    assert stand.shelf.calls.count("create box") == 2
    assert [box["name"] for box in stand.boxes] == ["tea"]


def test_an_update_that_does_not_end_is_told_with_its_time(stand: Stand) -> None:
    stand.attempt(tea(SHORT, size=1))
    stand.shelf.meanwhile["update box"] = for_ever
    applied = stand.attempt(tea(SHORT, size=2))
    says = "no answer in 10ms (timeouts.update); live is not what was sent"
    assert [e.says for e in stand.bench.events if isinstance(e, StageFailed)] == [says]
    assert not applied.complete
    assert stand.attempt(tea(SHORT, size=2)).complete
    assert stand.boxes[0]["size"] == 2


def test_a_delete_that_does_not_end_leaves_the_object_in_the_state(stand: Stand) -> None:
    stand.attempt(tea(SHORT, shape="round"))
    stand.shelf.meanwhile["delete box"] = for_ever
    applied = stand.attempt(tea(SHORT, shape="flat"))
    says = "no answer in 10ms (timeouts.delete); the object is still there"
    assert [e.says for e in stand.bench.events if isinstance(e, StageFailed)] == [says]
    assert STAGE in applied.state.records
    assert stand.attempt(tea(SHORT, shape="flat")).complete
    assert [box["shape"] for box in stand.boxes] == ["flat"]


def test_the_waiting_has_the_time_of_its_verb(stand: Stand) -> None:
    stand.shelf.status = ["pending"] * 20
    applied = stand.attempt(tea({"create": "5s"}))
    assert str(applied.reports[STAGE, Verb.CREATE].error) == "not ready after 5 s; last: it is pending"
    assert {e.limit for e in stand.bench.events if isinstance(e, StageWaiting)} == {5.0}


def test_who_does_not_wait_at_all_does_not_wait_for_that_time_either(stand: Stand) -> None:
    stand.shelf.status = ["pending"] * 20
    assert stand.attempt(tea({"create": "5s"}), Orders(wait=0)).complete


def test_a_new_time_alone_is_no_change(stand: Stand) -> None:
    stand.attempt(tea(SHORT))
    plan = asyncio.run(stand.bench.plan(tea({"create": "1h"})))
    assert plan.empty
    assert plan.settled == {}
