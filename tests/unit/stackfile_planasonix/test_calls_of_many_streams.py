"""What planning, looking and waiting cost in calls where there are many streams."""

from __future__ import annotations

from pathlib import Path

from stackfile.events import StageWaiting
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

LIST, METRICS = ("GET", "/api/streams"), ("GET", "/api/streams/{id}/metrics")


def test_a_plan_of_a_thousand_streams_is_ten_pages_and_a_look_at_the_address(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        ours = {"streams.ours": stream("ours")}
        await sandbox.bench.apply(ours)
        for number in range(1, 1000):
            sandbox.workspace.add("streams", "str", {**sandbox.stored("ours").fields, "name": f"another-{number}"})
        sandbox.forget()
        assert not (await sandbox.bench.plan(ours)).changes
        assert sandbox.asked == {LIST: 10 + 1}

    operated(tmp_path, story)


def test_fifty_streams_that_start_are_waited_for_with_a_list_a_tick(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        sandbox.workspace.starts_in = 30.0
        await sandbox.bench.apply({f"streams.s{n}": stream(f"s{n}") for n in range(50)})
        asked = dict(sandbox.asked)
        assert (asked.pop(("POST", "/api/streams")), asked.pop(("POST", "/api/streams/{id}/start"))) == (50, 50)
        assert set(asked) == {LIST}
        assert asked[LIST] <= 20
        assert sum(isinstance(event, StageWaiting) for event in sandbox.bench.events) > 100

    operated(tmp_path, story)


def test_fifty_streams_that_are_gone_cost_a_list_more_and_not_fifty(tmp_path: Path) -> None:
    """Nobody believes at once that so many are gone: each is asked for by its metrics, which need no list."""

    async def story(sandbox: Operated) -> None:
        ours = {f"streams.s{n}": stream(f"s{n}") for n in range(50)}
        await sandbox.bench.apply(ours)
        for stored in list(sandbox.workspace.shelf("streams")):
            sandbox.workspace.shelf("streams").remove(stored.id)
        sandbox.forget()
        plan = await sandbox.bench.plan(ours)
        assert len(plan.changes) == 50
        asked = dict(sandbox.asked)
        assert asked.pop(METRICS) <= 50
        assert asked == {LIST: 1 + 1}

    operated(tmp_path, story)
