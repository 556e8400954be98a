"""The parts of the API's description: parameters, bodies and answers."""

from __future__ import annotations

from typing import Any

from stackfile_local.server.errors import TABLE
from stackfile_local.server.openapi_forms import (
    ANY,
    COUNT,
    FLAG,
    NAME,
    TEXT,
    TIME,
    closed,
    entire,
    listed,
    path_parameter,
    query_parameter,
    ref,
)

_BATCH_COMPRESSION = {"enum": ["none", "gzip", "snappy", "lz4", "zstd", None]}


PARAMETERS: dict[str, Any] = {
    "name": path_parameter("name", NAME),
    "group": path_parameter("group", NAME),
    "id": path_parameter("id", TEXT),
    "force": query_parameter("force", FLAG, "Delete the processors that use the stream, too."),
    "consumerGroup": query_parameter("consumerGroup", NAME, "The group; its first poll makes it.", required=True),
    "offset": query_parameter(
        "offset", {"type": "string", "pattern": "^(earliest|latest|[0-9]{1,18})$"}, "Where to begin."
    ),
    "partition": query_parameter("partition", COUNT, "This partition only."),
    "limit": query_parameter(
        "limit", {"type": "integer", "minimum": 1}, "Events at most: 100; more than 10,000 is 10,000."
    ),
    "timeout": query_parameter("timeout", COUNT, "Milliseconds to wait for an event: 1000; at most 60,000."),
    "autoCommit": query_parameter("autoCommit", FLAG, "Commit the page before."),
    "writeTimeout": query_parameter("timeout", COUNT, "Milliseconds in which it must begin to be written: 5000."),
}

_OFFSET = entire(stream=TEXT, partition=COUNT, offset=COUNT)
_ERROR = {
    "code": {"type": "integer", "enum": list(TABLE)},
    "message": {"type": "string", "enum": [name for name, _ in TABLE.values()]},
    "description": TEXT,
}
_GROUP_OFFSET = entire(stream=TEXT, partition=COUNT, offset=COUNT, endOffset=COUNT, lag=COUNT)
_PLACE = {"eventId": TEXT, "partition": COUNT, "offset": COUNT}
_CONFIG = {
    "retentionMs": {"type": ["integer", "null"]},
    "compressionType": {"type": ["string", "null"]},
    "maxMessageBytes": {"type": ["integer", "null"]},
    "retentionBytes": {"type": ["integer", "null"], "description": "Of each partition; -1 is any number."},
}
_METRICS = entire(
    eventsProcessed=COUNT,
    throughput={"type": "number"},
    avgLatency={"type": "number"},
    lag=COUNT,
    errorRate={"type": "number"},
    lateEvents=COUNT,
    watermark={"type": ["string", "null"], "format": "date-time"},
)
_STATUS = {"type": "string", "enum": ["running", "paused", "failed"]}
_MADE = {"processorId": TEXT, "status": _STATUS, "createdAt": TIME, "metrics": _METRICS}
_DEFINED = {"name": TEXT, "source": TEXT, "sink": TEXT, "operations": listed(ANY), "config": {"type": "object"}}

