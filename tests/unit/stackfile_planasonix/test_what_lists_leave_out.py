"""Lists that leave out what was configured: each object that a stack has, looks up or imports is read by its id, and
nothing that others have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stackfile.address import Address
from stackfile.engine.importer import import_one
from stackfile.language.moved import Import
from stackfile.plan.plan import Plan
from stackfile.values import Tree
from tests.unit.stackfile_planasonix.in_operation import ANA, Operated, operated

POSTGRES: Tree = {"type": "postgres", "config": {"host": "db.example.com"}}
PROJECT: Tree = {"type": "project"}
GRAPH: Tree = {"project": "resources.shop", "nodes": [{"id": "in", "type": "source.postgres"}]}
OURS: Mapping[str, Tree] = {
    "sources.pg": {**POSTGRES, "name": "pg"},
    "destinations.lake": {"type": "s3", "config": {"bucket": "lake"}, "name": "lake"},
    "pipelines.orders": {**GRAPH, "name": "orders"},
    "resources.shop": PROJECT,
    "resources.landing": {
        "type": "trigger",
        "pipeline": "pipelines.orders",
        "trigger_type": "s3",
        "connection": "sources.pg",
        "config": {"bucket": "landing"},
    },
}
LOOKED_UP: Mapping[str, Tree] = {
    "sources.theirs": {"existing": {"name": "theirs-3"}},
    "sources.pg": {"type": "postgres", "config": {"host": "{{ sources.theirs.config.host }}"}},
}


def others(at: Operated, number: int) -> None:
    """What somebody else has in the workspace."""
    for n in range(number):
        name = f"theirs-{n}"
        connection = {"type": "postgres", "category": None, "credentialId": None, "config": {"host": f"db-{n}"}}
        at.workspace.add("connections", "conn", {"name": name, **connection})
        pipeline: Tree = {"projectId": "prj", "folderId": None, "nodes": [], "edges": [], "status": "draft"}
        at.workspace.add("pipelines", "pl", {"name": name, **pipeline})


def read(at: Operated) -> dict[str, int]:
    """The calls by id."""
    return {route: number for (method, route), number in at.asked.items() if method == "GET" and "{id}" in route}


def changes(plan: Plan) -> list[tuple[str, str]]:
    return [(str(change.address), ".".join(map(str, one.path))) for change in plan.changes for one in change.fields]


@pytest.mark.parametrize(
    ("outlines", "expected"),
    [
        (True, {"/api/connections/{id}": 2, "/api/pipelines/{id}": 1, "/api/triggers/{id}": 1}),
        (False, {}),
    ],
    ids=["lists of outlines", "lists of whole objects"],
)
def test_a_plan_reads_what_the_stack_has_and_nothing_that_others_have(
    outlines: bool, expected: Mapping[str, int], tmp_path: Path
) -> None:
    async def story(at: Operated) -> None:
        others(at, 30)
        await at.bench.apply(OURS)
        at.workspace.outlines = outlines
        at.forget()
        plan = await at.bench.plan(OURS)
        assert plan.empty
        assert dict(plan.unmanaged) == {"planasonix": 60}
        assert read(at) == expected

    operated(tmp_path, story)


def test_what_somebody_changed_is_found_in_what_a_list_leaves_out(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        await at.bench.apply(OURS)
        for shelf, field in (("connections", "config"), ("pipelines", "nodes"), ("triggers", "config")):
            next(iter(at.workspace.shelf(shelf))).fields[field] = (
                [] if field == "nodes" else {"host": "h", "bucket": "b"}
            )
        assert changes(await at.bench.plan(OURS)) == [
            ("sources.pg", "config.host"),
            ("pipelines.orders", "nodes"),
            ("resources.landing", "config.bucket"),
        ]

    operated(tmp_path, story)


def test_what_is_looked_up_is_read_whole(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        others(at, 5)
        await at.bench.apply(LOOKED_UP)
        (ours,) = [one for one in at.workspace.shelf("connections") if one.name == "pg"]
        assert ours.fields["config"] == {"host": "db-3"}
        at.forget()
        assert (await at.bench.plan(LOOKED_UP)).empty
        assert read(at) == {"/api/connections/{id}": 2}

    operated(tmp_path, story)


@pytest.mark.parametrize("by_name", [False, True], ids=["by its id", "by its name"])
def test_what_is_imported_is_read_whole(by_name: bool, tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        others(at, 5)
        (theirs,) = [one for one in at.workspace.shelf("connections") if one.name == "theirs-3"]
        stack: Mapping[str, Tree] = {"sources.pg": {"name": "theirs-3", "type": "postgres", "config": {"host": "db-3"}}}
        at.forget()
        to = Address.parse("sources.pg")
        one = Import(to, "", "theirs-3") if by_name else Import(to, theirs.id)
        record = await import_one(at.bench.stack(stack), one, ANA)
        assert record is not None
        assert record.applied["config"] == {"host": "db-3"}
        assert read(at) == {"/api/connections/{id}": 1}
        assert (await at.bench.plan(stack)).empty

    operated(tmp_path, story)
