"""Resources over HTTP, as a stackfile writes them: declared, running at once, measured, changed, paused, and gone."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.served.serving import Serving, code_of

RESOURCES = "/api/v1/resources"


@pytest.fixture(scope="module")
def engine(served: Serving) -> Serving:
    for name in ("raw", "clean", "other"):
        declared(served, "streams", name=name)
    return served


def declared(engine: Serving, section: str, mark: str | None = None, **fields: Any) -> Any:
    status, made = engine.ask("POST", f"{RESOURCES}/{section}", {"fields": fields, "mark": mark})
    assert status == 201, made
    return made


def measured(engine: Serving, section: str, made: Any) -> Any:
    return engine.ask("GET", f"{RESOURCES}/{section}/{made['id']}/metrics")[1]


def values(metrics: Any) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in metrics["values"]}


def test_what_a_stackfile_declares_runs_at_once_and_tells_how_it_fares(engine: Serving, tmp_path: Path) -> None:
    (tmp_path / "in.ndjson").write_text('{"n": 1}\n{"n": 2}\nno json\n')
    file = {"connector": "file", "path": str(tmp_path / "in.ndjson"), "stream": "stream:raw"}
    source = declared(engine, "sources", "a note", name="lines", **file)
    assert source.keys() == {"id", "createdAt", "mark", "fields"}
    assert [source["mark"], source["fields"]["format"]] == ["a note", "ndjson"]
    more = [{"filter": "value.n > 1"}]
    ends = {"source": "stream:raw", "destination": "stream:clean"}
    pipeline = declared(engine, "pipelines", name="large", operations=more, **ends)
    out = {"connector": "file", "path": str(tmp_path / "out.ndjson"), "stream": "stream:clean"}
    destination = declared(engine, "destinations", name="file", **out)
    engine.until(lambda: values(measured(engine, "destinations", destination)["metrics"])["read"] == 1)
    assert (tmp_path / "out.ndjson").read_text() == '{"n":2}\n'

    said = measured(engine, "sources", source)
    told = values(said["metrics"])
    assert [said["metrics"]["state"], told["read"], told["errors"]] == ["running", 3, 1]
    assert [one["input"] for one in said["positions"]] == [source["id"]]
    assert measured(engine, "pipelines", pipeline)["positions"] == [
        {"input": "stream:raw", "position": {"offsets": {"0": 2}}}
    ]
    listed = engine.ask("GET", f"{RESOURCES}/sources")[1]["resources"]
    assert [(one["id"], one["fields"]["dead_letters"]) for one in listed] == [(source["id"], 1)]
    assert engine.ask("GET", "/api/v1/metrics/sources")[1]["metrics"][0]["id"] == source["id"]
    engine.consumed("clean", "readers", autoCommit="true")
    engine.consumed("clean", "readers", autoCommit="true")
    consumers = engine.ask("GET", "/api/v1/metrics/consumers")[1]["metrics"]
    assert [(one["group"], one["stream"], values(one)["lag"]) for one in consumers] == [("readers", "stream:clean", 0)]
    assert engine.ask("GET", f"{RESOURCES}/sources/{source['id']}")[1]["fields"] == listed[0]["fields"]
    names = [one["fields"]["name"] for one in engine.ask("GET", f"{RESOURCES}/streams")[1]["resources"]]
    assert names == ["raw", "clean", "other"]

    at = f"{RESOURCES}/pipelines/{pipeline['id']}"
    changed = engine.ask("PUT", at, {"fields": {"operations": None, "dead_letter": "stream:other"}})[1]["fields"]
    assert [changed[name] for name in ("operations", "dead_letter", "name")] == [[], "stream:other", "large"]
    assert engine.ask("PUT", at, {"fields": {"dead_letter": None}})[1]["fields"].get("dead_letter") is None
    for verb, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped"), ("start", "running")):
        assert engine.ask("POST", f"{at}/{verb}")[1]["fields"]["status"] == status
    assert code_of(engine.ask("DELETE", f"{RESOURCES}/streams/stream:raw")) == (409, 1104)
    for section, made in (("pipelines", pipeline), ("destinations", destination), ("sources", source)):
        gone = engine.ask("DELETE", f"{RESOURCES}/{section}/{made['id']}")[1]
        assert [gone["status"], gone["id"]] == ["deleted", made["id"]]
        assert code_of(engine.ask("DELETE", f"{RESOURCES}/{section}/{made['id']}")) == (404, 1112)


def file(**more: Any) -> dict[str, Any]:
    return {"fields": {"name": "x", "connector": "file", "path": "x.csv", **more}}


def between(**more: Any) -> dict[str, Any]:
    return {"fields": {"name": "x", "source": "stream:raw", "destination": "stream:clean", **more}}


WRONG: dict[str, tuple[tuple[int, int], str, str, Any, str]] = {
    "a section that is none": ((404, 1109), "GET", "tables", None, "there are no tables; there are "),
    "no fields": ((400, 1100), "POST", "sources", {"name": "x"}, "body.name: there is no such field"),
    "fields that are none": ((400, 1100), "POST", "sources", {"fields": 7}, "fields: an object is wanted"),
    "a note that is none": ((400, 1100), "POST", "streams", {"fields": {"name": "x"}, "mark": "\n"}, "mark: "),
    "a connector nobody knows": ((400, 1100), "POST", "sources", file(connector="fiel"), "source x: connector: "),
    "no connector": ((400, 1100), "POST", "destinations", {"fields": {"name": "x"}}, "destination x: connector: "),
    "a field nobody knows": ((400, 1100), "POST", "sources", file(pth=1), "source x: pth: "),
    "fields that do not go together": ((400, 1100), "POST", "sources", file(path="x"), "source x: format: the name x"),
    "a stream that is none": ((404, 1001), "POST", "sources", file(stream="stream:none"), "source x: stream is "),
    "a source that is none": ((404, 1112), "POST", "pipelines", between(source="src_1"), "pipeline x: source is src_1"),
    "a name that is taken": ((409, 1101), "POST", "streams", {"fields": {"name": "raw"}}, "a stream named raw exists"),
    "what is written is what is read": (
        (400, 1100),
        "POST",
        "pipelines",
        between(destination="stream:raw"),
        "pipeline",
    ),
    "a resource that is none": ((404, 1112), "GET", "sources/src_1", None, "there is no source src_1"),
    "one of another kind": ((404, 1112), "GET", "sources/stream:raw", None, "there is no source stream:raw"),
    "a change of what is none": ((404, 1112), "PUT", "sources/src_1", {"fields": {}}, "there is no source"),
    "figures of what is none": ((404, 1112), "GET", "sources/src_1/metrics", None, "there is no source"),
    "a pause of what is none": ((404, 1112), "POST", "pipelines/proc_1/pause", None, "there is no pipeline"),
    "a pause of a stream": ((400, 1105), "POST", "streams/stream:raw/pause", None, "streams are neither paused"),
    "a name that cannot change": (
        (409, 1104),
        "PUT",
        "streams/stream:raw",
        {"fields": {"name": "row"}},
        "stream raw: name cannot be changed in place",
    ),
    "fewer partitions": ((400, 1100), "PUT", "streams/stream:raw", {"fields": {"partitions": 0}}, "stream raw: part"),
}


@pytest.mark.parametrize("row", WRONG)
def test_what_cannot_be_is_refused_with_the_place(engine: Serving, row: str) -> None:
    code, method, path, body, says = WRONG[row]
    answer = engine.ask(method, f"{RESOURCES}/{path}", body)
    assert code_of(answer) == code
    assert answer[1]["error"]["description"].startswith(says)


def test_a_refused_field_is_named_for_programs_too(engine: Serving) -> None:
    error = engine.ask("POST", f"{RESOURCES}/sources", file(path="x"))[1]["error"]
    assert error["details"]["field"] == "format"
    assert "format: csv" in error["details"]["reason"]


def test_a_circle_of_processors_is_refused_and_named(engine: Serving) -> None:
    there = {"name": "there", "source": "raw", "sink": "clean"}
    back = {"name": "back", "source": "clean", "sink": "raw"}
    made = engine.ask("POST", "/api/v1/processors", there)[1]
    answer = engine.ask("POST", "/api/v1/processors", back)
    assert code_of(answer) == (409, 1104)
    way = "stream clean -> pipeline back -> stream raw -> pipeline there -> stream clean"
    assert answer[1]["error"]["details"] == {"circle": way}
    assert answer[1]["error"]["description"] == f"events would go in a circle: {way}"
    assert code_of(
        engine.ask("POST", f"{RESOURCES}/pipelines", between(source="stream:clean", destination="stream:raw"))
    )
    assert engine.ask("DELETE", f"/api/v1/processors/{made['processorId']}")[0] == 200


def test_what_is_only_ever_written_is_in_no_answer(engine: Serving) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    secrets: dict[str, Any] = {"token": "s3cret-of-a-source", "hmac": {"header": "X-Sig", "secret": "s3cret-of-a-hook"}}
    listens: dict[str, Any] = {"connector": "http", "listen": place, "stream": "stream:raw"}
    made = declared(engine, "sources", name="hook", **listens, **secrets)
    at = f"{RESOURCES}/sources/{made['id']}"
    assert engine.ask("PUT", at, {"fields": {"path": "/in"}})[1]["fields"]["path"] == "/in"
    answers = [
        made,
        engine.ask("GET", at),
        engine.ask("GET", f"{RESOURCES}/sources"),
        measured(engine, "sources", made),
    ]
    assert "s3cret" not in str(answers)
    assert engine.ask("DELETE", at)[0] == 200
