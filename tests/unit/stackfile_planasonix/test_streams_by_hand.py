"""The run state of streams: which calls lead where, what is waited for, and what is said by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackfile.errors import Conflict, Rejected
from stackfile.report.run_state import outcomes_text
from stackfile.sdk.provider import Live
from stackfile.state.format import Hold
from stackfile.testing.simulator import Fault
from stackfile_planasonix.kinds.stream import Streams
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

FIELDS: dict[str, Any] = {"source_type": "postgres_cdc", "pipeline_id": "pl_1", "connection_id": None, "config": {}}

CALLS: dict[tuple[str, str], list[str]] = {
    ("start", "created"): ["start"],
    ("start", "starting"): [],
    ("start", "running"): [],
    ("start", "paused"): ["resume"],
    ("start", "stopped"): ["start"],
    ("start", "error"): ["start"],
    ("pause", "created"): ["start", "pause"],
    ("pause", "starting"): ["pause"],
    ("pause", "running"): ["pause"],
    ("pause", "paused"): [],
    ("pause", "stopped"): ["start", "pause"],
    ("pause", "error"): ["start", "pause"],
    ("stop", "created"): [],
    ("stop", "starting"): ["stop"],
    ("stop", "running"): ["stop"],
    ("stop", "paused"): ["stop"],
    ("stop", "stopped"): [],
    ("stop", "error"): ["stop"],
}
"""By what is asked for and where the stream is: the calls that are made, as the reference has them."""


def put(sandbox: Operated, status: str, name: str = "audit") -> Live:
    """A stream in this state."""
    settles = sandbox.workspace.now + 1
    stored = sandbox.workspace.add("streams", "str", {**FIELDS, "name": name, "status": status, "_settles": settles})
    return Live(stored.id, {"name": name, "source_type": "postgres_cdc", "pipeline": "pl_1", "status": status})


async def streams(sandbox: Operated) -> Streams:
    planasonix = await sandbox.connect()
    return next(kind for kind in planasonix.kinds if isinstance(kind, Streams))


def called(sandbox: Operated) -> list[str]:
    return [call.path.rpartition("/")[2] for call in sandbox.service.calls.made if call.method == "POST"]


def test_every_state_is_left_by_the_calls_that_it_takes(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        kind, found = await streams(sandbox), {}
        for verb, status in CALLS:
            live = put(sandbox, status, f"{verb} {status}")
            sandbox.forget()
            await getattr(kind, verb)(live)
            found[verb, status] = called(sandbox)
        assert found == CALLS

    operated(tmp_path, story)


OVERTAKEN: dict[str, tuple[str, str, str, list[str]]] = {
    "somebody paused it": ("pause", "running", "paused", ["pause"]),
    "somebody stopped it, and another call leads there": ("pause", "running", "stopped", ["pause", "start", "pause"]),
    "somebody started it": ("start", "stopped", "running", ["start"]),
}
"""What is asked for, the state that was seen, the one it is in by now, and the calls."""


@pytest.mark.parametrize("what", OVERTAKEN)
def test_a_call_that_somebody_overtook_is_judged_by_where_the_stream_is_now(what: str, tmp_path: Path) -> None:
    verb, seen, now, calls = OVERTAKEN[what]

    async def story(sandbox: Operated) -> None:
        kind, live = await streams(sandbox), put(sandbox, now)
        await getattr(kind, verb)(Live(live.id, {**live.fields, "status": seen}))
        assert called(sandbox) == calls

    operated(tmp_path, story)


def test_a_transition_that_the_service_goes_on_to_refuse_is_told_in_its_words(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        kind, live = await streams(sandbox), put(sandbox, "running")
        sandbox.workspace.refuses = "pause"
        with pytest.raises(Conflict, match="cannot pause a stream that is running"):
            await kind.pause(live)

    operated(tmp_path, story)


def test_a_stream_in_error_is_started_once_and_one_that_goes_on_starting_is_given_up(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        kind, broken, slow = await streams(sandbox), put(sandbox, "error", "broken"), put(sandbox, "starting", "slow")
        with pytest.raises(Rejected, match="it was started, and its status is error again; paused was asked for"):
            await kind.pause(broken)
        assert called(sandbox) == ["start"]
        with pytest.raises(Rejected, match=r"not paused after 6\d\d s; last status: starting"):
            await kind.pause(slow)

    operated(tmp_path, story)


STACK = {
    "streams.audit": stream("audit", status="running"),
    "streams.broken": stream("b", config={"broken": "publication audit_pub not found"}),
    "streams.clicks": stream("clicks"),
    "streams.slow": stream("slow"),
}


GROWS = (
    "  While it is {} its source keeps its write-ahead log for it, which grows until the stream goes\n"
    "  on or is deleted."
)


def test_what_is_done_by_hand_says_what_the_next_apply_restores_and_a_hold_keeps_it(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        ours = {address: STACK[address] for address in ("streams.audit", "streams.clicks")}
        await sandbox.bench.apply(ours)
        hold = Hold("stopped", "INC-4312", "ana")
        told = [
            await sandbox.order(ours, "pause", "streams.audit"),
            await sandbox.order(ours, "pause", "streams.clicks"),
            await sandbox.order(ours, "stop", "streams.audit", hold),
        ]
        assert [outcomes_text([one]) for one in told] == [
            "streams.audit   running -> paused   the next apply restores running; --hold REASON keeps it\n"
            + GROWS.format("paused"),
            "streams.clicks   running -> paused\n" + GROWS.format("paused"),
            'streams.audit   paused -> stopped   held (ana, "INC-4312")\n' + GROWS.format("stopped"),
        ]
        await sandbox.bench.apply({**ours, "streams.another": stream("another")})
        assert sandbox.stored("audit").fields["status"] == "stopped"

    operated(tmp_path, story)


def test_a_start_by_hand_waits_until_the_stream_runs_or_says_why_it_does_not(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await sandbox.bench.attempt(STACK)
        for name in ("audit", "b", "slow"):
            sandbox.stored(name).fields["status"] = "stopped"
        sandbox.bench.events.clear()
        told = [await sandbox.order(STACK, "start", f"streams.{key}") for key in ("audit", "broken", "slow")]
        assert [outcomes_text([one]) for one in told] == [
            "streams.audit   stopped -> running",
            "streams.broken   FAILED: stopped -> starting, and then: status error; "
            'last: "publication audit_pub not found"',
            "streams.slow   FAILED: stopped -> starting, and then: not ready after 600 s; last: starting",
        ]
        assert set(sandbox.waits) == {"starting"}

    operated(tmp_path, story)


def test_a_start_of_which_no_answer_came_is_found_to_have_happened(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        ours = {"streams.audit": STACK["streams.audit"]}
        await sandbox.bench.apply(ours)
        sandbox.stored("audit").fields["status"] = "stopped"
        sandbox.forget()
        sandbox.service.faults.order("POST /api/streams/", Fault.LOST)
        outcome = await sandbox.order(ours, "start", "streams.audit")
        assert (outcome.status, outcome.failure) == ("running", "")
        assert sandbox.stored("audit").fields["status"] == "running"

    operated(tmp_path, story)


def test_an_apply_starts_a_stream_in_error_once_where_the_file_says_that_it_runs(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        ours = {"streams.broken": stream("broken", status="running"), "streams.left": stream("another-broken")}
        await sandbox.bench.attempt(ours)
        for _ in range(2):
            sandbox.forget()
            assert "status error" in await sandbox.told(ours)
            assert called(sandbox) == ["start"]

    operated(tmp_path, story)
