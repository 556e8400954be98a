"""Every request of the API's text is sent as it is written there, and every answer has the shape that is shown."""

from __future__ import annotations

import re
from typing import Any

from tests.served.serving import Serving

STREAM = {
    "name": "user-events",
    "partitions": 10,
    "replicationFactor": 3,
    "config": {"retentionMs": 604800000, "compressionType": "gzip", "maxMessageBytes": 1048576},
}
EVENT = {
    "key": "user-123",
    "value": {
        "eventType": "user-action",
        "timestamp": "2025-01-15T10:30:00Z",
        "data": {"action": "click", "element": "checkout-button"},
    },
    "headers": {"correlationId": "abc-123", "source": "web-app"},
    "partitionKey": "user-123",
}
BATCH = {
    "events": [
        {"key": "user-123", "value": {"eventType": "login", "userId": "123"}},
        {"key": "user-456", "value": {"eventType": "purchase", "amount": 99.99}},
    ],
    "options": {"compression": "gzip", "timeout": 5000},
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def shape(value: Any) -> Any:
    """Names and types; a text that is a time is one, and a list is what its first entry is."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return "time"
    return "number" if isinstance(value, int | float) else type(value).__name__


def test_the_requests_of_the_text_get_the_answers_of_the_text(served: Serving) -> None:
    assert served.ask("POST", "/api/v1/streams", STREAM)[0] == 201
    status, one = served.ask("POST", "/api/v1/streams/user-events/events", EVENT)
    assert (status, shape(one)) == (
        200,
        {"eventId": "str", "partition": "number", "offset": "number", "timestamp": "time", "status": "str"},
    )
    assert (one["partition"], one["offset"], one["status"]) == (8, 0, "published")
    assert one["eventId"].startswith("evt_")
    assert TIME.fullmatch(one["timestamp"])

    status, batch = served.ask("POST", "/api/v1/streams/user-events/events/batch", BATCH)
    assert status == 200
    assert batch.pop("batchId").startswith("batch_")
    results = batch.pop("results")
    assert batch == {"totalEvents": 2, "successCount": 2, "failureCount": 0}
    assert [shape(one) for one in results] == [{"eventId": "str", "partition": "number", "offset": "number"}] * 2

    query = {"consumerGroup": "analytics-group", "offset": "earliest", "limit": "100", "timeout": "1000"}
    status, page = served.ask("GET", "/api/v1/streams/user-events/events", params=query)
    assert status == 200
    assert len(page["events"]) == 3
    shown = {"eventId": "str", "partition": "number", "offset": "number", "timestamp": "time", "key": "str"}
    first = next(event for event in page["events"] if event["eventId"] == one["eventId"])
    assert first.pop("headers") == EVENT["headers"]
    assert first.pop("value") == EVENT["value"]
    assert shape(first) == shown
    following = page["metadata"].pop("nextOffsets")
    assert page["metadata"] == {
        "consumerGroup": "analytics-group",
        "lag": 0,
        "nextOffset": page["events"][-1]["offset"] + 1,
    }

    commit = {"offsets": following[:2]}
    assert served.ask("POST", "/api/v1/consumers/analytics-group/commit", commit) == (
        200,
        {"status": "committed", "committedOffsets": commit["offsets"]},
    )

    status, stream = served.ask("GET", "/api/v1/streams/user-events")
    assert (status, stream["totalMessages"], stream["totalSize"] > 0) == (200, 3, True)
    assert {name: stream[name] for name in STREAM} == STREAM
    assert [one["endOffset"] for one in stream["partitionDetails"]].count(0) == 8
    assert stream["partitionDetails"][8] == {
        "partition": 8,
        "leader": "broker-1",
        "replicas": ["broker-1"],
        "startOffset": 0,
        "endOffset": 2,
    }

    status, deleted = served.ask("DELETE", "/api/v1/streams/user-events")
    assert (status, deleted["status"], deleted["streamName"]) == (200, "deleted", "user-events")
    assert TIME.fullmatch(deleted["deletedAt"])
    assert served.ask("GET", "/api/v1/streams/user-events")[0] == 404
