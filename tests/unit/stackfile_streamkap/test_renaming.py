"""A rename, and the pipelines that hold the old name: whatever ends it early, the next plan puts it right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.errors import Conflict
from stackfile.testing.faults import Fuse, Killed
from stackfile.testing.simulator import Fault
from stackfile.values import Tree
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

_PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse"}
BEFORE: Mapping[str, Tree] = {**ENDS, "pipelines.a": _PIPELINE, "pipelines.b": _PIPELINE}
AFTER: Mapping[str, Tree] = {**BEFORE, "sources.orders_pg": {**POSTGRES, "name": "orders-2"}}


def names_told(sandbox: Sandbox) -> set[str]:
    return {one.body["source"]["name"] for one in sandbox.project.live("pipelines")}


async def expect_renamed(sandbox: Sandbox) -> None:
    assert sandbox.project.live("sources")[0].name == "orders-2"
    assert names_told(sandbox) == {"orders-2"}
    assert (await sandbox.bench.plan(AFTER)).empty


def test_a_run_that_dies_anywhere_in_a_rename_leaves_it_to_the_next_one(tmp_path: Path) -> None:
    deaths = 0
    for at in range(1, 20):

        async def story(sandbox: Sandbox, at: int = at) -> None:
            nonlocal deaths
            await sandbox.bench.apply(BEFORE)
            try:
                await sandbox.bench.apply(AFTER, Fuse(at))
            except Killed:
                deaths += 1
                is_done = sandbox.project.live("sources")[0].name == "orders-2"
                assert not is_done or names_told(sandbox) == {"orders-2"}
                await sandbox.bench.apply(AFTER)
            await expect_renamed(sandbox)

        in_sandbox(tmp_path / str(at), story)
        if deaths < at:
            break
    assert deaths >= 4


def test_a_pipeline_that_cannot_be_told_leaves_the_rename_to_the_next_apply(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(BEFORE)
        second = sandbox.project.live("pipelines")[1].id
        sandbox.service.faults.order(f"PUT /pipelines/{second}", *[Fault.ERROR_BEFORE] * 10)
        assert await sandbox.failures(AFTER) != []
        (change,) = (await sandbox.bench.plan(AFTER)).changes
        assert [one.path for one in change.fields] == [("name",)]
        sandbox.service.faults.ordered.clear()
        await sandbox.bench.apply(AFTER)
        await expect_renamed(sandbox)

    in_sandbox(tmp_path, story)


def test_pipelines_get_the_old_name_back_where_the_new_one_is_taken(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(BEFORE)
        sandbox.project.elsewhere.add("orders-2")
        (error,) = await sandbox.failures(AFTER)
        assert isinstance(error, Conflict)
        assert names_told(sandbox) == {"orders_pg"}
        assert (await sandbox.bench.plan(BEFORE)).empty

    in_sandbox(tmp_path, story)


def test_a_service_that_takes_no_name_before_the_object_has_it_is_told_after(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(BEFORE)
        sandbox.project.checks_names = True
        await sandbox.bench.apply(AFTER)
        await expect_renamed(sandbox)

    in_sandbox(tmp_path, story)
