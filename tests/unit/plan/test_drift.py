"""What counts as drift: live against applied, whatever the stackfile says now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Ignored
from stackfile.plan.drift import Drift, Looking, Unmanaged, find_drift, with_causes
from stackfile.plan.known import Known
from stackfile.plan.plan import PendingIntent
from stackfile.plan.select import Selection
from stackfile.state.format import Hold
from stackfile.values import print_path
from tests.unit.plan.world import CATALOG, World, address, seal_of, value_in_short

SHOP = """
streams: {clicks: {partitions: 3, labels: {team: web}}, views: {}}
sources:
  pg: {host: db, tables: [a, b], password: pw-one, token: token-one, stream: streams.clicks}
destinations: {lake: {path: /lake}}
pipelines: {flow: {source: sources.pg, destination: destinations.lake}}
"""


def drift(world: World, target: str = "", exclude: str = "", key: bytes = b"k" * 32, **more: Any) -> Drift:
    known = Known(world.state, world.observed, CATALOG)
    selection = Selection(tuple(target.split()), tuple(exclude.split()))
    return find_drift(known, seal_of(key), Looking(selection, **more))


def told(found: Drift) -> str:
    """A line a resource and one a field, from applied to live."""
    lines = []
    for one in found.drifted:
        lines.append(f"{'lost' if one.lost else 'changed'} {one.address}: repair {one.repair.impact}")
        for field in one.repair.fields:
            turn = f"{value_in_short(field.after)} -> {value_in_short(field.before)}"
            lines.append(f"    {print_path(field.path)}: {turn}")
    return "\n".join(lines) or "nothing"


def test_what_nobody_touched_has_not_drifted() -> None:
    found = drift(World.applied(SHOP))
    assert (told(found), found.fingerprint, found.resources, found.complete) == ("nothing", "", 5, True)


def test_a_field_that_moved_is_told_from_applied_to_live_with_what_repair_does() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", partitions=2, note="theirs")
    world.drift("sources.pg", tables=["b", "a"], host="other", endpoint="elsewhere")
    assert told(drift(world)) == (
        "changed sources.pg: repair none\n    host: db -> other\n"
        "changed streams.clicks: repair restart\n    partitions: 3 -> 2"
    )


def test_repair_that_only_a_new_object_can_do_is_a_replacement() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", partitions=5)
    world.drift("destinations.lake", path="/other")
    found = drift(world)
    assert told(found) == (
        "changed destinations.lake: repair reprocess\n    path: /lake -> /other\n"
        "changed streams.clicks: repair data_loss\n    partitions: 3 -> 5"
    )
    assert all(field.forces_replacement for one in found.drifted for field in one.repair.fields)


def test_a_field_that_was_taken_away_and_a_reference_that_was_turned_are_drift() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", labels={})
    world.drift("pipelines.flow", destination="id-other")
    assert told(drift(world)) == (
        "changed pipelines.flow: repair none\n    destination: id-destinations.lake -> id-other\n"
        "changed streams.clicks: repair none\n    labels.team: web -> unset"
    )


def test_what_is_gone_is_lost() -> None:
    world = World.applied(SHOP)
    world.lose("sources.pg")
    found = drift(world)
    assert told(found) == "lost sources.pg: repair none"
    assert found.drifted[0].repair.reason_says == "gone outside the stackfile (it was id-sources.pg)"


def test_what_is_lost_is_told_with_the_cause_that_its_provider_names() -> None:
    world = World.applied(SHOP)
    world.lose("sources.pg")
    world.drift("streams.clicks", partitions=2)
    found = with_causes(drift(world), {"cloud": "restarted 12 minutes ago"})
    assert [one.repair.reason_says for one in found.drifted] == ["restarted 12 minutes ago", ""]
    assert with_causes(drift(world), {"cloud": ""}) == drift(world)


def test_a_secret_that_is_read_back_is_compared_and_never_shown_and_one_that_is_not_cannot_drift() -> None:
    world = World.applied(SHOP)
    world.drift("sources.pg", token="token-two", password="pw-two")
    found = drift(world)
    assert told(found) == "changed sources.pg: repair none\n    token: (sealed) -> (sensitive)"
    assert "token-two" not in repr(found)


def test_a_run_state_that_is_held_is_no_drift_and_is_listed() -> None:
    world = World.applied(SHOP)
    hold = Hold("paused", "INC-1", "ana", datetime(2026, 11, 21, 9, tzinfo=UTC))
    world.rewrite("streams.clicks", hold=hold)
    found = drift(world)
    assert (told(found), dict(found.held)) == ("nothing", {address("streams.clicks"): hold})
    over = drift(world, now=datetime(2026, 11, 21, 9, 1, tzinfo=UTC))
    assert (told(over), dict(over.held)) == ("nothing", {})


def test_what_is_looked_up_is_not_counted_as_unmanaged() -> None:
    world = World.applied(SHOP)
    world.meet("sources", "foreign-1", name="theirs")
    key = ("cloud", "sources", "source")
    assert [one.id for one in drift(world, looked_up={key: {"foreign-1"}}).unmanaged] == []
    text = "streams: {clicks: {existing: {name: theirs}}}"
    other = World()
    other.meet("streams", "stream:theirs", name="theirs")
    other.meet("streams", "stream:others", name="others")
    assert other.make_plan(text).unmanaged == {"cloud": 1}


def test_what_is_in_no_record_is_not_managed() -> None:
    world = World.applied(SHOP)
    world.meet("sources", "foreign-1", name="theirs")
    world.meet("sources", "foreign-2")
    assert drift(world).unmanaged == (
        Unmanaged("cloud", "cloud", "sources", "source", "theirs", "foreign-1"),
        Unmanaged("cloud", "cloud", "sources", "source", "", "foreign-2"),
    )


def test_a_resource_with_an_open_intent_is_left_to_apply() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", partitions=2)
    intent = PendingIntent(address("streams.clicks"), "update", "no recorded answer")
    found = drift(world, pending=(intent,))
    assert (told(found), found.pending) == ("nothing", (intent,))


def test_a_selection_compares_just_what_it_names() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", partitions=2)
    world.drift("sources.pg", host="other")
    world.lose("streams.views")
    assert told(drift(world, target="sources.pg")) == "changed sources.pg: repair none\n    host: db -> other"
    assert told(drift(world, target="streams.*", exclude="streams.views")).startswith("changed streams.clicks")
    assert not drift(world, target="sources.pg").complete
    with pytest.raises(DiagnosticError, match=r"sources\.pq matches no resource"):
        drift(world, exclude="sources.pq")


def test_a_provider_that_does_not_answer_has_not_lost_anything() -> None:
    world = World.applied(SHOP)
    world.silence("cloud")
    found = drift(world)
    assert (told(found), found.resources, found.complete) == ("nothing", 0, False)
    assert [len(one.addresses) for one in found.skipped] == [5]


def test_a_fingerprint_is_the_same_as_long_as_the_drift_is_and_keyed() -> None:
    world = World.applied(SHOP)
    world.drift("streams.clicks", partitions=2)
    first = drift(world)
    world.drift("sources.pg", token="token-two")
    second = drift(world)
    world.drift("sources.pg", token="token-three")
    third = drift(world)
    assert first == replace(drift(World.applied(SHOP)), drifted=first.drifted, fingerprint=first.fingerprint)
    assert drift(world) == third
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3
    assert drift(world, key=b"another key of 32 bytes at least").fingerprint != third.fingerprint
    digests = [{one.address.key: one.digest for one in found.drifted} for found in (first, second, third)]
    assert digests[0]["clicks"] == digests[1]["clicks"] == digests[2]["clicks"]
    assert digests[1]["pg"] != digests[2]["pg"]


def test_what_is_ignored_is_told_apart() -> None:
    world = World.applied(SHOP)
    world.drift("sources.pg", host="other", tables=["a"])
    world.drift("streams.clicks", labels={"team": "shop"})
    rules = {address("sources.pg"): [Ignored(("host",), "theirs")], address("streams.clicks"): [Ignored(("labels",))]}
    found = drift(world, ignored=rules)
    assert told(found) == "changed sources.pg: repair reprocess\n    tables: [a, b] -> [a]"
    assert [(str(one.address), print_path(one.field.path), one.rule.reason) for one in found.ignored] == [
        ("sources.pg", "host", "theirs"),
        ("streams.clicks", "labels.team", ""),
    ]
