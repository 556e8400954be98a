"""The parts of the API's description: parameters, bodies and answers."""

from __future__ import annotations

from typing import Any

from stackfile_local.server.errors import TABLE

_NAME = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,249}$", "not": {"enum": [".", ".."]}}
_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_TIME = {"type": "string", "format": "date-time"}
_FLAG = {"type": "string", "enum": ["true", "false"]}
_ANY: dict[str, Any] = {}
_BATCH_COMPRESSION = {"enum": ["none", "gzip", "snappy", "lz4", "zstd", None]}


def _closed(required: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """An object with no other fields."""
    shape: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def _all(**fields: Any) -> dict[str, Any]:
    """An object that has every one of these fields."""
    return _closed(tuple(fields), **fields)


def _list(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: dict[str, Any], says: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": says}


PARAMETERS: dict[str, Any] = {
    "name": _path("name", _NAME),
    "group": _path("group", _NAME),
    "id": _path("id", _TEXT),
    "force": _query("force", _FLAG, "Delete the processors that use the stream, too."),
    "consumerGroup": _query("consumerGroup", _NAME, "The group; its first poll makes it.", required=True),
    "offset": _query("offset", {"type": "string", "pattern": "^(earliest|latest|[0-9]{1,18})$"}, "Where to begin."),
    "partition": _query("partition", _COUNT, "This partition only."),
    "limit": _query("limit", {"type": "integer", "minimum": 1}, "Events at most: 100; more than 10,000 is 10,000."),
    "timeout": _query("timeout", _COUNT, "Milliseconds to wait for an event: 1000; at most 60,000."),
    "autoCommit": _query("autoCommit", _FLAG, "Commit the page before."),
    "writeTimeout": _query("timeout", _COUNT, "Milliseconds in which it must begin to be written: 5000."),
}

_OFFSET = _all(stream=_TEXT, partition=_COUNT, offset=_COUNT)
_ERROR = {
    "code": {"type": "integer", "enum": list(TABLE)},
    "message": {"type": "string", "enum": [name for name, _ in TABLE.values()]},
    "description": _TEXT,
}
_GROUP_OFFSET = _all(stream=_TEXT, partition=_COUNT, offset=_COUNT, endOffset=_COUNT, lag=_COUNT)
_PLACE = {"eventId": _TEXT, "partition": _COUNT, "offset": _COUNT}
_CONFIG = {
    "retentionMs": {"type": ["integer", "null"]},
    "compressionType": {"type": ["string", "null"]},
    "maxMessageBytes": {"type": ["integer", "null"]},
}
_METRICS = _all(
    eventsProcessed=_COUNT,
    throughput={"type": "number"},
    avgLatency={"type": "number"},
    lag=_COUNT,
    errorRate={"type": "number"},
)
_STATUS = {"type": "string", "enum": ["running", "paused", "failed"]}
_MADE = {"processorId": _TEXT, "status": _STATUS, "createdAt": _TIME, "metrics": _METRICS}
_DEFINED = {"name": _TEXT, "source": _TEXT, "sink": _TEXT, "operations": _list(_ANY), "config": {"type": "object"}}

SCHEMAS: dict[str, Any] = {
    "Error": _all(error=_all(**_ERROR, details={"type": "object"})),
    "Health": _closed(
        ("status",),
        status={"type": "string", "enum": ["ok", "stopping", "failed"]},
        version=_TEXT,
        engineId=_TEXT,
        reason=_TEXT,
    ),
    "Event": _closed(
        ("value",),
        key=_ANY,
        value=_ANY,
        headers={"type": ["object", "null"], "additionalProperties": _TEXT},
        partitionKey=_ANY,
        eventId={"type": ["string", "null"], "minLength": 1, "maxLength": 256},
    ),
    "Published": _closed(
        (*_PLACE, "timestamp", "status"),
        **_PLACE,
        timestamp=_TIME,
        status={"const": "published"},
        duplicate={"type": "boolean"},
    ),
    "NewBatch": _closed(
        ("events",),
        events=_list(_ref("Event"), minItems=1, maxItems=10_000),
        options=_closed(
            (), compression=_BATCH_COMPRESSION, timeout={"type": "integer", "minimum": 0, "maximum": 60_000}
        ),
    ),
    "Batch": _all(
        batchId=_TEXT,
        totalEvents=_COUNT,
        successCount=_COUNT,
        failureCount=_COUNT,
        results=_list(
            {"anyOf": [_closed(tuple(_PLACE), **_PLACE, duplicate={"type": "boolean"}), _all(error=_all(**_ERROR))]}
        ),
    ),
    "Page": _all(
        events=_list(
            _closed(
                (*_PLACE, "timestamp", "key", "value"),
                **_PLACE,
                timestamp=_TIME,
                key=_ANY,
                value=_ANY,
                headers={"type": "object", "additionalProperties": _TEXT},
            )
        ),
        metadata=_closed(
            ("consumerGroup", "lag", "nextOffset", "nextOffsets"),
            consumerGroup=_TEXT,
            lag=_COUNT,
            nextOffset={"type": ["integer", "null"]},
            nextOffsets=_list(_OFFSET),
            reset=_COUNT,
        ),
    ),
    "NewStream": _closed(
        ("name",),
        name=_NAME,
        partitions={"type": "integer", "minimum": 1, "maximum": 256},
        replicationFactor={"type": "integer", "minimum": 1},
        config=_closed((), **_CONFIG),
    ),
    "StreamChange": _closed(
        (),
        name=_NAME,
        partitions={"type": "integer", "minimum": 1, "maximum": 256},
        replicationFactor={"type": "integer", "minimum": 1},
        config=_closed((), **_CONFIG),
    ),
    "Stream": _all(
        name=_TEXT,
        partitions=_COUNT,
        replicationFactor=_COUNT,
        totalMessages=_COUNT,
        totalSize=_COUNT,
        createdAt=_TIME,
        config=_all(retentionMs={"type": "integer"}, compressionType=_TEXT, maxMessageBytes=_COUNT),
        partitionDetails=_list(
            _all(partition=_COUNT, leader=_TEXT, replicas=_list(_TEXT), startOffset=_COUNT, endOffset=_COUNT)
        ),
    ),
    "Streams": _all(streams=_list(_ref("Stream"))),
    "StreamDeleted": _closed(
        ("status", "streamName", "deletedAt"),
        status={"const": "deleted"},
        streamName=_TEXT,
        deletedAt=_TIME,
        deletedProcessors=_list(_TEXT),
    ),
    "Group": _all(consumerGroup=_TEXT, createdAt=_TIME, lag=_COUNT, offsets=_list(_GROUP_OFFSET)),
    "Groups": _all(consumers=_list(_ref("Group"))),
    "GroupDeleted": _all(status={"const": "deleted"}, consumerGroup=_TEXT, deletedAt=_TIME),
    "Commit": _all(offsets=_list(_OFFSET, minItems=1)),
    "Committed": _all(status={"const": "committed"}, committedOffsets=_list(_OFFSET)),
    "NewProcessor": _closed(
        ("name", "source", "sink"),
        name=_NAME,
        source=_NAME,
        sink=_NAME,
        operations=_list({"type": "object"}),
        config={"type": "object"},
    ),
    "ProcessorMade": _all(**_MADE),
    "Processor": _closed((*_MADE, *_DEFINED), **_MADE, **_DEFINED, problem=_TEXT),
    "Processors": _all(processors=_list(_ref("Processor"))),
    "ProcessorDeleted": _all(status={"const": "deleted"}, processorId=_TEXT, deletedAt=_TIME),
    "ProcessorMetrics": _all(
        processorId=_TEXT,
        status=_STATUS,
        metrics=_METRICS,
        windows=_list(_all(windowStart=_TIME, windowEnd=_TIME, eventsCount=_COUNT)),
    ),
}