SCHEMAS: dict[str, Any] = {
    "Error": entire(error=entire(**_ERROR, details={"type": "object"})),
    "Health": closed(
        ("status",),
        status={"type": "string", "enum": ["ok", "stopping", "failed"]},
        version=TEXT,
        engineId=TEXT,
        reason=TEXT,
    ),
    "Event": closed(
        ("value",),
        key=ANY,
        value=ANY,
        headers={"type": ["object", "null"], "additionalProperties": TEXT},
        partitionKey=ANY,
        eventId={"type": ["string", "null"], "minLength": 1, "maxLength": 256},
    ),
    "Published": closed(
        (*_PLACE, "timestamp", "status"),
        **_PLACE,
        timestamp=TIME,
        status={"const": "published"},
        duplicate={"type": "boolean"},
    ),
    "NewBatch": closed(
        ("events",),
        events=listed(ref("Event"), minItems=1, maxItems=10_000),
        options=closed(
            (), compression=_BATCH_COMPRESSION, timeout={"type": "integer", "minimum": 0, "maximum": 60_000}
        ),
    ),
    "Batch": entire(
        batchId=TEXT,
        totalEvents=COUNT,
        successCount=COUNT,
        failureCount=COUNT,
        results=listed(
            {"anyOf": [closed(tuple(_PLACE), **_PLACE, duplicate={"type": "boolean"}), entire(error=entire(**_ERROR))]}
        ),
    ),
    "Page": entire(
        events=listed(
            closed(
                (*_PLACE, "timestamp", "key", "value"),
                **_PLACE,
                timestamp=TIME,
                key=ANY,
                value=ANY,
                headers={"type": "object", "additionalProperties": TEXT},
            )
        ),
        metadata=closed(
            ("consumerGroup", "lag", "nextOffset", "nextOffsets"),
            consumerGroup=TEXT,
            lag=COUNT,
            nextOffset={"type": ["integer", "null"]},
            nextOffsets=listed(_OFFSET),
            reset=COUNT,
        ),
    ),
    "NewStream": closed(
        ("name",),
        name=NAME,
        partitions={"type": "integer", "minimum": 1, "maximum": 256},
        replicationFactor={"type": "integer", "minimum": 1},
        config=closed((), **_CONFIG),
    ),
    "StreamChange": closed(
        (),
        name=NAME,
        partitions={"type": "integer", "minimum": 1, "maximum": 256},
        replicationFactor={"type": "integer", "minimum": 1},
        config=closed((), **_CONFIG),
    ),
    "Stream": entire(
        name=TEXT,
        partitions=COUNT,
        replicationFactor=COUNT,
        totalMessages=COUNT,
        totalSize=COUNT,
        createdAt=TIME,
        config=closed(
            ("retentionMs", "compressionType", "maxMessageBytes"),
            retentionMs={"type": "integer"},
            compressionType=TEXT,
            maxMessageBytes=COUNT,
            retentionBytes=COUNT,
        ),
        partitionDetails=listed(
            entire(partition=COUNT, leader=TEXT, replicas=listed(TEXT), startOffset=COUNT, endOffset=COUNT)
        ),
    ),
    "Streams": entire(streams=listed(ref("Stream"))),
    "StreamDeleted": closed(
        ("status", "streamName", "deletedAt"),
        status={"const": "deleted"},
        streamName=TEXT,
        deletedAt=TIME,
        deletedProcessors=listed(TEXT),
    ),
    "Group": entire(consumerGroup=TEXT, createdAt=TIME, lag=COUNT, offsets=listed(_GROUP_OFFSET)),
    "Groups": entire(consumers=listed(ref("Group"))),
    "GroupDeleted": entire(status={"const": "deleted"}, consumerGroup=TEXT, deletedAt=TIME),
    "Commit": entire(offsets=listed(_OFFSET, minItems=1)),
    "Committed": entire(status={"const": "committed"}, committedOffsets=listed(_OFFSET)),
    "NewProcessor": closed(
        ("name", "source", "sink"),
        name=NAME,
        source=NAME,
        sink=NAME,
        operations=listed({"type": "object"}),
        config={"type": "object"},
    ),
    "ProcessorChange": closed(
        (),
        name=NAME,
        source=NAME,
        sink=NAME,
        operations={"type": ["array", "null"], "items": {"type": "object"}},
        config={"type": ["object", "null"]},
    ),
    "ProcessorMade": entire(**_MADE),
    "Processor": closed((*_MADE, *_DEFINED), **_MADE, **_DEFINED, effectiveParallelism={"const": 1}, problem=TEXT),
    "Processors": entire(processors=listed(ref("Processor"))),
    "ProcessorDeleted": entire(status={"const": "deleted"}, processorId=TEXT, deletedAt=TIME),
    "ProcessorMetrics": entire(
        processorId=TEXT,
        status=_STATUS,
        metrics=_METRICS,
        windows=listed(entire(windowStart=TIME, windowEnd=TIME, eventsCount=COUNT)),
    ),
}
