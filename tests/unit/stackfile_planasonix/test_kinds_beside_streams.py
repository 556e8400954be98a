"""What is odd about connections, pipelines, credentials, schedules and triggers, as a stack meets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackfile.engine.exporter import look_at_everything
from stackfile.errors import Conflict, DiagnosticError, Rejected
from stackfile.plan.plan import Plan
from stackfile.report.plan_text import plan_text
from stackfile.testing.cases import NoJournal
from stackfile.values import Tree, Value
from stackfile_planasonix.simulator.workspace import Stored
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

POSTGRES: Tree = {"name": "pg", "type": "postgres", "config": {"host": "db.example.com"}}
SHOP: Tree = {"type": "project"}
ORDERS: Tree = {"project": "resources.shop", "nodes": [{"id": "in", "type": "source.postgres"}]}
NIGHTLY: Tree = {"type": "schedule", "pipeline": "pipelines.orders", "cron": "0 2 * * *", "timezone": "UTC"}
SIGN_IN: Tree = {"type": "credential", "credential_type": "database", "config": {"password": "hunter22"}}
PIPELINE: dict[str, Tree] = {"resources.shop": SHOP, "pipelines.orders": ORDERS}


def changing(at: Operated) -> list[str]:
    """The changing calls since `forget`, without ids."""
    return [f"{one.method} {one.template}" for one in at.service.calls.made if one.method != "GET"]


def only(at: Operated, shelf: str) -> Stored:
    (found,) = at.workspace.shelf(shelf)
    return found


def fields(plan: Plan) -> list[tuple[str, str]]:
    return [(str(change.address), ".".join(map(str, one.path))) for change in plan.changes for one in change.fields]


@pytest.mark.parametrize("mask", ["", "****"], ids=["left out", "masked"])
def test_a_secret_of_a_connection_is_sent_each_time_and_compared_by_what_was_sent(mask: str, tmp_path: Path) -> None:
    def body(secret: str, **more: Any) -> dict[str, Tree]:
        secrets = {"password": "plain-1", "sasl.password": f"{{{{ sensitive('{secret}') }}}}"}
        return {"sources.pg": {**POSTGRES, "config": {"host": "db.example.com", **secrets}, **more}}

    async def story(at: Operated) -> None:
        at.workspace.mask = mask
        await at.bench.apply(body("hunter22"))
        assert (await at.bench.plan(body("hunter22"))).empty
        assert fields(await at.bench.plan(body("hunter33"))) == [("sources.pg", "config.sasl.password")]
        await at.bench.apply(body("hunter22", name="pg-2"))
        sent = {"host": "db.example.com", "password": "plain-1", "sasl.password": "hunter22"}
        assert only(at, "connections").fields["config"] == at.service.bodies[-1]["config"] == sent
        kept = at.bench.world.kept()
        assert b"plain-1" not in kept
        assert b"hunter22" not in kept

    operated(tmp_path, story)


def test_by_their_category_sources_are_told_from_destinations(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        for sees, listed in ((True, {"sources": ["in"], "destinations": ["out"]}), (False, {})):
            at.workspace.as_client_sees = sees
            stack = {"sources.i": {**POSTGRES, "name": "in"}, "destinations.o": {**POSTGRES, "name": "out"}}
            await at.bench.apply(stack)
            for section, kind in (("sources", "source"), ("destinations", "destination")):
                names = [one.fields["name"] for one in await (await at.bench.kind_named(section, kind)).list_all()]
                assert sorted(map(str, names)) == listed.get(section, ["in", "out"])
            assert not (await at.bench.plan(stack)).unmanaged
            at.workspace.add("connections", "conn", {"name": f"theirs-{sees}", "type": "s3", "config": {}})
            only_of = [one for one in at.workspace.shelf("connections") if one.name.startswith("theirs")]
            only_of[0].fields |= {"category": None, "credentialId": None}
            assert dict((await at.bench.plan(stack)).unmanaged) == {"planasonix": 1}
            await at.bench.apply({})
            at.workspace.shelf("connections").remove(only_of[0].id)

    operated(tmp_path, story)


def test_a_connection_that_may_be_both_is_exported_once(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        stack = {"sources.i": {**POSTGRES, "name": "in"}, "destinations.o": {**POSTGRES, "name": "out"}}
        await at.bench.apply(stack)
        at.workspace.add("connections", "conn", {"name": "theirs", "type": "s3", "category": None, "config": {}})
        found = await look_at_everything(at.bench.stack(stack), ["planasonix"])
        assert sorted((one.kind.section, one.name, one.managed) for one in found) == [
            ("destinations", "out", True),
            ("sources", "in", True),
            ("sources", "theirs", False),
        ]

    operated(tmp_path, story)


def test_a_destination_is_no_source_by_its_id_where_it_says_what_it_is(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        at.workspace.as_client_sees = True
        await at.bench.apply({"destinations.o": POSTGRES})
        id = only(at, "connections").id
        found = [
            await (await at.bench.kind_named(f"{kind}s", kind)).read(id) is not None
            for kind in ("source", "destination")
        ]
        assert found == [False, True]

    operated(tmp_path, story)


def test_params_are_sent_where_a_first_connection_shows_them(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        at.workspace.as_client_sees = True
        await at.bench.apply({"sources.pg": POSTGRES})
        assert changing(at) == ["POST /api/connections", "PUT /api/connections/{id}"]
        assert only(at, "connections").fields["config"] == {"host": "db.example.com"}
        await at.bench.apply({"sources.pg": POSTGRES, "sources.more": {**POSTGRES, "name": "more"}})
        assert changing(at)[2:] == ["POST /api/connections"]

    operated(tmp_path, story)


def test_each_thing_that_changes_of_a_pipeline_has_its_call(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        other = {**PIPELINE, "resources.other": SHOP}
        await at.bench.apply(other)
        at.forget()
        moved: Tree = {
            "name": "orders-2",
            "project": "resources.other",
            "folder": "fld_1",
            "status": "active",
            "nodes": [{"id": "in", "type": "source.kafka"}],
        }
        await at.bench.apply({**other, "pipelines.orders": moved})
        calls = ("PUT {id}", "PATCH {id}/rename", "PATCH {id}/move", "PATCH {id}/status")
        assert changing(at) == [one.replace(" ", " /api/pipelines/") for one in calls]
        at.forget()
        await at.bench.apply({**other, "pipelines.orders": {**moved, "status": "archived"}})
        assert changing(at) == ["PATCH /api/pipelines/{id}/status"]

    operated(tmp_path, story)


def test_what_is_in_the_trash_is_gone(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        stack: dict[str, Tree] = {**PIPELINE, "resources.sign_in": SIGN_IN}
        await at.bench.apply(stack)
        ids = [only(at, shelf).id for shelf in ("pipelines", "credentials")]
        kinds = [
            await at.bench.kind_named("pipelines", "pipeline"),
            await at.bench.kind_named("resources", "credential"),
        ]
        for kind, id in zip(kinds, ids, strict=True):
            live = await kind.read(id)
            assert live is not None
            await kind.delete(live, NoJournal())
            assert await kind.read(id) is None
        assert sorted(at.workspace.trash) == sorted(ids)
        plan = await at.bench.plan(stack)
        assert {str(change.address) for change in plan.changes} == {"pipelines.orders", "resources.sign_in"}

    operated(tmp_path, story)


def test_a_refused_delete_says_what_may_be_in_the_way(tmp_path: Path) -> None:
    async def refused(at: Operated, section: str, name: str, shelf: str) -> str:
        kind = await at.bench.kind_named(section, name)
        live = await kind.read(only(at, shelf).id)
        assert live is not None
        with pytest.raises(Conflict) as caught:
            await kind.delete(live, NoJournal())
        return str(caught.value).partition("; ")[2]

    async def story(at: Operated) -> None:
        reads: Value = [{"id": "in", "type": "source.postgres", "config": {"connectionId": "{{ sources.pg.id }}"}}]
        stack = {**PIPELINE, "sources.pg": POSTGRES, "pipelines.orders": {**ORDERS, "nodes": reads}}
        await at.bench.apply(stack)
        at.workspace.promoted.add(only(at, "pipelines").id)
        in_the_way = {
            "sources": await refused(at, "sources", "source", "connections"),
            "pipelines": await refused(at, "pipelines", "pipeline", "pipelines"),
            "projects": await refused(at, "resources", "project", "projects"),
        }
        assert in_the_way == {
            "sources": "a pipeline or a stream that this stack does not have may use it: take it out of that first",
            "pipelines": "a pipeline that is promoted has to be unpromoted in the console first",
            "projects": "pipelines that this stack does not have may be in it: move or delete them first",
        }

    operated(tmp_path, story)


def test_an_update_of_a_schedule_blanks_nothing(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        await at.bench.apply({**PIPELINE, "resources.nightly": NIGHTLY})
        only(at, "schedules").fields["frequency"] = "daily"
        at.forget()
        await at.bench.apply({**PIPELINE, "resources.nightly": {**NIGHTLY, "cron": "30 1 * * *"}})
        assert changing(at) == ["PUT /api/schedules/{id}"]
        pipeline = only(at, "pipelines").id
        whole = {"cronExpression": "30 1 * * *", "timezone": "UTC", "frequency": "daily", "enabled": True}
        sent = [body for body in at.service.bodies if body is not None][-1]
        assert sent == {**whole, "pipelineId": pipeline}
        assert only(at, "schedules").fields["frequency"] == "daily"

    operated(tmp_path, story)


def test_a_schedule_is_switched_by_a_call_of_its_own(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        await at.bench.apply({**PIPELINE, "resources.nightly": NIGHTLY})
        at.forget()
        await at.bench.apply({**PIPELINE, "resources.nightly": {**NIGHTLY, "active": False}})
        assert changing(at) == ["POST /api/schedules/{id}/disable"]
        at.forget()
        both = {**NIGHTLY, "active": True, "cron": "30 1 * * *"}
        await at.bench.apply({**PIPELINE, "resources.nightly": both})
        assert changing(at) == ["PUT /api/schedules/{id}", "POST /api/schedules/{id}/enable"]
        at.forget()
        await at.bench.apply({**PIPELINE, "resources.nightly": NIGHTLY})
        assert changing(at) == ["PUT /api/schedules/{id}"]
        assert only(at, "schedules").fields["enabled"] is True

    operated(tmp_path, story)


def test_a_cron_expression_of_six_fields_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        with pytest.raises(DiagnosticError, match=r"should have 5 fields .* and has 6"):
            await at.bench.plan({**PIPELINE, "resources.nightly": {**NIGHTLY, "cron": "0 0 2 * * *"}})

    operated(tmp_path, story)


def test_a_trigger_is_made_with_its_config_beside_the_rest_and_changed_with_it_within(tmp_path: Path) -> None:
    def trigger(prefix: str) -> Tree:
        config = {"bucket": "landing", "prefix": prefix}
        where: Tree = {"pipeline": "pipelines.orders", "connection": {"id": "conn_1"}}
        return {"type": "trigger", "trigger_type": "s3", **where, "config": config}

    async def story(at: Operated) -> None:
        await at.bench.apply({**PIPELINE, "resources.landing": trigger("daily/")})
        await at.bench.apply({**PIPELINE, "resources.landing": trigger("hourly/")})
        made, changed = [body for body in at.service.bodies if isinstance(body, dict) and body.get("name") == "landing"]
        shared = {"name": "landing", "connectionId": "conn_1"}
        of_s3 = {"bucket": "landing", "prefix": "daily/"}
        assert made == {**shared, "triggerType": "s3", "pipelineId": only(at, "pipelines").id, **of_s3}
        assert changed == {**shared, "enabled": True, "config": {"bucket": "landing", "prefix": "hourly/"}}

    operated(tmp_path, story)


def test_a_stream_of_a_pipeline_that_does_not_exist_is_refused_where_pipelines_are_known(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        await at.bench.apply(PIPELINE)
        applied = await at.bench.attempt({**PIPELINE, "streams.a": stream("a")})
        (error,) = [one.error for one in applied.reports.values() if one.error is not None]
        assert isinstance(error, Rejected)
        assert "pipeline pl_1 does not exist" in str(error)

    operated(tmp_path, story)


def test_a_plan_says_what_deleting_and_pausing_mean(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        active: dict[str, Tree] = {"resources.shop": SHOP, "pipelines.orders": {**ORDERS, "status": "active"}}
        await at.bench.apply({**active, "resources.sign_in": SIGN_IN})
        said = plan_text(await at.bench.plan({**active, "pipelines.orders": {**ORDERS, "status": "paused"}}))
        assert "Nothing runs it while it is paused." in said
        assert "It goes to the trash: what still uses it may fail" in " ".join(said.split())

    operated(tmp_path, story)
