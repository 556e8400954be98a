"""A whole workspace of Planasonix comes under a stackfile by an export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from stackfile.address import Address
from stackfile.engine.preview import preview
from stackfile.plan.plan import Action
from stackfile.plan.question import Question
from stackfile.values import Tree, Value
from tests.unit.stackfile_planasonix.in_operation import Operated, operated
from tests.unit.stackfile_planasonix.taking_over import applied, changed, exported, reloaded

SECRETS = ("hunter22-of-the-login", "hunter22-of-the-database")


def workspace() -> Mapping[str, Tree]:
    """120 objects: 4 projects, 6 credentials, 20 sources, 10 destinations, 24 pipelines, 48 streams, 4 schedules, 4
    triggers."""
    found: dict[str, Tree] = {}
    for n in range(4):
        found[f"resources.p{n}"] = {"type": "project", "name": f"project-{n}", "description": "of the shop"}
    for n in range(6):
        login: Tree = {"credential_type": "database", "config": {"username": "cdc", "password": SECRETS[0]}}
        found[f"resources.c{n}"] = {"type": "credential", "name": f"login-{n}", **login}
    for n in range(20):
        reached: Value = {"host": f"db{n}.example.com", "port": 5432, "password": SECRETS[1]}
        with_login: Tree = {"credential": f"resources.c{n % 6}"} if n % 2 else {}
        found[f"sources.s{n}"] = {"type": "postgres", "name": f"db-{n}", "config": reached, **with_login}
    for n in range(10):
        found[f"destinations.d{n}"] = {"type": "s3", "name": f"lake-{n}", "config": {"bucket": f"lake-{n}"}}
    for n in range(24):
        nodes: Value = [{"id": "in", "type": "source.stream"}, {"id": "out", "type": "destination.s3"}]
        graph: Tree = {"nodes": nodes, "edges": [{"source": "in", "target": "out"}]}
        status: Tree = {"status": "active"} if n % 3 else {}
        found[f"pipelines.l{n}"] = {"name": f"pipeline-{n}", "project": f"resources.p{n % 4}", **graph, **status}
    for n in range(48):
        ends: Tree = {"pipeline": f"pipelines.l{n % 24}", "connection": f"sources.s{n % 20}"}
        state: Tree = {"status": "paused"} if n % 5 == 0 else {}
        config: Value = {"slot_name": f"slot_{n}"}
        found[f"streams.r{n}"] = {"name": f"stream-{n}", "source_type": "mysql_cdc", **ends, "config": config, **state}
    for n in range(4):
        runs: Tree = {"pipeline": f"pipelines.l{n}"}
        found[f"resources.h{n}"] = {"type": "schedule", **runs, "cron": f"{n} 2 * * *", "timezone": "UTC"}
        watched: Tree = {"trigger_type": "s3", "connection": f"sources.s{n}", "config": {"bucket": "landing"}}
        found[f"resources.t{n}"] = {"type": "trigger", "name": f"trigger-{n}", **runs, **watched}
    return found


def test_a_workspace_of_120_objects_is_exported_imported_and_nothing_is_left_to_plan(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        wanted = workspace()
        assert len(wanted) == 120
        await at.bench.apply(wanted)
        stack = at.bench.stack({})
        at.forget()
        text, imports = await exported(stack)
        assert imports.count("- ") == 120
        assert text.count("Not returned by the service: connection, config.") == 48
        assert "pipeline: pipelines.pipeline_7\n" in text
        assert not any(secret in text + imports for secret in SECRETS)

        everything = reloaded(stack, tmp_path / "new", text, imports)
        planned = (await preview(everything, Question())).plan
        assert len(planned.imports) == 120
        assert [str(one.address) for one in planned.changes if one.action is not Action.NO_OP] == []
        await applied(everything)
        assert (await preview(everything, Question())).plan.empty
        assert changed(at) == []

    operated(tmp_path, story)


def test_a_connection_that_may_be_a_source_or_a_destination_is_exported_once(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        await at.bench.apply({"destinations.lake": {"type": "s3", "config": {"bucket": "lake"}}})
        assert await sections_of("lake", at) == ["destinations"]
        await at.bench.forget(Address.parse("destinations.lake"))
        assert await sections_of("lake", at) == ["sources"]

    operated(tmp_path, story)


async def sections_of(key: str, at: Operated) -> list[str]:
    """Where an export has it."""
    text, _ = await exported(at.bench.stack({}))
    return re.findall(rf"(?m)^(\w+):\n  {key}:$", text)
