"""What is told of a stream: what it has read and sent, and what of it is not connected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackfile.sdk.provider import Live
from stackfile_redpanda_connect.engine import Connection
from stackfile_redpanda_connect.measuring import fares, not_connected

NOW = datetime(2026, 11, 21, 3, 25, 10, tzinfo=UTC)
REFUSED = "dial tcp: connection refused"
CONFIG: Mapping[str, Any] = {
    "input": {"broker": {"inputs": [{"generate": {}}, {"label": "two", "socket": {}}]}},
    "output": {"label": "", "processors": [], "kafka_franz": {"topic": "orders"}},
}
STATS = {
    'input_received{label="",path="root.input.broker.inputs.0",stream="s"}': 7,
    'input_received{label="two",path="root.input.broker.inputs.1",stream="s"}': 5,
    'input_connection_failed{label="two",path="root.input.broker.inputs.1",stream="s"}': 3,
    'input_latency_ns{label="",path="root.input",stream="s"}': {"p50": 1},
    'processor_error{label="",path="root.pipeline.processors.0",stream="s"}': 2,
    'output_sent{label="",path="root.output",stream="s"}': 10,
    'output_error{label="",path="root.output",stream="s"}': 1,
    "uptime_ns": 5,
}

LINES = {
    "the kind of an output": (Connection("output", "", False, REFUSED), f"output kafka_franz: {REFUSED}"),
    "one input of several": (
        Connection("input.broker.inputs.0", "", False, REFUSED),
        f"input generate (broker.inputs.0): {REFUSED}",
    ),
    "one that has a label": (
        Connection("input.broker.inputs.1", "two", False, ""),
        "input socket (two): not connected yet",
    ),
    "what the config does not have": (
        Connection("input_resources", "", False, ""),
        "input_resources: not connected yet",
    ),
}


@pytest.mark.parametrize(("connection", "line"), LINES.values(), ids=LINES.keys())
def test_what_is_not_connected_is_named_with_the_reason(connection: Connection, line: str) -> None:
    connected = Connection("input", "", True)
    assert not_connected([connected, connection], CONFIG) == (line,)


def test_counters_are_the_sum_of_all_components() -> None:
    started = NOW - timedelta(minutes=6)
    told = fares(Live("s", {"status": "running"}, started), STATS, [], NOW)
    assert (told.state, told.well) == ("active", True)
    assert {one.name: one.value for one in told.values if one.value is not None} == {
        "received": 12,
        "sent": 10,
        "errors": 6,
        "since": 360,
    }
    assert [(one.name, one.total) for one in told.values if one.total is not None] == [("events_per_s", 10)]


@pytest.mark.parametrize(
    ("status", "troubles", "state", "well"),
    [
        ("running", ["output: refused"], "NOT CONNECTED", False),
        ("finished", [], "finished", True),
        ("unreadable", [], "active", False),
    ],
)
def test_states(status: str, troubles: list[str], state: str, well: bool) -> None:
    told = fares(Live("s", {"status": status}), {}, troubles, NOW)
    assert (told.state, told.well, told.values) == (state, well, ())
