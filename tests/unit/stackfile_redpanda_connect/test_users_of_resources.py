"""A plan that changes a resource says which streams and pipelines use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.plan.plan import Plan
from stackfile.report.plan_text import plan_text
from stackfile.values import Tree
from tests.unit.stackfile_redpanda_connect.engine_room import DROP, TICKS, Room, config, streams

SEEN: Mapping[str, Tree] = {"resources.seen": {"type": "cache", "config": {"memory": {"default_ttl": "5m"}}}}
OTHER: Mapping[str, Tree] = {"resources.seen": {"type": "cache", "config": {"memory": {"default_ttl": "9m"}}}}
DEDUPE: Tree = {"dedupe": {"cache": "seen", "key": "k"}}
USERS: Mapping[str, Tree] = {
    **streams(orders=config(pipeline={"processors": [DEDUPE]}), other=config()),
    "sources.in": {"config": {**TICKS, "processors": [{"resource": "once"}]}},
    "destinations.out": {"config": DROP},
    "pipelines.clicks": {"source": "sources.in", "destination": "destinations.out"},
    "resources.once": {"type": "processor", "config": DEDUPE},
}
USED = "Used by pipelines.clicks, streams.orders: this restarts no stream, and the next event meets the new one."


def says(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    return {str(one.address): one.impact_says for one in plan.changes}


def test_streams_that_use_a_changed_resource_are_named_however_they_come_by_it(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.apply({**SEEN, **USERS})
    plan = room.plan({**OTHER, **USERS})
    assert says(plan) == {
        "resources.seen": (
            "The cache is made anew, and what it holds in memory is forgotten: a dedupe lets through what it had seen.",
            USED,
        )
    }
    assert USED in " ".join(plan_text(plan).split())
    room.apply({**OTHER, **USERS})
    assert room.engine.starts == {"orders": 1, "other": 1, "clicks": 1}


def test_streams_that_name_a_resource_that_goes_are_named(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.apply({**SEEN, **USERS})
    assert says(room.plan(USERS))["resources.seen"][1:] == (USED,)
