"""What pipelines, topics, transforms, tags and roles refer to by name: found, or refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.errors import DiagnosticError, Rejected
from stackfile.sdk.provider import Update
from stackfile.testing.cases import NoJournal
from stackfile.values import Tree, put
from stackfile_streamkap.kinds.transform import Transform
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse", "topics": ["public.orders"]}


@pytest.mark.parametrize(
    ("topic", "says"),
    {
        "public.ordres": "source orders_pg has no topic public.ordres; did you mean public.orders?",
        "nothing.like_it": "source orders_pg has no topic nothing.like_it",
    }.items(),
)
def test_a_topic_that_the_source_has_not_got_is_refused_at_its_place(tmp_path: Path, topic: str, says: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        body = {**PIPELINE, "topics": ["public.orders", topic]}
        (error,) = await sandbox.failures({**ENDS, "pipelines.orders": body})
        assert isinstance(error, Rejected)
        assert [(one.path, one.message) for one in error.fields] == [("topics[1]", says)]
        assert sandbox.project.live("pipelines") == []

    in_sandbox(tmp_path, story)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"topics": ["public.ordres"]}, "`topics[0]`: source orders_pg has no topic public.ordres"),
        ({"tags": ["Devlopment"]}, "`tags[0]`: there is no tag Devlopment; did you mean Development?"),
    ],
)
def test_a_plan_tells_it_once_the_source_is_there(tmp_path: Path, changed: Tree, says: str) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(ENDS)
        with pytest.raises(DiagnosticError) as refused:
            await sandbox.bench.plan({**ENDS, "pipelines.orders": {**PIPELINE, **changed}})
        (one,) = refused.value.diagnostics
        assert (one.code, one.span is not None) == ("would-be-refused", True)
        assert one.message.startswith(f"pipelines.orders: {says}")

    in_sandbox(tmp_path, story)


def test_a_table_that_the_same_plan_adds_is_no_reason_to_refuse(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
        tables = ["public.orders", "public.refunds"]
        more = put(POSTGRES, ("config", "table.include.list.user.defined"), tables)
        wanted = {**ENDS, "sources.orders_pg": more, "pipelines.orders": {**PIPELINE, "topics": tables}}
        await sandbox.bench.apply(wanted)
        assert (await sandbox.bench.plan(wanted)).empty

    in_sandbox(tmp_path, story)


def test_a_transforms_topics_get_the_ids_of_their_owner(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        patterns = {"transforms.output.topic.pattern": "public.masked"}
        mask: Tree = {"type": "transform", "transform": "map_filter", "config": patterns}
        raw: Tree = {"type": "transform", "transform": "map_filter"}
        transforms = [
            {"transform": "resources.mask", "topics": ["public.masked"]},
            {"transform": "resources.raw", "topics": ["public.orders"]},
        ]
        wanted = {**ENDS, "resources.mask": mask, "resources.raw": raw}
        await sandbox.bench.apply({**wanted, "pipelines.orders": {**PIPELINE, "transforms": transforms}})
        (source,) = sandbox.project.live("sources")
        masking = next(one for one in sandbox.project.live("transforms") if one.name == "mask")
        (pipeline,) = sandbox.project.live("pipelines")
        assert [one["topic_id"] for one in pipeline.body["transforms"]] == [
            f"transform_{masking.id}_1.public.masked",
            f"source_{source.id}.public.orders",
        ]

    in_sandbox(tmp_path, story)


def test_no_transforms_are_the_same_as_an_empty_list_of_them(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        mask: Tree = {"type": "transform", "transform": "map_filter"}
        used: Tree = {**PIPELINE, "transforms": [{"transform": "resources.mask", "topics": ["public.orders"]}]}
        wanted = {**ENDS, "resources.mask": mask}
        await sandbox.bench.apply({**wanted, "pipelines.orders": used})
        unused: Tree = {**PIPELINE, "transforms": []}
        await sandbox.bench.apply({**wanted, "pipelines.orders": unused})
        assert sandbox.project.live("pipelines")[0].body["transforms"] == []
        assert (await sandbox.bench.plan({**wanted, "pipelines.orders": unused})).empty
        assert (await sandbox.bench.plan({**wanted, "pipelines.orders": PIPELINE})).empty

    in_sandbox(tmp_path, story)


def test_a_tag_that_nobody_made_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        (error,) = await sandbox.failures({"sources.orders_pg": {**POSTGRES, "tags": ["Devlopment"]}})
        assert isinstance(error, Rejected)
        assert str(error) == "there is no tag Devlopment; did you mean Development?"

    in_sandbox(tmp_path, story)


def test_a_tag_of_the_stack_is_there_before_what_it_is_put_on_and_goes_after_it(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        tag: Tree = {"type": "tag", "name": "team-data", "types": ["sources"]}
        await sandbox.bench.apply({"resources.team": tag, "sources.pg": {**POSTGRES, "tags": ["team-data"]}})
        assert len(sandbox.project.live("sources")) == 1
        await sandbox.bench.apply({})
        assert sandbox.project.live("sources") == []

    in_sandbox(tmp_path, story)


def test_tags_are_left_alone_unless_they_are_written_and_an_empty_list_clears_them(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        def tags() -> list[str]:
            return list(sandbox.project.live("sources")[0].body["tags"])

        def wanted(*tags: list[str]) -> dict[str, Tree]:
            return {"sources.orders_pg": {**POSTGRES, **({"tags": tags[0]} if tags else {})}}

        await sandbox.bench.apply(wanted(["Development"]))
        assert len(tags()) == 1
        await sandbox.bench.apply(wanted())
        assert len(tags()) == 1
        assert (await sandbox.bench.plan(wanted())).empty
        await sandbox.bench.apply(wanted([]))
        assert tags() == []

    in_sandbox(tmp_path, story)


def test_a_transform_keeps_its_code_when_only_its_settings_change(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        kind = await sandbox.kind("resources", "transform")
        body = {"name": "mask", "transform": "map_filter", "implementation": {"value_transform": "x"}}
        live = await kind.create(Transform.model_validate(body), NoJournal())
        renamed = Transform.model_validate({"name": "mask-2", "transform": "map_filter"})
        await kind.update(Update(live, renamed, {("name",): "mask-2"}), NoJournal())
        (stored,) = sandbox.project.live("transforms")
        assert (stored.name, stored.body["implementation"]) == ("mask-2", {"value_transform": "x"})

    in_sandbox(tmp_path, story)


def test_partitions_that_are_taken_away_are_refused_with_how_many_there_are(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        def wanted(count: int) -> dict[str, Tree]:
            whose = {"source": "sources.orders_pg", "topic": "public.orders"}
            topic: Tree = {"type": "topic", **whose, "partition_count": count}
            return {"sources.orders_pg": POSTGRES, "resources.orders": topic}

        await sandbox.bench.apply(wanted(7))
        await sandbox.bench.apply(wanted(9))
        (error,) = await sandbox.failures(wanted(8))
        assert isinstance(error, Rejected)
        says = "the topic has 9, and Kafka cannot take partitions away"
        assert [(one.path, one.message) for one in error.fields] == [("partition_count", says)]

    in_sandbox(tmp_path, story)


def test_the_record_of_a_topic_comes_back_over_the_kafka_topic_that_stayed(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        topic: Tree = {"type": "topic", "source": "sources.orders_pg", "topic": "public.orders", "partition_count": 7}
        source = {"sources.orders_pg": POSTGRES}
        await sandbox.bench.apply({**source, "resources.orders": topic})
        await sandbox.bench.apply(source)
        await sandbox.bench.apply({**source, "resources.orders": topic})
        assert (await sandbox.bench.plan({**source, "resources.orders": topic})).empty

    in_sandbox(tmp_path, story)


def test_a_role_that_is_not_there_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        (error,) = await sandbox.failures({"resources.robot": {"type": "client_credential", "roles": ["read_onli"]}})
        assert isinstance(error, Rejected)
        assert [one.path for one in error.fields] == ["roles[0]"]

    in_sandbox(tmp_path, story)


def test_what_a_late_list_does_not_show_yet_is_not_made_again(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        wanted: dict[str, Tree] = {"resources.robot": {"type": "client_credential", "roles": ["Admin"]}}
        sandbox.service.faults.late_lists = 2
        await sandbox.bench.apply(wanted)
        assert (await sandbox.bench.plan(wanted)).empty
        assert sandbox.asked("POST /auth/client-credentials") == 1

    in_sandbox(tmp_path, story)
