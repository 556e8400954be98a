"""What `stack status` says of streams: their metrics, over a window of choice, and the workspace's summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackfile.errors import DiagnosticError
from stackfile.testing.simulator import Fault
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

STACK = {
    "streams.audit_cdc": stream("prod_audit_cdc", config={"broken": "publication audit_pub not found"}),
    "streams.clicks_cdc": stream("prod_clicks_cdc", status="paused"),
    "streams.orders_cdc": stream("prod_orders_cdc"),
}
FARING = """\
PLANASONIX STREAM   STATE    LAG    EVENTS/S    BYTES/S  ERRORS/MIN  LAST EVENT  SINCE
streams.audit_cdc   ERROR    -             0      0 B/s           0  -           1 m
                    publication audit_pub not found
streams.clicks_cdc  paused   -             0      0 B/s           0  -           1 m
streams.orders_cdc  running  1.5 s      20.0  4.0 KiB/s           0  00:00:00    1 m

planasonix workspace: 4 streams, 2 running, 1 paused, 1 error, 2,400 events/min

3 shown: 1 error, 1 paused, 1 well. Read at 00:00:00 UTC.
"""


async def run(sandbox: Operated) -> None:
    """As they are a minute after all of them changed."""
    await sandbox.bench.attempt(STACK)
    for stored in sandbox.workspace.shelf("streams"):
        stored.changed = sandbox.workspace.moment
    sandbox.workspace.conditions.clock.advance(60)  # type: ignore[attr-defined]
    sandbox.forget()


def test_each_stream_is_told_with_its_metrics_and_the_workspace_below(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await run(sandbox)
        sandbox.workspace.add("streams", "str", {**sandbox.stored("prod_orders_cdc").fields, "name": "another"})
        assert re.sub(r"\b03:\d\d:\d\d", "00:00:00", await sandbox.status(STACK)) == FARING
        assert sandbox.asked == {
            ("GET", "/api/streams"): 2,
            ("GET", "/api/streams/{id}/metrics"): 3,
            ("GET", "/api/streams/summary"): 1,
        }

    operated(tmp_path, story)


def test_a_window_is_asked_for_and_one_that_nobody_has_is_told_before_any_call(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await run(sandbox)
        assert "running  1.5 s      11.2" in await sandbox.status(STACK, "streams.orders_cdc", window="24h")
        sandbox.forget()
        with pytest.raises(DiagnosticError) as raised:
            await sandbox.status(STACK, window="2h")
        (found,) = raised.value.diagnostics
        assert (found.code, found.message) == ("window-unknown", "no rates are told over 2h")
        assert found.help == ("What there is: planasonix stream: 1m, 5m, 1h, 24h",)
        assert not sandbox.asked

    operated(tmp_path, story)


def test_a_summary_that_is_not_told_leaves_the_table(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await run(sandbox)
        sandbox.service.faults.order("GET /api/streams/summary", *[Fault.ERROR_BEFORE] * 5)
        said = await sandbox.status(STACK, "streams.orders_cdc")
        assert "streams.orders_cdc  running" in said
        assert "planasonix: how all that it holds fares is not told: 500 on GET /api/streams/summary" in said

    operated(tmp_path, story)


def test_one_is_counted_as_one(tmp_path: Path) -> None:
    async def story(sandbox: Operated) -> None:
        await sandbox.bench.apply({"streams.only": stream("only")})
        told = await sandbox.status({"streams.only": stream("only")})
        assert "planasonix workspace: 1 stream, 1 running, 1,200 events/min" in told

    operated(tmp_path, story)
