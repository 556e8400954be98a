"""What planning and applying cost in calls: pages and a constant, and no place for what only waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stackfile.engine.connections import Connections
from stackfile.engine.refresh import read_kinds
from stackfile.errors import AuthFailed
from stackfile.events import StageDone, StageStarted
from stackfile.registry import Registry
from stackfile.state.format import Record
from stackfile.testing.simulated import session_with
from stackfile.values import Tree
from tests.conformance.streamkap_cases import ENDS, POSTGRES
from tests.unit.stackfile_streamkap.sandbox import Sandbox, in_sandbox

EACH = 1000
LATENCY = 0.05
STACK: Mapping[str, Tree] = {
    **ENDS,
    "pipelines.orders": {"source": "sources.orders_pg", "destination": "destinations.warehouse"},
}


async def filled(sandbox: Sandbox) -> None:
    """A project of a thousand sources and a thousand pipelines, of which one each is ours."""
    await sandbox.bench.apply(STACK)
    for shelf in ("sources", "pipelines"):
        (ours,) = sandbox.project.live(shelf)
        for number in range(1, EACH):
            sandbox.project.add(shelf, {**ours.body, "name": f"another-{number}"})
    sandbox.service.calls.made.clear()


def test_a_plan_asks_for_each_page_once_and_for_no_object_alone(tmp_path: Path) -> None:
    """It waits for its sign-in, for the first pages, and twice for five further ones of each list."""

    async def story(sandbox: Sandbox) -> None:
        await filled(sandbox)
        sandbox.service.faults.latency = LATENCY
        began = sandbox.project.now
        plan = await sandbox.bench.plan(STACK)
        assert not plan.changes
        assert sandbox.project.now - began == pytest.approx(4 * LATENCY)
        lists = {f"/{section}": count for section, count in (("sources", 11), ("pipelines", 11), ("destinations", 1))}
        asked = sandbox.service.calls.by_route()
        assert {path: asked.pop(("GET", path)) for path in lists} == lists
        assert set(asked) <= {("POST", "/auth/access-token"), ("GET", "/auth/whoami"), ("GET", "/tags")}
        assert max(asked.values(), default=0) == 1

    in_sandbox(tmp_path, story)


def test_wrong_credentials_are_sent_once_however_many_lists_are_wanted(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        streamkap = await sandbox.connect("not-the-secret")
        connections = Connections(
            {}, Registry(), session_with(tmp_path, sandbox.service), open={"streamkap": streamkap}
        )
        wanted = {("streamkap", f"{one}s", one): list[Record]() for one in ("source", "destination", "pipeline")}
        with pytest.raises(AuthFailed, match="401 on POST /auth/access-token"):
            await read_kinds("streamkap", wanted, connections)
        assert sandbox.service.calls.by_route() == {("POST", "/auth/access-token"): 1}
        await connections.close()

    in_sandbox(tmp_path, story)


def test_a_plan_ends_well_where_ten_requests_a_second_are_let_through(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        await filled(sandbox)
        sandbox.service.faults.latency = LATENCY
        sandbox.service.faults.per_second = 10
        plan = await sandbox.bench.plan(STACK)
        assert not plan.changes
        assert {call.status for call in sandbox.service.calls.made} == {200, 429}

    in_sandbox(tmp_path, story)


def test_sources_that_start_cost_a_call_each_to_make_and_less_than_one_to_wait_for(tmp_path: Path) -> None:
    async def story(sandbox: Sandbox) -> None:
        sandbox.project.pace.starts = 5.0
        await sandbox.bench.apply({f"sources.s{number}": POSTGRES for number in range(50)})
        asked = sandbox.service.calls.by_route()
        assert asked["POST", "/sources"] == 50
        # Each alone would be looked at four times. How many lists there are hangs on how long the journal takes: time
        # that is simulated goes on meanwhile.
        assert asked.total() - 50 < 50

    in_sandbox(tmp_path, story)


def test_what_was_made_is_waited_for_without_a_place_among_those_at_work(tmp_path: Path) -> None:
    """More sources than are made at once: none is made only after another one runs."""

    async def story(sandbox: Sandbox) -> None:
        sandbox.project.pace.starts = 120.0
        await sandbox.bench.apply({f"sources.s{number}": POSTGRES for number in range(12)})
        told = [type(event) for event in sandbox.bench.events if isinstance(event, StageStarted | StageDone)]
        assert told == [StageStarted] * 12 + [StageDone] * 12

    in_sandbox(tmp_path, story)
