"""The simulated service's own story: snapshots take time, one at a time, and metrics tell how far they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import Conflict, NotFound, Rejected
from stackfile.values import Tree
from stackfile_streamkap.simulator.project import Stored
from tests.conformance.streamkap_cases import ENDS
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse", "topics": ["public.orders"]}


async def _told(sandbox: Sandbox, path: str) -> Any:
    streamkap = await sandbox.connect()
    try:
        return (await streamkap.client.request("GET", path)).json
    finally:
        await streamkap.close()


async def _ask(sandbox: Sandbox, path: str, **body: Any) -> None:
    streamkap = await sandbox.connect()
    try:
        await streamkap.client.request("POST", path, json=body)
    finally:
        await streamkap.close()


async def _source(sandbox: Sandbox) -> Stored:
    await sandbox.bench.apply({**ENDS, "pipelines.orders": PIPELINE})
    return sandbox.project.live("sources")[0]


def test_a_snapshot_goes_from_table_to_table_until_it_is_done(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        source = await _source(sandbox)
        await _ask(sandbox, "/sources/execute_incremental_snapshot", source_id=source.id)
        seen = []
        for _ in range(3):
            data = (await _told(sandbox, f"/sources/{source.id}/metrics"))["data"]
            words = [one["status"] for one in data["snapshotStatus"]]
            seen.append((data["snapshotState"], data["SnapshotRunning"], data["SnapshotCompleted"], words))
            await sandbox.service.clock.sleep(sandbox.project.pace.table)
        assert seen == [
            ("RUNNING", 1, 0, ["running", "pending"]),
            ("RUNNING", 1, 1, ["completed", "running"]),
            ("COMPLETED", 0, 2, ["completed", "completed"]),
        ]

    in_sandbox(tmp_path, story)


def test_a_snapshot_of_one_table_can_be_stopped_and_not_begun_twice(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        source = await _source(sandbox)
        begin = {"source_id": source.id, "topic_names": ["shop.public.orders"]}
        await _ask(sandbox, "/sources/snapshot", **begin)
        with pytest.raises(Conflict, match="A snapshot of orders_pg is running already"):
            await _ask(sandbox, "/sources/execute_incremental_snapshot", **begin)
        (pipeline,) = sandbox.project.live("pipelines")
        assert (await _told(sandbox, f"/pipelines/{pipeline.id}/metrics"))["data"]["recordsLag"] == 41
        await _ask(sandbox, "/sources/stop_incremental_snapshot", source_id=source.id)
        found = (await _told(sandbox, f"/sources/metrics?ids={source.id}"))["data"][source.id]
        assert (found["snapshotState"], found["SnapshotRunning"]) == ("CANCELLED", 0)
        with pytest.raises(Rejected, match="No snapshot of orders_pg is running"):
            await _ask(sandbox, "/sources/stop_incremental_snapshot", source_id=source.id)

    in_sandbox(tmp_path, story)


def test_a_table_that_is_not_captured_cannot_be_snapshotted(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        source = await _source(sandbox)
        with pytest.raises(NotFound, match=r"Topic public\.refunds not found on source orders_pg"):
            await _ask(sandbox, "/sources/snapshot", source_id=source.id, topic_names=["public.refunds"])

    in_sandbox(tmp_path, story)


def test_consumer_groups_are_those_of_the_pipelines(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await _source(sandbox)
        (group,) = await _told(sandbox, "/consumer-groups")
        path = f"/consumer-groups/{group['group_id']}"
        told = await _told(sandbox, path)
        assert {name: told[name] for name in group} == group
        assert [one["topic"].partition(".")[2] for one in told["topics"]] == ["public.orders"]
        await _ask(sandbox, f"{path}/reset-offsets", topics=["public.orders"], strategy="earliest")
        with pytest.raises(Rejected, match="field required"):
            await _ask(sandbox, f"{path}/reset-offsets", topics=["public.orders"], strategy="timestamp")

    in_sandbox(tmp_path, story)
