"""Every kind of the REST provider takes the walk, and survives a death at every effect, between the calls of one verb
too."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stackfile.testing.bench import World
from stackfile.testing.conformance import KindCase, walk
from stackfile.testing.kit import conformance
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
        thirds={"port": 7000, "host": "db3", "tables": ["z"]},
        page=100,
    ),
    KindCase(
        "destinations.lake",
        {"bucket": "s3://lake", "options": {"a": "1", "b": "2"}, "columns": [{"name": "id", "type": "int"}]},
        changes={"bucket": "s3://other", "format": "csv", "options.a": "3"},
        unset={"options.b": None},
        thirds={"bucket": "s3://third", "options.a": "4"},
        page=100,
    ),
    KindCase(
        "pipelines.orders",
        {"source": "sources.orders", "sink": "destinations.lake", "filter": "total > 1", "max_rate": 500},
        changes={"filter": "total > 2", "sink": "destinations.other"},
        unset={"filter": None, "max_rate": 1000},
        needs={**ENDS, "destinations.other": {"bucket": "s3://other"}},
        thirds={"filter": "total > 3"},
        page=100,
    ),
]


def world(folder: Path) -> World:
    return PeerWorld(folder).world


TestPeer = conformance(world, CASES)


def test_settings_that_are_secret_are_in_no_file(tmp_path: Path) -> None:
    only = world(tmp_path)
    asyncio.run(walk(lambda: only, CASES[0]))
    assert str(SETTINGS["secret"]).encode() not in only.kept()
