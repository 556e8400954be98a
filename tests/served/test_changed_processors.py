"""Processors over HTTP that are changed in place, that begin with what is new, and that are changed by other means."""

from __future__ import annotations

from typing import Any

import pytest

from tests.served.serving import Serving, code_of

PROCESSORS = "/api/v1/processors"
PICK = [{"type": "filter", "predicate": "value.n > 1"}]
COUNT: list[dict[str, Any]] = [
    {"type": "window", "windowType": "tumbling", "duration": 1000},
    {"type": "aggregate", "aggregation": "count", "groupBy": "k"},
]


@pytest.fixture(scope="module")
def engine(served: Serving) -> Serving:
    for name in ("in", "out", "errors", "late", "counts", "new"):
        served.made(name)
    served.produced("in", *[{"value": {"n": n, "k": "a", "at": n * 1000}} for n in range(4)])
    return served


def made(engine: Serving, name: str, **more: Any) -> str:
    status, answer = engine.ask("POST", PROCESSORS, {"name": name, "source": "in", "sink": "out", **more})
    assert status == 201, answer
    return f"{PROCESSORS}/{answer['processorId']}"


def total(engine: Serving, stream: str) -> int:
    count: int = engine.ask("GET", f"/api/v1/streams/{stream}")[1]["totalMessages"]
    return count


def test_settings_change_in_place_and_what_is_not_named_stays(engine: Serving) -> None:
    at = made(engine, "changed", operations=PICK, config={"errorSink": "errors", "parallelism": 2})
    before = engine.ask("GET", at)[1]
    status, answer = engine.ask("PUT", at, {"config": {"checkpointInterval": 500, "lateSink": "late"}})
    config = {"parallelism": 2, "checkpointInterval": 500, "errorSink": "errors", "lateSink": "late"}
    assert (status, answer["config"], answer["operations"]) == (200, config, PICK)
    assert answer["processorId"] == before["processorId"]
    assert engine.ask("PUT", at, {"config": {"errorSink": None, "parallelism": None}})[1]["config"] == {
        "parallelism": 1,
        "checkpointInterval": 500,
        "lateSink": "late",
    }
    assert engine.ask("PUT", at, {"operations": None, "name": "changed", "source": "in"})[1]["operations"] == []
    for field in ("name", "source", "sink"):
        assert code_of(engine.ask("PUT", at, {field: "late"})) == (409, 1104)
    assert code_of(engine.ask("PUT", at, {"config": {"startFrom": "latest"}})) == (409, 1104)
    assert code_of(engine.ask("PUT", at, {"config": {"parallelism": 0}})) == (400, 1100)
    assert code_of(engine.ask("PUT", at, {"config": {"errorSink": "none"}})) == (404, 1001)
    answer = engine.ask("PUT", at, {"operations": [{"type": "filter", "predicate": "value.n >"}]})
    assert code_of(answer) == (400, 1100)
    assert answer[1]["error"]["description"].startswith("operations[0]")
    assert code_of(engine.ask("PUT", f"{PROCESSORS}/proc_none", {})) == (404, 1103)
    engine.ask("DELETE", at)


def test_other_operations_discard_what_they_hold_and_compute_all_again(engine: Serving) -> None:
    config = {"timestampField": "value.at"}
    at = made(engine, "counting", sink="counts", operations=COUNT, config=config)
    engine.until(lambda: total(engine, "counts") == 3)
    windows = [{**COUNT[0], "duration": 2000}, COUNT[1]]
    assert engine.ask("PUT", at, {"operations": windows})[1]["operations"] == windows
    engine.until(lambda: total(engine, "counts") == 4)
    page = engine.consumed("counts", "all")["events"]
    assert [one["value"]["count"] for one in page] == [1, 1, 1, 2]
    assert engine.ask("PUT", at, {"config": {"parallelism": 4}})[0] == 200
    assert engine.ask("GET", f"{at}/metrics")[1]["metrics"]["eventsProcessed"] >= 4
    engine.ask("DELETE", at)


def test_a_processor_may_begin_with_what_is_new(engine: Serving) -> None:
    at = made(engine, "fresh", sink="new", config={"startFrom": "latest"})
    assert engine.ask("GET", f"{at}/metrics")[1]["metrics"]["lag"] == 0
    before = total(engine, "in")
    engine.produced("in", {"value": {"n": 50, "at": 3500}})
    engine.until(lambda: total(engine, "new") == 1)
    assert [one["value"]["n"] for one in engine.consumed("new", "all")["events"]] == [50]
    assert total(engine, "in") == before + 1
    assert engine.ask("GET", at)[1]["config"]["startFrom"] == "latest"
    assert engine.ask("PUT", at, {"operations": [{**COUNT[1], "groupBy": "n"}]})[0] == 200
    engine.until(lambda: total(engine, "new") == 2)
    assert [one["value"] for one in engine.consumed("new", "all", offset=1)["events"]] == [{"n": 50, "count": 1}]
    answer = engine.ask(
        "POST", PROCESSORS, {"name": "x", "source": "in", "sink": "out", "config": {"startFrom": "now"}}
    )
    assert code_of(answer) == (400, 1100)
    engine.ask("DELETE", at)


def test_a_definition_is_given_back_as_it_was_sent_until_somebody_else_changes_it(engine: Serving) -> None:
    sent = '[{"predicate":"value.n>1.50","type":"filter"},{"type":"filter","predicate":"value.k == \'\u00e9\'  "}]'
    body = '{"name":"echoed","source":"in","sink":"out","operations":' + sent + ',"config":{"idleTimeout":1500}}'
    status = engine.bare("POST", PROCESSORS, content=body.encode())
    assert status.status_code == 201, status.text
    at = f"{PROCESSORS}/{status.json()['processorId']}"
    assert f'"operations":{sent}' in engine.bare("GET", at).text
    resource = at.replace("processors", "resources/pipelines")
    assert engine.ask("PUT", resource, {"fields": {"name": "renamed"}})[0] == 200
    assert f'"operations":{sent}' in engine.bare("GET", at).text
    changed = {"operations": [{"filter": "value.n > 7"}], "parallelism": 3, "late": "stream:late"}
    assert engine.ask("PUT", resource, {"fields": changed})[0] == 200
    read = engine.ask("GET", at)[1]
    assert (read["operations"], read["config"]) == (
        [{"filter": "value.n > 7"}],
        {"parallelism": 3, "checkpointInterval": 60_000, "idleTimeout": 1500, "lateSink": "late"},
    )
    engine.ask("DELETE", at)
