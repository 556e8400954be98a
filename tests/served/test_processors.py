"""Processors over HTTP: made, running at once, exactly once, paused, read back as they were sent, and gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.served.serving import Serving, code_of, serving

PROCESSORS = "/api/v1/processors"
LARGE = [{"type": "filter", "predicate": "value.amount > 1000"}, {"type": "select", "fields": ["amount"]}]


@pytest.fixture(scope="module")
def engine(served: Serving) -> Serving:
    for name in ("transactions", "large", "errors", "other"):
        served.made(name, partitions=2)
    return served


def definition(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "source": "transactions", "operations": LARGE, "sink": "large", **more}


def arrived(engine: Serving, stream: str, count: int) -> list[Any]:
    """The values of a stream, once there are so many."""
    values: list[Any] = []
    while len(values) < count:
        page = engine.consumed(stream, f"watch-{stream}", timeout=20_000)
        assert page["events"], f"{len(values)} of {count} came"
        values += [event["value"] for event in page["events"]]
        engine.ask("POST", f"/api/v1/consumers/watch-{stream}/commit", {"offsets": page["metadata"]["nextOffsets"]})
    return values


def test_a_processor_runs_from_the_start_and_is_read_back_as_it_was_sent(engine: Serving) -> None:
    engine.produced("transactions", *[{"key": f"u{n}", "value": {"amount": n * 500, "n": n}} for n in range(6)])
    config = {"parallelism": 4, "checkpointInterval": 60000, "errorSink": "errors"}
    status, made = engine.ask("POST", PROCESSORS, definition("fraud", config=config))
    assert status == 201, made
    assert made.keys() == {"processorId", "status", "createdAt", "metrics"}
    assert (made["status"], made["processorId"][:5]) == ("running", "proc_")
    assert sorted(value["amount"] for value in arrived(engine, "large", 3)) == [1500, 2000, 2500]
    id = made["processorId"]
    status, read = engine.ask("GET", f"{PROCESSORS}/{id}")
    assert {name: read[name] for name in definition("fraud")} == definition("fraud")
    assert read["config"] == config
    status, metrics = engine.ask("GET", f"{PROCESSORS}/{id}/metrics")
    assert metrics.keys() == {"processorId", "status", "metrics", "windows"}
    seed = ["eventsProcessed", "throughput", "avgLatency", "lag", "errorRate"]
    assert metrics["metrics"].keys() == {*seed, "lateEvents", "watermark"}
    assert (metrics["metrics"]["eventsProcessed"], metrics["metrics"]["lag"]) == (6, 0)
    assert id in str(engine.ask("GET", PROCESSORS)[1])
    assert code_of(engine.ask("POST", PROCESSORS, definition("fraud"))) == (409, 1101)
    assert code_of(engine.ask("DELETE", "/api/v1/streams/large")) == (409, 1104)

    assert engine.ask("POST", f"{PROCESSORS}/{id}/pause")[1]["status"] == "paused"
    engine.produced("transactions", {"key": "late", "value": {"amount": 9000}})
    assert engine.ask("GET", f"{PROCESSORS}/{id}/metrics")[1]["metrics"]["lag"] == 1
    assert engine.ask("POST", f"{PROCESSORS}/{id}/resume")[1]["status"] == "running"
    assert arrived(engine, "large", 1) == [{"amount": 9000}]

    status, deleted = engine.ask("DELETE", f"{PROCESSORS}/{id}")
    assert (status, deleted["status"], deleted["processorId"]) == (200, "deleted", id)
    assert code_of(engine.ask("GET", f"{PROCESSORS}/{id}")) == (404, 1103)


WRONG: dict[str, tuple[dict[str, Any], tuple[int, int], str]] = {
    "a source that is none": ({"source": "none"}, (404, 1001), "there is no stream none"),
    "a sink that is none": ({"sink": "none"}, (404, 1001), "there is no stream none"),
    "a sink that is the source": ({"sink": "transactions"}, (400, 1100), "sink: a processor cannot write to"),
    "no sink": ({"sink": None}, (400, 1100), "sink: "),
    "no list": ({"operations": {"type": "filter"}}, (400, 1100), "operations: a list"),
    "an unknown operation": (
        {"operations": [*LARGE, {"type": "shuffle"}]},
        (400, 1100),
        "operations[2].type: there is no operation `shuffle`",
    ),
    "a predicate that is none": (
        {"operations": [{"type": "filter", "predicate": "value.a >"}]},
        (400, 1100),
        "operations[0]",
    ),
    "a window without an aggregate": (
        {"operations": [{"type": "window", "windowType": "tumbling", "duration": 1000}]},
        (400, 1100),
        "operations[0]",
    ),
    "an unknown function": ({"operations": [{"type": "map", "function": "nobodyKnows"}]}, (400, 1100), "operations[0]"),
    "no parallelism": ({"config": {"parallelism": 0}}, (400, 1100), "config.parallelism: "),
    "an unknown setting": ({"config": {"paralelism": 1}}, (400, 1100), "config.paralelism: "),
    "a name that is none": ({"name": "a b"}, (400, 1100), "name: "),
}


@pytest.mark.parametrize("row", WRONG)
def test_a_processor_that_cannot_be_is_refused_with_the_place(engine: Serving, row: str) -> None:
    more, code, says = WRONG[row]
    answer = engine.ask("POST", PROCESSORS, {**definition("wrong"), **more})
    assert code_of(answer) == code
    assert answer[1]["error"]["description"].startswith(says)


@pytest.mark.parametrize("path", ["", "/metrics", "/pause", "/resume"])
def test_a_processor_that_is_not_there_is_told(engine: Serving, path: str) -> None:
    method = "POST" if path in ("/pause", "/resume") else "GET"
    assert code_of(engine.ask(method, f"{PROCESSORS}/proc_none{path}")) == (404, 1103)


def test_a_stream_goes_with_its_processors_where_that_is_forced_and_nothing_else_needs_it(engine: Serving) -> None:
    made = engine.ask("POST", PROCESSORS, definition("forced", sink="other"))[1]
    fields = {"name": "reader", "connector": "file", "path": "reader.ndjson", "stream": "stream:other"}
    reader = engine.ask("POST", "/api/v1/resources/destinations", {"fields": fields})[1]
    assert code_of(engine.ask("DELETE", "/api/v1/streams/other?force=true")) == (409, 1104)
    assert engine.ask("GET", f"{PROCESSORS}/{made['processorId']}")[0] == 200
    engine.ask("DELETE", f"/api/v1/resources/destinations/{reader['id']}")
    status, deleted = engine.ask("DELETE", "/api/v1/streams/other?force=true")
    assert (status, deleted["deletedProcessors"]) == (200, [made["processorId"]])
    assert code_of(engine.ask("GET", f"{PROCESSORS}/{made['processorId']}")) == (404, 1103)


def test_after_a_kill_results_are_there_once(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        engine.made("transactions")
        engine.made("large")
        engine.ask("POST", PROCESSORS, definition("fraud"))
        for n in range(20):
            engine.produced("transactions", *[{"value": {"amount": 2000 + n * 100 + m}} for m in range(100)])
        engine.kill()
    with serving(tmp_path) as engine:
        values = arrived(engine, "large", 2000)
        assert [value["amount"] for value in values] == list(range(2000, 4000))
        assert engine.ask("GET", "/api/v1/streams/large")[1]["totalMessages"] == 2000
        told = engine.bare("GET", "/metrics").text.splitlines()
        assert 'stackfile_processor_events_total{processor="fraud"} 2000' in told
        assert 'stackfile_processor_lag{processor="fraud"} 0' in told
        assert any(line.startswith('stackfile_processor_latency_seconds{processor="fraud"} ') for line in told)
