"""Every endpoint beside those of streams that the page on Planasonix names is asked by some kind, and none besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from stackfile.values import Tree
from tests.unit.stackfile_planasonix.in_operation import Operated, operated
from tests.unit.stackfile_planasonix.test_every_endpoint_of_planasonix import PAGE

GRAPH: Tree = {
    "nodes": [{"id": "in", "type": "source.postgres"}, {"id": "out", "type": "destination.s3"}],
    "edges": [{"source": "in", "target": "out"}],
}
BEFORE: Mapping[str, Tree] = {
    "sources.pg": {"type": "postgres", "config": {"host": "db"}, "credential": "resources.login"},
    "destinations.lake": {"type": "s3", "config": {"bucket": "lake"}},
    "pipelines.orders": {"project": "resources.shop", **GRAPH},
    "resources.shop": {"type": "project"},
    "resources.other": {"type": "project"},
    "resources.login": {"type": "credential", "credential_type": "database", "config": {"username": "cdc"}},
    "resources.nightly": {
        "type": "schedule",
        "pipeline": "pipelines.orders",
        "cron": "0 2 * * *",
        "timezone": "UTC",
        "active": True,
    },
    "resources.landing": {
        "type": "trigger",
        "pipeline": "pipelines.orders",
        "trigger_type": "s3",
        "connection": "sources.pg",
        "config": {"bucket": "landing"},
        "active": True,
    },
}
EDITS: Mapping[str, Tree] = {
    "sources.pg": {"config": {"host": "db2"}},
    "pipelines.orders": {
        "name": "orders-2",
        "project": "resources.other",
        "status": "active",
        "edges": [{"source": "in", "target": "out", "port": "errors"}],
    },
    "resources.shop": {"description": "what is sold"},
    "resources.login": {"name": "login-2"},
    "resources.nightly": {"cron": "30 2 * * *", "active": False},
    "resources.landing": {"config": {"bucket": "landing", "prefix": "daily/"}, "active": False},
}


def test_every_endpoint_of_the_neighbours_is_asked(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        changed = {address: {**body, **EDITS.get(address, {})} for address, body in BEFORE.items()}
        switched = {
            **changed,
            **{one: {**changed[one], "active": True} for one in ("resources.nightly", "resources.landing")},
        }
        for resources in (BEFORE, changed, switched, {}):
            await at.bench.apply(resources)
        rows = re.findall(r"(?m)^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \|", PAGE.read_text("utf-8"))
        asked = {f"{call.method} {_shape(call.path)}" for call in at.service.calls.made if call.status in (200, 201)}
        assert {one for one in asked if "/api/streams" not in one} == {one for one in rows if "/api/streams" not in one}

    operated(tmp_path, story)


def _shape(path: str) -> str:
    return re.sub(r"(?<=/)(?:conn|pl|prj|cred|sch|trg)_\w+", "{id}", path)
