"""Every row of the API's error table: the request that raises it, its status and its code."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.served.serving import Serving, code_of, serving

STREAMS = "/api/v1/streams"
EVENTS = "/api/v1/streams/one/events"
BATCH = f"{EVENTS}/batch"
COMMIT = "/api/v1/consumers/group/commit"


@pytest.fixture(scope="module")
def engine(served: Serving) -> Serving:
    served.made("one")
    served.made("ten", partitions=10)
    served.made("small", config={"maxMessageBytes": 1024})
    served.consumed("one", "group")
    return served


def _offsets(stream: str = "one", partition: Any = 0, offset: Any = 0) -> dict[str, Any]:
    return {"offsets": [{"stream": stream, "partition": partition, "offset": offset}]}


ROWS: dict[str, tuple[tuple[int, int], str, str, Any]] = {
    "an unknown stream, produced to": ((404, 1001), "POST", "/api/v1/streams/none/events", {"value": 1}),
    "an unknown stream, a batch": (
        (404, 1001),
        "POST",
        "/api/v1/streams/none/events/batch",
        {"events": [{"value": 1}]},
    ),
    "an unknown stream, all of whose events are wrong": (
        (404, 1001),
        "POST",
        "/api/v1/streams/none/events/batch",
        {"events": [{}]},
    ),
    "an unknown stream, consumed": ((404, 1001), "GET", "/api/v1/streams/none/events?consumerGroup=g", None),
    "an unknown stream, read": ((404, 1001), "GET", "/api/v1/streams/none", None),
    "an unknown stream, changed": ((404, 1001), "PUT", "/api/v1/streams/none", {}),
    "an unknown stream, deleted": ((404, 1001), "DELETE", "/api/v1/streams/none", None),
    "an unknown stream, committed": ((404, 1001), "POST", COMMIT, _offsets("none")),
    "an offset that is no number": ((400, 1002), "GET", f"{EVENTS}?consumerGroup=g&offset=first", None),
    "an offset below zero": ((400, 1002), "GET", f"{EVENTS}?consumerGroup=g&offset=-1", None),
    "an offset behind the end": ((400, 1002), "GET", f"{EVENTS}?consumerGroup=g&offset=1", None),
    "a partition that is not there": ((400, 1002), "GET", f"{EVENTS}?consumerGroup=g&partition=7", None),
    "a commit behind the end": ((400, 1002), "POST", COMMIT, _offsets(offset=1)),
    "a commit below zero": ((400, 1002), "POST", COMMIT, _offsets(offset=-1)),
    "a commit of a partition that is not there": ((400, 1002), "POST", COMMIT, _offsets(partition=1)),
    "a commit of text": ((400, 1002), "POST", COMMIT, _offsets(offset="3")),
    "a commit of a group never seen": ((404, 1003), "POST", "/api/v1/consumers/none/commit", _offsets()),
    "a group never seen": ((404, 1003), "GET", "/api/v1/consumers/none", None),
    "a group never seen, deleted": ((404, 1003), "DELETE", "/api/v1/consumers/none", None),
    "no value": ((400, 1004), "POST", EVENTS, {"key": "a"}),
    "no object": ((400, 1004), "POST", EVENTS, [1]),
    "headers that are no texts": ((400, 1004), "POST", EVENTS, {"value": 1, "headers": {"a": 1}}),
    "an id that is no text": ((400, 1004), "POST", EVENTS, {"value": 1, "eventId": 7}),
    "an unknown field": ((400, 1100), "POST", EVENTS, {"value": 1, "valu": 2}),
    "an empty batch": ((400, 1100), "POST", BATCH, {"events": []}),
    "a batch that is a list": ((400, 1100), "POST", BATCH, [{"value": 1}]),
    "a timeout that is text": ((400, 1100), "POST", BATCH, {"events": [{"value": 1}], "options": {"timeout": "1"}}),
    "a codec nobody knows": ((400, 1100), "POST", BATCH, {"events": [{"value": 1}], "options": {"compression": "x"}}),
    "no group": ((400, 1100), "GET", EVENTS, None),
    "a group that is no name": ((400, 1100), "GET", f"{EVENTS}?consumerGroup=a%20b", None),
    "a limit of nothing": ((400, 1100), "GET", f"{EVENTS}?consumerGroup=g&limit=0", None),
    "a limit that is no number": ((400, 1100), "GET", f"{EVENTS}?consumerGroup=g&limit=all", None),
    "an unknown parameter": ((400, 1100), "GET", f"{EVENTS}?consumerGroup=g&filter=x", None),
    "a number without its partition": ((400, 1100), "GET", "/api/v1/streams/ten/events?consumerGroup=g&offset=0", None),
    "a stream without a name": ((400, 1100), "POST", STREAMS, {}),
    "a name of dots": ((400, 1100), "POST", STREAMS, {"name": ".."}),
    "a name with a slash": ((400, 1100), "POST", STREAMS, {"name": "a/b"}),
    "no partitions": ((400, 1100), "POST", STREAMS, {"name": "x", "partitions": 0}),
    "partitions that are true": ((400, 1100), "POST", STREAMS, {"name": "x", "partitions": True}),
    "no replicas": ((400, 1100), "POST", STREAMS, {"name": "x", "replicationFactor": 0}),
    "a setting nobody knows": ((400, 1100), "POST", STREAMS, {"name": "x", "config": {"retention": 1}}),
    "a retention of nothing": ((400, 1100), "POST", STREAMS, {"name": "x", "config": {"retentionMs": 0}}),
    "an empty commit": ((400, 1100), "POST", COMMIT, {"offsets": []}),
    "a name that is taken": ((409, 1101), "POST", STREAMS, {"name": "one"}),
    "an event that is too large": ((413, 1102), "POST", "/api/v1/streams/small/events", {"value": "x" * 1100}),
    "too many events": ((413, 1102), "POST", BATCH, {"events": [{"value": 1}] * 10_001}),
    "fewer partitions": ((409, 1104), "PUT", "/api/v1/streams/ten", {"partitions": 9}),
    "another name": ((409, 1104), "PUT", "/api/v1/streams/ten", {"name": "eleven"}),
    "a codec that is not installed": (
        (400, 1105),
        "POST",
        STREAMS,
        {"name": "x", "config": {"compressionType": "zstd"}},
    ),
    "a retention of five bytes": ((400, 1100), "POST", STREAMS, {"name": "x", "config": {"retentionBytes": 5}}),
    "a path that is none": ((404, 1109), "GET", "/api/v2/streams", None),
    "a path below a stream": ((404, 1109), "GET", "/api/v1/streams/one/other", None),
    "a method that is none": ((405, 1110), "DELETE", EVENTS, None),
    "a method of a route that is none": ((405, 1110), "PATCH", STREAMS, None),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_request_that_is_wrong_is_told_what_is(engine: Serving, row: str) -> None:
    expected, method, path, body = ROWS[row]
    assert code_of(engine.ask(method, path, body)) == expected


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", (400, 1004)),
        (b'{"value": ', (400, 1004)),
        (b'{"value": 1}]', (400, 1004)),
        (b'{"value": "\xff"}', (400, 1004)),
        (b'{"value": NaN}', (400, 1004)),
        (b'{"value": 1e999}', (400, 1004)),
        (b'{"value": ' + b"[" * 2000 + b"]" * 2000 + b"}", (400, 1004)),
        (b"1], [1", (400, 1004)),
        (b'{"value": "' + b"x" * 2**21 + b'"}', (413, 1102)),
        (b" " * (16 * 2**20 + 1), (413, 1102)),
    ],
    ids=[
        "empty",
        "cut",
        "a bracket too many",
        "no UTF-8",
        "NaN",
        "a huge number",
        "deep",
        "unwrapped",
        "large",
        "huge",
    ],
)
def test_a_body_that_is_no_event_is_refused(engine: Serving, body: bytes, code: tuple[int, int]) -> None:
    answer = engine.bare("POST", EVENTS, content=body)
    assert code_of((answer.status_code, answer.json())) == code


def test_a_body_may_be_gzip_and_must_be_what_it_says(engine: Serving) -> None:
    packed = {"Content-Encoding": "gzip"}
    plain = b'{"value": "' + b"x" * 2000 + b'"}'
    assert engine.bare("POST", EVENTS, content=gzip.compress(plain), headers=packed).status_code == 200
    answer = engine.bare("POST", EVENTS, content=plain, headers=packed)
    assert code_of((answer.status_code, answer.json())) == (400, 1004)
    answer = engine.bare("POST", EVENTS, content=gzip.compress(b" " * 2**25), headers=packed)
    assert code_of((answer.status_code, answer.json())) == (413, 1102)
    answer = engine.bare("POST", EVENTS, content=plain, headers={"Content-Encoding": "br"})
    assert code_of((answer.status_code, answer.json())) == (415, 1105)


def test_one_bad_event_fails_alone_in_its_place(engine: Serving) -> None:
    events = [{"value": 1}, {"key": 1}, {"value": "x" * 1100}, {"value": 2}]
    status, answer = engine.ask("POST", "/api/v1/streams/small/events/batch", {"events": events})
    assert (status, answer["totalEvents"], answer["successCount"], answer["failureCount"]) == (200, 4, 2, 2)
    codes = [one["error"]["code"] if "error" in one else one["offset"] for one in answer["results"]]
    assert codes == [0, 1004, 1102, 1]


def test_a_write_that_cannot_begin_in_time_is_taken_back(tmp_path: Path) -> None:
    with serving(tmp_path) as engine, closing(sqlite3.connect(tmp_path / "engine.db", isolation_level=None)) as other:
        engine.made("one")
        engine.consumed("one", "group")
        other.execute("BEGIN IMMEDIATE")
        assert code_of(engine.ask("POST", f"{EVENTS}?timeout=50", {"value": 1})) == (504, 1006)
        batch = {"events": [{"value": 1}, {}], "options": {"timeout": 50}}
        status, answer = engine.ask("POST", BATCH, batch)
        assert (status, answer["failureCount"]) == (200, 2)
        assert [one["error"]["code"] for one in answer["results"]] == [1006, 1004]
        assert engine.consumed("one", "group")["events"] == []
        other.execute("ROLLBACK")
        assert engine.produced("one", {"value": 3})[0]["offset"] == 0


def test_more_events_than_allowed_are_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path, "--max-rate", "3") as engine:
        engine.made("one")
        engine.produced("one", *[{"value": n} for n in range(300)])
        answer = engine.bare("POST", EVENTS, json={"value": 1})
        assert code_of((answer.status_code, answer.json())) == (429, 1005)
        assert int(answer.headers["Retry-After"]) >= 1


def test_a_damaged_batch_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        engine.made("one")
        for n in range(3):
            engine.produced("one", {"value": n})
    with closing(sqlite3.connect(tmp_path / "engine.db")) as database, database:
        database.execute("UPDATE batches SET data = X'00' WHERE base = 1")
    with serving(tmp_path) as engine:
        answer = engine.ask("GET", EVENTS, params={"consumerGroup": "g", "offset": "1"})
        assert code_of(answer) == (500, 1004)
        error = answer[1]["error"]
        assert error["description"].startswith("stream one, partition 0: offsets 1 to 1 are damaged: its checksum")
        assert error["details"] == {"stream": "one", "partition": 0, "offset": 1, "nextOffset": 2}
        page = engine.consumed("one", "g")
        assert [e["value"] for e in page["events"]] == [0]
        assert page["metadata"]["lag"] == 2
        assert [e["value"] for e in engine.consumed("one", "g", offset=2)["events"]] == [2]
        commit = {"offsets": [{"stream": "one", "partition": 0, "offset": error["details"]["nextOffset"]}]}
        assert engine.ask("POST", "/api/v1/consumers/g/commit", commit)[0] == 200
        assert [e["value"] for e in engine.consumed("one", "g")["events"]] == [2]
        assert engine.ask("GET", "/health")[1]["status"] == "ok"


def test_without_its_token_nothing_but_health_is_answered(tmp_path: Path) -> None:
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text("s3cret-token\n")
    with serving(tmp_path / "data", "--token-file", str(tmp_path / "token"), token="s3cret-token") as engine:
        assert engine.ask("GET", "/api/v1/streams") == (200, {"streams": []})
        assert httpx.get(f"{engine.url}/health").status_code == 200
        for given in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic s3cret-token"}):
            for path in ("/api/v1/streams", "/metrics", "/openapi.json", EVENTS):
                answer = httpx.get(engine.url + path, headers=given)
                assert code_of((answer.status_code, answer.json())) == (401, 1107)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                assert "s3cret" not in answer.text


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_without_a_token_no_page_of_a_browser_is_answered(engine: Serving, headers: dict[str, str]) -> None:
    assert code_of(engine.ask("GET", "/api/v1/streams", headers=headers)) == (403, 1108)
