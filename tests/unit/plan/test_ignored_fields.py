"""Fields that `ignore_changes` leaves alone: what is sent and recorded, until when, and what a drift report is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stackfile.errors import Severity
from stackfile.plan.decide import normal_live
from stackfile.plan.ignored import ignored_drift
from stackfile.plan.mask import mask
from stackfile.plan.question import Question
from stackfile.values import Sealed
from tests.unit.plan.world import World, address, configured, field_in_short, in_short

TUNED = "sources: {s: {host: h, tables: [a], lifecycle: {ignore_changes: [%s]}}}"
NOTED = TUNED % "{path: host, reason: tuned by DBA, until: 2026-12-31}"
LAST_DAY, NEXT_DAY = datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def tuned(text: str = TUNED % "host") -> World:
    world = World.applied(text)
    world.drift("sources.s", host="tuned")
    return world


def test_an_update_holds_the_live_value_and_the_record_takes_it() -> None:
    change = tuned().change((TUNED % "host").replace("[a]", "[b]"), "sources.s")
    assert change.desired == {"name": "s", "host": "tuned", "tables": ["b"]}
    assert change.applied == {"name": "s", "host": "tuned", "tables": ["b"]}
    assert change.ignored == (("host",),)


def test_a_record_takes_the_live_value_without_a_call() -> None:
    world = tuned()
    plan = world.make_plan(TUNED % "host")
    assert plan.empty
    assert plan.settled[address("sources.s")].applied == {"name": "s", "host": "tuned", "tables": ["a"]}


def test_what_is_compared_again_after_an_apply_is_a_change_of_the_file() -> None:
    world = tuned()
    world.apply(TUNED % "host")
    assert world.plan("sources: {s: {host: h, tables: [a]}}") == "~ sources.s\n    host: tuned -> h"


def test_a_field_that_was_left_out_while_it_was_ignored_is_the_services_own_from_then_on() -> None:
    world = tuned()
    world.apply("sources: {s: {tables: [a], lifecycle: {ignore_changes: [host]}}}")
    assert world.plan("sources: {s: {tables: [a]}}") == "nothing"


def test_a_secret_that_nobody_reads_keeps_its_digest() -> None:
    text = "sources: {s: {password: one, host: h, lifecycle: {ignore_changes: [password]}}}"
    world = World.applied(text)
    before = world.record("sources.s").applied["password"]
    assert isinstance(before, Sealed)
    change = world.change(text.replace("one", "other").replace("host: h", "host: i"), "sources.s")
    assert [one.path for one in change.fields] == [("host",)]
    assert change.applied["password"] is before


def test_a_secret_that_is_read_is_sealed_as_it_is_live() -> None:
    text = "sources: {s: {token: one, host: h, lifecycle: {ignore_changes: [token]}}}"
    world = World.applied(text)
    world.drift("sources.s", token="made-by-hand")
    change = world.change(text.replace("host: h", "host: i"), "sources.s")
    assert isinstance(change.applied["token"], Sealed)
    assert world.seal.matches(change.applied["token"], "made-by-hand").name == "SAME"
    assert "made-by-hand" not in repr(change)


def plan_at(world: World, text: str, now: datetime) -> tuple[str, list[str]]:
    plan = world.make_plan(text, Question(now=now))
    return in_short(plan), [f"{one.severity}: {one.code}: {one.message}" for one in plan.diagnostics]


def test_a_field_is_ignored_to_the_end_of_its_last_day() -> None:
    assert plan_at(tuned(NOTED), NOTED, LAST_DAY) == ("nothing", [])


def test_after_its_last_day_a_field_is_compared_again_with_a_warning() -> None:
    says = "host was ignored until 2026-12-31 (tuned by DBA), and is compared again"
    expected = ("~ sources.s\n    host: tuned -> h [drift]", [f"{Severity.WARNING}: ignore-expired: {says}"])
    assert plan_at(tuned(NOTED), NOTED, NEXT_DAY) == expected


DRIFTS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "what differs": (TUNED % "host", {"host": "tuned"}, ["host: tuned -> h [drift]"]),
    "not what is as the file says": (TUNED % "host", {}, []),
    "not what is compared": (TUNED % "host", {"tables": ["b"]}, []),
    "all of a resource": (TUNED.replace("[%s]", "all"), {"tables": ["b"]}, ["tables: [b] -> [a] [drift]"]),
    "not what is ignored no more": (NOTED, {"host": "tuned"}, []),
}


@pytest.mark.parametrize(("text", "drift", "expected"), DRIFTS.values(), ids=DRIFTS)
def test_ignored_drift_is(text: str, drift: dict[str, Any], expected: list[str]) -> None:
    world = World.applied(text)
    world.drift("sources.s", **drift)
    resource, record = configured(text).resources[address("sources.s")], world.record("sources.s")
    live = normal_live(resource.schema, world.live[address("sources.s")])
    desired = mask(resource.schema, configured(text).resolve(resource, lambda one: None))
    found = ignored_drift(resource, desired, record, live, world.seal, NEXT_DAY)
    assert [field_in_short(one) for one in found] == expected


def test_a_value_that_waits_for_a_new_resource_is_not_waited_for_where_it_is_ignored() -> None:
    text = "sources: {s: {config: {x: %s}, lifecycle: {ignore_changes: [config.x]}}%s}"
    world = World.applied(text % ("1", ""))
    assert world.plan(text % ("'{{ sources.new.id }}'", ", new: {}")) == "+ sources.new"
