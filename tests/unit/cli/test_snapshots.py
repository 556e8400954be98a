"""Snapshots on demand: begun, followed to their end, stopped, and what is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from stackfile.address import Address
from stackfile.engine.snapshots import Begun, Pace, Snapshots, snapshots_of
from stackfile.errors import Ambiguous, Conflict, DiagnosticError, ProviderError
from stackfile.report.snapshots import progress_json, progress_text
from stackfile.sdk.operations import SnapshotProgress, SnapshotRequest
from stackfile.sdk.provider import Live, Session
from stackfile.testing.bench import Bench, World, bytes_under, quick_store
from stackfile.values import Tree
from tests.unit.engine.shelf import Boxes, Notes, Shelf, Shelves

RESOURCES: Mapping[str, Tree] = {"sources.a": {}, "pipelines.n": {"text": "about a"}}
RUNNING = SnapshotProgress("running", is_running=True, done=("public.refunds",), left=("refund_items",))
COMPLETED = SnapshotProgress("completed", done=("public.refunds", "refund_items"))
NONE = SnapshotProgress("none")


class ReadBoxes(Boxes):
    """Boxes whose snapshots are as far as `looks` says, look by look."""

    looks: ClassVar[list[SnapshotProgress]] = []

    async def snapshot(self, live: Live, request: SnapshotRequest) -> None:
        await self._ask("snapshot")
        self.shelf.calls.append(f"asked for {request}")
        self._answer("snapshot")

    async def stop_snapshot(self, live: Live) -> None:
        await self._ask("stop")

    async def snapshot_progress(self, live: Live) -> SnapshotProgress:
        await self._ask("look at")
        return self.looks.pop(0)


class ReadShelves(Shelves):
    kind_types = (ReadBoxes, Notes)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def bench(shelf: Shelf, tmp_path: Path) -> Bench:
    def session(instance: str) -> Session:
        return Session(tmp_path, tmp_path, shelf.clock, instance, {"shelf": shelf})

    bench = Bench.over(World(ReadShelves, {}, session, quick_store(tmp_path), lambda: bytes_under(tmp_path)))

    async def applied() -> None:
        await bench.apply(RESOURCES)
        await bench.close()

    asyncio.run(applied())
    shelf.calls.clear()
    return bench


def using(
    bench: Bench,
    work: Callable[[Snapshots], object],
    *looks: SnapshotProgress,
    address: str = "sources.a",
) -> object:
    """What comes of the work while the snapshot is as far as `looks` says."""
    ReadBoxes.looks[:] = looks

    async def run() -> object:
        async with snapshots_of(bench.stack(RESOURCES), lambda state: [Address.parse(address)]) as snapshots:
            return await work(snapshots)  # type: ignore[misc]

    return asyncio.run(run())


def test_a_snapshot_of_some_tables_is_asked_for_once(bench: Bench, shelf: Shelf) -> None:
    request = SnapshotRequest(("public.refunds",), "id > 7")
    assert using(bench, lambda snapshots: snapshots.begin(request), NONE, RUNNING) == Begun(NONE, RUNNING)
    assert shelf.calls == ["read box", "look at box", "snapshot box", f"asked for {request}", "look at box"]


def test_one_whose_answer_was_lost_is_looked_up_and_not_begun_twice(bench: Bench, shelf: Shelf) -> None:
    shelf.after["snapshot box"] = [Ambiguous("no answer came")]
    begun = using(bench, lambda snapshots: snapshots.begin(SnapshotRequest()), NONE, RUNNING)
    assert begun == Begun(NONE, RUNNING)
    assert shelf.calls.count("snapshot box") == 1


def test_one_whose_answer_was_lost_and_that_is_not_running_is_told(bench: Bench, shelf: Shelf) -> None:
    shelf.after["snapshot box"] = [Ambiguous("no answer came")]
    with pytest.raises(Ambiguous):
        using(bench, lambda snapshots: snapshots.begin(SnapshotRequest()), NONE, NONE)


def test_a_second_one_is_refused_in_the_words_of_the_service(bench: Bench, shelf: Shelf) -> None:
    shelf.before["snapshot box"] = [Conflict("a snapshot is running")]
    with pytest.raises(Conflict, match="a snapshot is running"):
        using(bench, lambda snapshots: snapshots.begin(SnapshotRequest()), RUNNING)


EARLIER = replace(COMPLETED, mark="monday")
MONDAYS = replace(RUNNING, mark="monday")
TUESDAYS, TUESDAYS_END = replace(RUNNING, mark="tuesday"), replace(COMPLETED, mark="tuesday")
ASKED = SnapshotProgress("asked for", is_running=True)
FOLLOWED: Mapping[str, tuple[tuple[SnapshotProgress, ...], list[SnapshotProgress]]] = {
    "looks are all up to date": ((NONE, RUNNING, RUNNING, COMPLETED), [RUNNING, RUNNING, COMPLETED]),
    "looks lag behind and show none": ((NONE, NONE, NONE, RUNNING, COMPLETED), [ASKED, ASKED, RUNNING, COMPLETED]),
    "looks lag behind and show the end of an earlier one": (
        (EARLIER, EARLIER, EARLIER, TUESDAYS, TUESDAYS_END),
        [ASKED, ASKED, TUESDAYS, TUESDAYS_END],
    ),
    "looks lag behind and show that an earlier one runs": (
        (MONDAYS, MONDAYS, EARLIER, TUESDAYS_END),
        [ASKED, ASKED, TUESDAYS_END],
    ),
    "it is over before anybody looks": ((EARLIER, EARLIER, TUESDAYS_END), [ASKED, TUESDAYS_END]),
}


def watched(bench: Bench, shelf: Shelf, *looks: SnapshotProgress) -> tuple[list[SnapshotProgress], object]:
    shown: list[SnapshotProgress] = []

    async def watch(snapshots: Snapshots) -> SnapshotProgress:
        begun = await snapshots.begin(SnapshotRequest())
        return await snapshots.follow(begun, shown.append, Pace(shelf.clock, 5.0))

    return shown, using(bench, watch, *looks)


@pytest.mark.parametrize("case", FOLLOWED)
def test_it_is_followed_until_it_is_seen_and_then_to_its_end_where(case: str, bench: Bench, shelf: Shelf) -> None:
    looks, seen = FOLLOWED[case]
    before = shelf.clock.monotonic()
    assert watched(bench, shelf, *looks) == (seen, seen[-1])
    assert ReadBoxes.looks == []
    assert shelf.clock.monotonic() - before == 5.0 * (len(seen) - 1)


def test_one_that_is_never_seen_is_told_after_a_while(bench: Bench, shelf: Shelf) -> None:
    with pytest.raises(ProviderError, match="taken 300 s ago, and the service shows none yet; see: stack status"):
        watched(bench, shelf, *[EARLIER] * 70)


def test_stopping_tells_how_far_it_was(bench: Bench, shelf: Shelf) -> None:
    assert using(bench, lambda snapshots: snapshots.stop(), RUNNING) == RUNNING
    assert shelf.calls == ["read box", "look at box", "stop box"]


def test_an_object_that_is_gone_is_told(bench: Bench, shelf: Shelf) -> None:
    shelf.objects["box"].clear()
    with pytest.raises(ProviderError, match=r"box-\d is gone; see: stack plan"):
        using(bench, lambda snapshots: snapshots.stop())


def test_what_takes_no_snapshots_is_told_with_what_does(bench: Bench) -> None:
    with pytest.raises(DiagnosticError) as caught:
        using(bench, lambda snapshots: snapshots.stop(), address="pipelines.n")
    (told,) = caught.value.diagnostics
    assert (told.code, told.message, told.help) == (
        "operation-unknown",
        "pipelines.n: a shelves note has no `snapshot`",
        ("What can: sources.a",),
    )


TEXTS: Mapping[str, tuple[SnapshotProgress, str]] = {
    "one that runs": (RUNNING, "sources.a  snapshot running 1/2  public.refunds done, refund_items"),
    "one that is over": (COMPLETED, "sources.a  snapshot completed 2/2  public.refunds, refund_items done"),
    "one of which no table is known": (SnapshotProgress("starting", is_running=True), "sources.a  snapshot starting"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_person_is_told_how_far_it_is(case: str) -> None:
    seen, text = TEXTS[case]
    assert progress_text("sources.a", seen) == text


def test_a_machine_is_told_the_same() -> None:
    assert progress_json("sources.a", RUNNING) == {
        "format_version": "1.0",
        "address": "sources.a",
        "state": "running",
        "running": True,
        "failed": False,
        "done": ["public.refunds"],
        "left": ["refund_items"],
    }
