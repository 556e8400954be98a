"""Every kind of the REST provider takes the walk, and survives a death at every effect, between the calls of one verb
too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase, walk
from stackfile.testing.deaths import kill_everywhere
from tests.conformance.peer_world import SETTINGS, PeerWorld

SOURCE = {"connector": "postgres", "host": "db"}
ENDS = {"sources.orders": SOURCE, "destinations.lake": {"bucket": "s3://lake"}}

CASES = [
    KindCase(
        "sources.pg",
        {**SOURCE, "password": "hunter22-first", "tables": ["b", "a"], "port": 6000},
        changes={"port": 6432, "host": "db2", "heartbeat": False, "tables": ["a", "b", "c"], "name": "pg-2"},
        replacing={"connector": "mysql"},
        rotated={"password": "hunter22-second"},
        unset={"port": 5432},
    ),
    KindCase(
        "destinations.lake",
        {"bucket": "s3://lake", "options": {"a": "1", "b": "2"}, "columns": [{"name": "id", "type": "int"}]},
        changes={"bucket": "s3://other", "format": "csv", "options.a": "3"},
        unset={"options.b": None},
    ),
    KindCase(
        "pipelines.orders",
        {"source": "sources.orders", "sink": "destinations.lake", "filter": "total > 1", "max_rate": 500},
        changes={"filter": "total > 2", "sink": "destinations.other"},
        unset={"filter": None, "max_rate": 1000},
        needs={**ENDS, "destinations.other": {"bucket": "s3://other"}},
    ),
]


@pytest.fixture
def fresh(new_folder: Callable[[], Path]) -> Callable[[], World]:
    return lambda: PeerWorld(new_folder()).world


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_walk(case: KindCase, fresh: Callable[[], World]) -> None:
    assert asyncio.run(walk(fresh, case))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_death_at_any_effect_loses_nothing(case: KindCase, fresh: Callable[[], World]) -> None:
    assert asyncio.run(kill_everywhere(fresh, case)) > 40


def test_settings_that_are_secret_are_in_no_file(fresh: Callable[[], World]) -> None:
    world = fresh()
    asyncio.run(walk(lambda: world, CASES[0]))
    assert str(SETTINGS["secret"]).encode() not in world.kept()
