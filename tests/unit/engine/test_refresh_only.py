"""Refreshes: what the state takes from what is live, and that nothing live is changed by one."""

from __future__ import annotations

import asyncio

from stackfile.address import Address
from stackfile.plan.plan import Origin, Plan
from stackfile.plan.question import Question
from stackfile.plan.select import Selection
from tests.unit.engine.stand import NO, TEA, TWO, Stand

REFRESH = Question(refresh_only=True)
TEA_AT, RUM_AT = Address("sources", "tea"), Address("sources", "rum")


def planned(stand: Stand, question: Question = REFRESH) -> Plan:
    return asyncio.run(stand.bench.plan(TWO, question))


def news(plan: Plan) -> dict[str, list[str]]:
    """What the state would learn of which address."""
    return {str(a): [f"{f.path[0]}: {f.before} -> {f.after}" for f in one.fields] for a, one in plan.learned.items()}


def drifted(stand: Stand) -> None:
    stand.attempt(TWO)
    live = next(one for one in stand.shelf.objects["box"].values() if one.fields["name"] == "tea")
    live.fields["size"] = 9  # type: ignore[index]


def test_a_refresh_learns_what_drifted_and_the_next_plan_calls_it_drift_still(stand: Stand) -> None:
    drifted(stand)
    assert news(planned(stand)) == {"sources.rum": [], "sources.tea": ["size: 5 -> 9"]}
    applied = stand.attempt(TWO, question=REFRESH)
    assert [call for call in stand.shelf.calls if call.split()[0] not in ("list", "read")] == []
    record = applied.state.records[TEA_AT]
    assert (record.applied["size"], record.observed["size"]) == (5, 9)
    assert planned(stand).empty
    (change,) = asyncio.run(stand.bench.plan(TWO)).changes
    assert [(str(one.path[0]), one.origin) for one in change.fields] == [("size", Origin.DRIFT)]


def test_a_refresh_renews_the_time_of_every_copy(stand: Stand) -> None:
    before = stand.attempt(TWO).state
    stand.shelf.clock.seconds += 3600
    after = stand.attempt(TWO, question=REFRESH).state
    assert after.serial == before.serial + 1
    now = stand.shelf.clock.now()
    assert [one.observed_at for one in after.records.values()] == [now, now]
    assert [one.updated_at for one in after.records.values()] == [one.updated_at for one in before.records.values()]


def test_a_refresh_forgets_what_is_gone_once_it_was_asked_for_by_itself(stand: Stand) -> None:
    stand.attempt(TWO)
    gone = stand.shelf.objects["box"].popitem()[1]
    stand.shelf.clock.seconds += 3600
    applied = stand.attempt(TWO, question=REFRESH)
    assert stand.shelf.calls == ["list box", "read box"]
    assert len(applied.state.records) == 1
    assert gone.id not in {record.id for record in applied.state.records.values()}
    assert planned(stand).empty


def test_a_refresh_keeps_what_only_the_listing_lacks(stand: Stand) -> None:
    stand.attempt(TWO)
    stand.shelf.unlisted = set(stand.shelf.objects["box"])
    stand.shelf.clock.seconds += 3600
    assert planned(stand).empty
    assert stand.shelf.calls[-2:] == ["read box", "read box"]


def test_a_refresh_of_a_part_leaves_the_rest(stand: Stand) -> None:
    drifted(stand)
    plan = planned(stand, Question(Selection(target=("sources.rum",)), refresh_only=True))
    assert news(plan) == {"sources.rum": []}
    assert not plan.complete


def test_a_refresh_has_no_opinion_on_the_file(stand: Stand) -> None:
    stand.attempt(TEA)
    stand.shelf.before["update box"] = [NO]
    applied = asyncio.run(stand.bench.attempt({"sources.new": {}, "sources.tea": {"size": 1}}, question=REFRESH))
    assert applied.plan.empty
    assert [*applied.state.records] == [TEA_AT]
