"""Beyond the five verbs: snapshots, how things fare, consumer groups, and the secret that is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stackfile.cli.faring import Faring
from stackfile.engine.delivery import Delivery
from stackfile.errors import Conflict, NotFound, Rejected
from stackfile.report.status import status_text
from stackfile.sdk.operations import CanMeasure, OffsetsMoved, OffsetsReset, Part, SnapshotProgress, SnapshotRequest
from stackfile.sdk.provider import Live
from stackfile.testing.bench import bytes_under
from stackfile.values import Tree
from stackfile_streamkap.kinds.source import Sources
from stackfile_streamkap.snapshots import body_of
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

PIPELINE: Tree = {"source": "sources.orders_pg", "destination": "destinations.warehouse"}
STACK: Mapping[str, Tree] = {**ENDS, "pipelines.orders": PIPELINE}
ORDERS, CUSTOMERS = "public.orders", "public.customers"


async def sources_of(sandbox: Sandbox) -> tuple[Sources, Live]:
    kind = next(kind for kind in (await sandbox.connect()).kinds if isinstance(kind, Sources))
    return kind, (await kind.list_all())[0]


def test_a_snapshot_is_begun_with_its_condition_followed_and_stopped(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(ENDS)
        kind, live = await sources_of(sandbox)
        assert await kind.snapshot_progress(live) == SnapshotProgress("none")
        await kind.snapshot(live, SnapshotRequest(("orders",), "created_at > '2025-01-01'"))
        assert sandbox.service.bodies[-1] == {
            "source_id": live.id,
            "topic_names": [ORDERS],
            "additional_conditions": [{"data_collection": ORDERS, "filter": "created_at > '2025-01-01'"}],
        }
        assert await kind.snapshot_progress(live) == SnapshotProgress("running", True, left=(ORDERS,))
        with pytest.raises(Conflict, match="is running already"):
            await kind.snapshot(live, SnapshotRequest())
        await kind.stop_snapshot(live)
        await kind.stop_snapshot(live)
        assert await kind.snapshot_progress(live) == SnapshotProgress("cancelled", left=(ORDERS,))
        await kind.snapshot(live, SnapshotRequest())
        assert sandbox.service.bodies[-1] == {"source_id": live.id}
        await sandbox.service.clock.sleep(sandbox.project.pace.table)
        assert await kind.snapshot_progress(live) == SnapshotProgress("running", True, False, (ORDERS,), (CUSTOMERS,))
        await sandbox.service.clock.sleep(sandbox.project.pace.table)
        assert await kind.snapshot_progress(live) == SnapshotProgress("completed", done=(ORDERS, CUSTOMERS))

    in_sandbox(tmp_path, story)


def test_a_stopped_snapshot_says_so(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(ENDS)
        kind, live = await sources_of(sandbox)
        await kind.snapshot(live, SnapshotRequest())
        await sandbox.service.clock.sleep(sandbox.project.pace.table)
        await kind.stop_snapshot(live)
        assert await kind.snapshot_progress(live) == SnapshotProgress("cancelled", done=(ORDERS,), left=(CUSTOMERS,))

    in_sandbox(tmp_path, story)


def test_metrics_that_lag_behind_tell_an_earlier_snapshot_from_the_one_that_was_begun(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        lag = 4.0
        sandbox.project.pace = replace(sandbox.project.pace, metrics=lag)
        await sandbox.bench.apply(ENDS)
        kind, live = await sources_of(sandbox)
        request = SnapshotRequest((ORDERS,))
        await kind.snapshot(live, request)
        assert await kind.snapshot_progress(live) == SnapshotProgress("none")
        await sandbox.service.clock.sleep(sandbox.project.pace.table + lag)
        earlier = await kind.snapshot_progress(live)
        await kind.snapshot(live, request)
        assert (await kind.snapshot_progress(live)).mark == earlier.mark
        await sandbox.service.clock.sleep(sandbox.project.pace.table + lag)
        later = await kind.snapshot_progress(live)
        assert later == earlier == SnapshotProgress("completed", done=(ORDERS,))
        assert later.mark > earlier.mark

    in_sandbox(tmp_path, story)


def source(topics: list[str] | None, **config: object) -> Live:
    return Live("64f0", {"topics": topics, "config": {"table.include.list.user.defined": [ORDERS], **config}})


MEANT: Mapping[str, tuple[Live, str, str, str]] = {
    "by its name": (source([ORDERS]), ORDERS, ORDERS, ORDERS),
    "without its schema": (source([ORDERS]), "orders", ORDERS, ORDERS),
    "where topics have the database before it": (source([f"shop.{ORDERS}"]), "orders", f"shop.{ORDERS}", ORDERS),
    "where topics have the owner before it": (source([f"source_64f0.{ORDERS}"]), ORDERS, ORDERS, ORDERS),
    "where its topic is not there yet": (source([]), ORDERS, ORDERS, ORDERS),
    "where the source takes patterns": (source([], **{"SourceRegexSupport.enabled": "true"}), "a.b", "a.b", "a.b"),
}


@pytest.mark.parametrize("case", MEANT)
def test_a_table_is_found(case: str) -> None:
    live, table, topic, collection = MEANT[case]
    body = body_of(live, SnapshotRequest((table,), "x > 1"))
    assert (body["topic_names"], body["additional_conditions"][0]["data_collection"]) == ([topic], collection)


def test_a_table_that_the_source_does_not_have_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(Rejected, match=r"the source has no table public.order; did you mean public.orders\?"):
        body_of(source([ORDERS]), SnapshotRequest(("public.order",)))


def test_a_whole_stack_fares(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(STACK)
        kind, live = await sources_of(sandbox)
        await kind.snapshot(live, SnapshotRequest())
        await sandbox.service.clock.sleep(sandbox.project.pace.table)
        faring = Faring(sandbox.bench.stack(STACK), ())
        status = await faring.look()
        await faring.close()
        group = "connect-warehouse"
        assert status_text(status).partition("Read at")[0] == (
            "ADDRESS                 KIND                   STATE   LAG\n"
            "sources.orders_pg       streamkap source       active  1.2 s\n"
            "  snapshot                                     running 1/2    public.orders done, public.customers\n"
            "destinations.warehouse  streamkap destination  active  -\n"
            "\n"
            "STREAMKAP PIPELINE  STATE   LAG     LATENCY\n"
            "pipelines.orders    active  82 rec  3.8 s\n"
            "\n"
            f"{'CONSUMER GROUP':<{len(group)}}  STREAM                              LAG\n"
            f"{group}  sources.orders_pg public.customers  41 rec\n"
            f"{group}  sources.orders_pg public.orders     41 rec\n"
            "\n"
            "3 shown: 3 well. "
        )

    in_sandbox(tmp_path, story)


def test_metrics_of_many_sources_are_one_call_and_of_one_the_documented_one(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply({f"sources.s{n}": POSTGRES for n in range(3)})
        kind, _ = await sources_of(sandbox)
        lives = await kind.list_all()
        sandbox.service.calls.made.clear()
        assert [one.id for one in await kind.metrics(lives)] == [live.id for live in lives]
        assert [call.path for call in sandbox.service.calls.made] == ["/sources/metrics"]
        await kind.metrics(lives[:1])
        assert sandbox.service.calls.made[-1].path == f"/sources/{lives[0].id}/metrics"

    in_sandbox(tmp_path, story)


def test_what_is_broken_is_not_well_and_says_why(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(STACK)
        stored = sandbox.project.live("sources")[0]
        stored.body["config"]["database.hostname.user.defined"] = "broken.example.com"
        provider = await sandbox.connect()
        able = [kind for kind in provider.kinds if isinstance(kind, CanMeasure)]
        told = {kind.name: (await kind.metrics(await kind.list_all()))[0] for kind in able}
        assert {name: (one.state, one.well) for name, one in told.items()} == {
            "source": ("BROKEN", False),
            "destination": ("active", True),
            "pipeline": ("BROKEN", False),
        }
        assert told["source"].says != ()
        await provider.close()

    in_sandbox(tmp_path, story)


ANSWERS: Mapping[str, tuple[Any, tuple[Part, ...]]] = {
    "nothing at all": (None, ()),
    "an empty list of snapshots": ({"snapshotStatus": []}, ()),
    "words in capitals, and the older entry of a table last": (
        {
            "snapshotStatus": [
                {"status": "COMPLETED", "topic_id": "source_64f0.a.b", "submit_timestamp": "2026-11-02"},
                {"status": "FAILED", "topic_id": "source_64f0.a.b", "submit_timestamp": "2026-11-01"},
            ]
        },
        (Part("snapshot", "completed 1/1"),),
    ),
    "one that failed": (
        {"snapshotStatus": [{"status": "failed", "topic_id": "source_64f0.a.b"}], "snapshotState": "idle"},
        (Part("snapshot", "failed 0/1", "a.b"),),
    ),
    "what is no list": ({"snapshotStatus": "none", "SnapshotRunning": "x", "latency": "n/a"}, ()),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_are_read_loosely(case: str) -> None:
    from stackfile_streamkap.measuring import part_of, progress_of, source_values

    answer, parts = ANSWERS[case]
    assert part_of(progress_of(answer or {})) == parts
    assert source_values(answer or {}) == ()


RESETS: Mapping[str, tuple[OffsetsReset, Tree, int]] = {
    "earliest": (OffsetsReset("", "earliest"), {"strategy": "earliest"}, 0),
    "latest": (OffsetsReset("", "latest"), {"strategy": "latest"}, 1200),
    "an offset": (OffsetsReset("", 7), {"strategy": "offset", "offset": 7}, 7),
    "a moment": (
        OffsetsReset("", datetime(2026, 11, 20, tzinfo=UTC)),
        {"strategy": "timestamp", "timestamp": 1795132800000},
        600,
    ),
}


@pytest.mark.parametrize("case", RESETS)
def test_a_group_goes_on_elsewhere(case: str, tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(STACK)
        provider = await sandbox.connect()
        groups = {one.group for one in await provider.consumers()}
        request, sent, after = RESETS[case]
        (group,) = groups
        moved = await provider.reset_offsets(OffsetsReset(group, request.to, (ORDERS,)))
        topic = f"source_{sandbox.project.live('sources')[0].id}.{ORDERS}"
        assert {"topics": [topic], **sent} in sandbox.service.bodies
        assert moved == [OffsetsMoved(ORDERS, 0, 1159, after)]
        await provider.close()

    in_sandbox(tmp_path, story)


def test_all_topics_of_a_group_are_meant_where_none_is_named_and_others_are_refused(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await sandbox.bench.apply(STACK)
        provider = await sandbox.connect()
        group = (await provider.consumers())[0].group
        moved = await provider.reset_offsets(OffsetsReset(group, "latest"))
        assert [(one.topic, one.after) for one in moved] == [(ORDERS, 1200), (CUSTOMERS, 1200)]
        with pytest.raises(NotFound, match=r"reads no topic public.refunds; it reads public.customers, public.orders"):
            await provider.reset_offsets(OffsetsReset(group, "latest", ("public.refunds",)))
        with pytest.raises(NotFound, match="there is no consumer group nobody; there is connect-warehouse"):
            await provider.reset_offsets(OffsetsReset("nobody", "latest"))
        with pytest.raises(NotFound, match=f"there is no consumer group {group[:-1]}; did you mean {group}"):
            await provider.reset_offsets(OffsetsReset(group[:-1], "latest"))
        await provider.close()

    in_sandbox(tmp_path, story)


def test_the_secret_of_a_credential_is_delivered_and_kept_nowhere(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        delivered: list[Delivery] = []

        async def post(delivery: Delivery) -> None:
            delivered.append(delivery)

        sandbox.bench.deliver = post
        wanted: Mapping[str, Tree] = {
            "resources.ci": {"type": "client_credential", "roles": ["Admin"], "deliver_to": {"file": "ci.json"}}
        }
        await sandbox.bench.apply(wanted)
        (stored,) = sandbox.project.live("credentials")
        assert [one.shown for one in delivered] == [{"id": stored.id, "secret": stored.body["secret"]}]
        assert str(stored.body["secret"]).encode() not in bytes_under(tmp_path)
        assert (await sandbox.bench.plan(wanted)).empty

    in_sandbox(tmp_path, story)
