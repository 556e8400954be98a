"""The provider against the simulated service: credentials, names that are taken, what is in use, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.errors import AuthFailed, Conflict, DiagnosticError, Rejected
from stackfile.events import StageWaiting
from stackfile.testing.cases import NoJournal
from stackfile.testing.simulator import Fault
from stackfile.values import Tree
from stackfile_streamkap.kinds.pipeline import Pipeline
from stackfile_streamkap.kinds.source import Source
from stackfile_streamkap.kinds.tag import Tag
from stackfile_streamkap.simulator.entrance import READER_ID
from tests.conformance.streamkap_cases import CLICKHOUSE, ENDS, MONGO, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse", "topics": ["public.orders"]}


def test_connecting_asks_nothing_and_the_scope_is_tenant_and_project(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect()
        assert sandbox.service.calls.made == []
        assert str(await streamkap.scope()) == "streamkap:tenant-1/service-1"
        assert streamkap.requests == 2
        await streamkap.close()

    in_sandbox(tmp_path, story)


def test_wrong_credentials_name_the_variables_and_not_the_secret(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect("not-the-secret")
        with pytest.raises(AuthFailed) as caught:
            await streamkap.scope()
        assert str(caught.value) == (
            "401 on POST /auth/access-token, request req-1: Invalid client credentials; are client_id and secret those "
            "of one API token of this project? They stand under `providers:`, or in STREAMKAP_CLIENT_ID and "
            "STREAMKAP_SECRET"
        )
        await streamkap.close()

    in_sandbox(tmp_path, story)


def test_a_missing_permission_is_told_in_the_services_own_words(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect(client_id=READER_ID)
        sources = next(kind for kind in streamkap.kinds if kind.name == "source")
        assert await sources.list_all() == []
        with pytest.raises(AuthFailed, match="403 on POST /sources, request req-3: Missing permission write:sources"):
            await sources.create(Source.model_validate({"name": "a", **POSTGRES}), NoJournal())
        await streamkap.close()

    in_sandbox(tmp_path, story)


def test_what_was_renamed_behind_the_files_back_is_named_back(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
        sandbox.project.live("pipelines")[0].body["name"] = "somebody-elses"
        plan = await sandbox.bench.plan({**ENDS, "pipelines.orders": PIPELINE})
        (change,) = plan.changes
        assert [(str(one.path[0]), one.origin.name) for one in change.fields] == [("name", "DRIFT")]

    in_sandbox(tmp_path, story)


def test_a_token_is_refreshed_ahead_of_its_end_and_without_the_credentials(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect()
        await streamkap.scope()
        await sandbox.service.clock.sleep(3560)
        await streamkap.scope()
        assert (sandbox.asked("POST /auth/access-token/refresh"), sandbox.asked("POST /auth/access-token")) == (1, 2)
        assert [call.status for call in sandbox.service.calls.made] == [200] * 4
        await streamkap.close()

    in_sandbox(tmp_path, story)


def test_a_refresh_token_that_is_refused_is_followed_by_the_credentials(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect()
        await streamkap.scope()
        sandbox.service.faults.order("POST /auth/access-token/refresh", Fault.EXPIRED)
        sandbox.service.faults.order("GET /auth/whoami", Fault.EXPIRED)
        await streamkap.scope()
        await streamkap.close()

    in_sandbox(tmp_path, story)


def test_changes_do_not_wait_for_kafka_connect_and_secrets_are_never_asked_for(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        seen: list[str] = []
        app = sandbox.service

        async def listening(scope, receive, send):  # type: ignore[no-untyped-def]
            seen.append(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}")
            await app(scope, receive, send)

        import httpx

        sandbox.service.transport = lambda: httpx.ASGITransport(app=listening)  # type: ignore[method-assign]
        streamkap = await sandbox.connect()
        sources = next(kind for kind in streamkap.kinds if kind.name == "source")
        live = await sources.create(Source.model_validate({"name": "a", **POSTGRES}), NoJournal())
        await sources.delete(live, NoJournal())
        await streamkap.close()
        changing = [one.partition("?")[2] for one in seen if one.startswith(("POST /sources", "DELETE"))]
        assert changing == ["wait=false", "wait=false"]
        assert not [one for one in seen if "secret_returned" in one]

    in_sandbox(tmp_path, story)


def test_a_name_that_is_taken_is_a_conflict_in_each_of_its_three_shapes(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
        source, destination = (sandbox.project.live(name)[0].id for name in ("sources", "destinations"))
        bodies = {
            ("sources", "source"): Source.model_validate({"name": "orders_pg", **POSTGRES}),
            ("pipelines", "pipeline"): Pipeline(name="orders", source=source, destination=destination),
            ("resources", "tag"): Tag(name="Development", types=["sources"]),
        }
        statuses = []
        for (section, name), body in bodies.items():
            kind = await sandbox.kind(section, name)
            with pytest.raises(Conflict) as caught:
                await kind.create(body, NoJournal())
            statuses.append(caught.value.status)
        assert statuses == [422, 409, 400]

    in_sandbox(tmp_path, story)


def test_a_name_that_another_project_has_taken_is_not_adopted(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        sandbox.project.elsewhere.add("orders_pg")
        (error,) = await sandbox.failures({"sources.orders_pg": POSTGRES})
        assert isinstance(error, Conflict)
        assert str(error).partition(": ")[2] == (
            "Source with name orders_pg already exists; where this project shows none of that name, another one of the "
            "tenant has it: give ours another"
        )
        assert sandbox.project.live("sources") == []

    in_sandbox(tmp_path, story)


def test_an_object_that_nobody_declared_is_not_taken_over_by_its_name(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        kind = await sandbox.kind("sources", "source")
        theirs = await kind.create(Source.model_validate({"name": "orders_pg", **POSTGRES}), NoJournal())
        with pytest.raises(DiagnosticError, match=f"exists: .*{theirs.id}"):
            await sandbox.bench.plan({"sources.orders_pg": POSTGRES})

    in_sandbox(tmp_path, story)


def test_a_source_that_a_pipeline_uses_is_not_deleted(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
        kind = await sandbox.kind("sources", "source")
        (live,) = await kind.list_all()
        with pytest.raises(Rejected) as caught:
            await kind.delete(live, NoJournal())
        pipeline = sandbox.project.live("pipelines")[0].id
        assert str(caught.value).partition(": ")[2] == (
            f"Source orders_pg is used by pipeline orders; what uses it: pipeline orders ({pipeline}). Delete that "
            "first, or let go of this: write under removed: {address: ..., destroy: false}"
        )
        await sandbox.bench.apply({})
        assert [sandbox.project.live(name) for name in ("sources", "destinations", "pipelines")] == [[], [], []]

    in_sandbox(tmp_path, story)


def test_a_refusal_of_the_service_is_told_at_the_field(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        kind = await sandbox.kind("sources", "source")
        config = {name: value for name, value in POSTGRES["config"].items() if name != "database.user"}  # type: ignore[union-attr]
        with pytest.raises(Rejected) as caught:
            await kind.create(Source.model_validate({"name": "a", **POSTGRES, "config": config}), NoJournal())
        assert [(one.path, one.message) for one in caught.value.fields] == [
            ('config["database.user"]', "field required")
        ]

    in_sandbox(tmp_path, story)


def test_a_source_that_cannot_start_fails_the_apply_with_what_its_task_says(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        config = {**POSTGRES["config"], "database.hostname.user.defined": "broken.example.com"}  # type: ignore[dict-item]
        (error,) = await sandbox.failures({"sources.orders_pg": {**POSTGRES, "config": config}})
        assert str(error) == ("Broken: org.apache.kafka.connect.errors.ConnectException: the host does not answer")

    in_sandbox(tmp_path, story)


def test_waiting_says_for_what(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({"sources.orders_pg": POSTGRES})
        waits = [event for event in sandbox.bench.events if isinstance(event, StageWaiting)]
        said = {(str(event.address), event.says) for event in waits}
        assert said == {("sources.orders_pg", "Starting")}

    in_sandbox(tmp_path, story)


def test_what_the_service_fills_in_from_the_other_end_is_no_difference(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        wanted: dict[str, Tree] = {
            "sources.orders": MONGO,
            "destinations.warehouse": CLICKHOUSE,
            "pipelines.orders": {"source": "sources.orders", "destination": "destinations.warehouse"},
        }
        await sandbox.bench.apply(wanted)
        kind = await sandbox.kind("destinations", "destination")
        (live,) = await kind.list_all()
        assert live.fields["config"]["transforms.MarkColumnsAsOptional.fields.include.list"] == ["*"]
        assert (await sandbox.bench.plan(wanted)).empty

    in_sandbox(tmp_path, story)


def test_a_rename_keeps_the_object_and_tells_the_pipelines_that_use_it(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
        before = sandbox.project.live("sources")[0].id
        renamed = {**ENDS, "sources.orders_pg": {**POSTGRES, "name": "orders-2"}, "pipelines.orders": PIPELINE}
        await sandbox.bench.apply(renamed)
        (source,), (pipeline,) = (sandbox.project.live(name) for name in ("sources", "pipelines"))
        assert (source.id, source.name) == (before, "orders-2")
        assert pipeline.body["source"]["name"] == "orders-2"
        assert pipeline.body["source"]["topics"] == ["public.orders"]
        assert (await sandbox.bench.plan(renamed)).empty

    in_sandbox(tmp_path, story)
