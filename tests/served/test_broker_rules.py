"""What the API promises of partitions, offsets, groups, repeats and retention."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from stackfile_local.engine.placement import murmur2
from tests.served.serving import LONGEST, Serving, code_of, serving


def commit(engine: Serving, group: str, *offsets: dict[str, object]) -> tuple[int, object]:
    return engine.ask("POST", f"/api/v1/consumers/{group}/commit", {"offsets": list(offsets)})


def values(page: dict[str, object]) -> list[object]:
    events = page["events"]
    assert isinstance(events, list)
    return [event["value"] for event in events]


@pytest.mark.parametrize(("text", "signed"), [("21", -973932308), ("foobar", -790332482), ("abc", 479470107)])
def test_keys_are_placed_as_kafka_places_them(served: Serving, text: str, signed: int) -> None:
    assert murmur2(text.encode()) == signed & 0xFFFFFFFF
    name = f"placed-{text}"
    served.made(name, partitions=10)
    by_key, by_partition_key = served.produced(
        name, {"key": text, "value": 1}, {"key": "other", "partitionKey": text, "value": 2}
    )
    assert by_key["partition"] == by_partition_key["partition"] == (signed & 0x7FFFFFFF) % 10


def test_events_without_a_key_go_round(served: Serving) -> None:
    served.made("round", partitions=3)
    assert [one["partition"] for one in served.produced("round", *[{"value": n} for n in range(6)])] == [0, 1, 2] * 2
    assert served.produced("round", {"value": 6})[0]["partition"] == 0


def test_a_group_goes_on_behind_its_commit_and_reading_moves_nothing(served: Serving) -> None:
    served.made("read")
    served.produced("read", *[{"value": n} for n in range(5)])
    assert values(served.consumed("read", limit=2)) == values(served.consumed("read", limit=2)) == [0, 1]
    page = served.consumed("read", limit=2)
    assert (page["metadata"]["nextOffset"], page["metadata"]["lag"]) == (2, 3)
    assert commit(served, "readers", *page["metadata"]["nextOffsets"])[0] == 200
    assert values(served.consumed("read")) == [2, 3, 4]
    group = served.ask("GET", "/api/v1/consumers/readers")[1]
    assert group["lag"] == 3
    assert group["offsets"] == [{"stream": "read", "partition": 0, "offset": 2, "endOffset": 5, "lag": 3}]
    assert values(served.consumed("read", offset=4)) == [4]
    assert values(served.consumed("read", offset=5)) == []
    assert values(served.consumed("read")) == [2, 3, 4]
    commit(served, "readers", {"stream": "read", "partition": 0, "offset": 0})
    assert values(served.consumed("read")) == [0, 1, 2, 3, 4]
    assert served.ask("DELETE", "/api/v1/consumers/readers")[1]["status"] == "deleted"
    assert code_of(served.ask("GET", "/api/v1/consumers/readers")) == (404, 1003)


def test_latest_begins_at_the_first_poll_and_misses_nothing_from_then_on(served: Serving) -> None:
    served.made("latest")
    served.produced("latest", {"value": "before"})
    assert values(served.consumed("latest", "late", offset="latest")) == []
    served.produced("latest", {"value": "after"})
    assert values(served.consumed("latest", "late", offset="latest")) == ["after"]
    assert values(served.consumed("latest", "late", offset="latest")) == ["after"]


def test_a_commit_is_whole_or_nothing(served: Serving) -> None:
    served.made("whole", partitions=2)
    served.produced("whole", *[{"value": n} for n in range(4)])
    served.consumed("whole", "strict")
    wrong = commit(
        served,
        "strict",
        {"stream": "whole", "partition": 0, "offset": 1},
        {"stream": "whole", "partition": 1, "offset": 9},
    )
    assert code_of(wrong) == (400, 1002)
    assert served.ask("GET", "/api/v1/consumers/strict")[1]["offsets"] == []


def test_auto_commit_commits_the_page_before(served: Serving) -> None:
    served.made("auto")
    served.produced("auto", *[{"value": n} for n in range(3)])
    pages = [values(served.consumed("auto", "auto", limit=2, autoCommit="true")) for _ in range(3)]
    assert pages == [[0, 1], [2], []]
    assert served.ask("GET", "/api/v1/consumers/auto")[1]["lag"] == 0


def test_a_page_takes_from_every_partition_in_its_order(served: Serving) -> None:
    served.made("fair", partitions=3)
    served.produced("fair", *[{"value": n} for n in range(30)])
    page = served.consumed("fair", limit=6)
    assert [(event["partition"], event["offset"]) for event in page["events"]] == [
        *((p, 0) for p in range(3)),
        *((p, 1) for p in range(3)),
    ]
    assert page["metadata"]["lag"] == 24
    assert len(served.consumed("fair", limit=2)["events"]) == 2


def test_a_poll_waits_for_the_first_event_and_no_longer(served: Serving) -> None:
    served.made("poll")
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.extend(values(served.consumed("poll", "poll", timeout=50_000))))
    waiting.start()
    served.until(lambda: "'poll'" in str(served.ask("GET", "/api/v1/consumers")))
    served.produced("poll", {"value": "here"})
    waiting.join(40)
    assert found == ["here"]
    assert values(served.consumed("poll", "poll", offset=1, timeout=1)) == []


def test_a_repeat_of_an_id_is_answered_with_the_first_place(served: Serving) -> None:
    served.made("once", partitions=2)
    event = {"key": "a", "value": 1, "eventId": "order-7"}
    first = served.ask("POST", "/api/v1/streams/once/events", event)[1]
    again = served.ask("POST", "/api/v1/streams/once/events", {**event, "value": 2, "key": "b"})[1]
    assert {**first, "duplicate": True, "timestamp": ""} == {**again, "timestamp": ""}
    both = served.produced("once", {"value": 3, "eventId": "x"}, {"value": 4, "eventId": "x"}, event)
    assert [one.get("duplicate", False) for one in both] == [False, True, True]
    page = served.consumed("once")
    assert sorted((event["eventId"], event["value"]) for event in page["events"]) == [("order-7", 1), ("x", 3)]
    assert {event["eventId"] for event in page["events"]} == {first["eventId"], "x"}


def test_of_many_who_make_a_stream_at_once_one_does(served: Serving) -> None:
    told: list[tuple[int, int]] = []

    def make() -> None:
        answer = httpx.post(f"{served.url}/api/v1/streams", json={"name": "raced"}, timeout=LONGEST)
        told.append((answer.status_code, answer.json().get("error", {}).get("code", 0)))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST)
    assert sorted(told) == [(201, 0), *[(409, 1101)] * 7]


def test_ids_say_where_an_event_is_and_are_the_same_to_both_sides(served: Serving) -> None:
    served.made("ids", config={"compressionType": "gzip"})
    produced = served.produced("ids", *[{"value": n, "headers": {"n": str(n)}} for n in range(3)])
    consumed = served.consumed("ids")["events"]
    assert [event["eventId"] for event in consumed] == [one["eventId"] for one in produced]
    assert [event["headers"] for event in consumed] == [{"n": str(n)} for n in range(3)]


def test_what_retention_took_is_told_and_a_made_anew_stream_starts_afresh(served: Serving) -> None:
    served.made("kept", config={"retentionMs": 1})
    served.produced("kept", {"value": 1})
    again = {"config": {"retentionMs": 1}}
    served.until(lambda: served.ask("PUT", "/api/v1/streams/kept", again)[1]["totalMessages"] == 0)
    assert served.ask("GET", "/api/v1/streams/kept")[1]["partitionDetails"][0]["startOffset"] == 1
    served.consumed("kept", "slow")
    commit(served, "slow", {"stream": "kept", "partition": 0, "offset": 0})
    page = served.consumed("kept", "slow")
    assert (page["events"], page["metadata"]["reset"], page["metadata"]["nextOffset"]) == ([], 1, 1)
    assert code_of(served.ask("GET", "/api/v1/streams/kept/events?consumerGroup=x&offset=0")) == (400, 1002)
    served.ask("DELETE", "/api/v1/streams/kept")
    served.made("kept")
    assert served.ask("GET", "/api/v1/consumers/slow")[1]["offsets"] == []
    assert served.produced("kept", {"value": 2})[0]["offset"] == 0


def test_a_stream_is_changed_in_place_and_echoes_all_that_was_set(served: Serving) -> None:
    config = {"retentionMs": -1, "compressionType": "gzip", "maxMessageBytes": 2048}
    served.made("change", partitions=2, replicationFactor=3, config=config)
    read = served.ask("GET", "/api/v1/streams/change")[1]
    assert (read["partitions"], read["replicationFactor"], read["config"]) == (2, 3, config)
    more = {"partitions": 4, "config": {"retentionMs": None, "maxMessageBytes": 4096}}
    assert served.ask("PUT", "/api/v1/streams/change", more)[0] == 200
    read = served.ask("GET", "/api/v1/streams/change")[1]
    assert (read["partitions"], read["replicationFactor"]) == (4, 3)
    assert read["config"] == {"retentionMs": 604_800_000, "compressionType": "gzip", "maxMessageBytes": 4096}


def test_a_commit_and_the_settings_outlive_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        engine.made("one", replicationFactor=2)
        engine.produced("one", *[{"value": n} for n in range(3)])
        commit(engine, "readers", *engine.consumed("one", limit=2)["metadata"]["nextOffsets"])
        assert engine.stop() == 0
    with serving(tmp_path) as engine:
        assert values(engine.consumed("one")) == [2]
        assert engine.ask("GET", "/api/v1/streams/one")[1]["replicationFactor"] == 2
