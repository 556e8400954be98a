"""Streams as the API says them, and as the catalog has them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec

from stackfile.portable.quantities import parse_duration, parse_size, print_duration, print_size
from stackfile_local.engine import log
from stackfile_local.engine.catalog import Also, Catalog, Draft, Entry
from stackfile_local.engine.codec import COMPRESS
from stackfile_local.engine.log import Stream
from stackfile_local.engine.store import Store
from stackfile_local.server.consumers import ends
from stackfile_local.server.errors import CONFLICT, UNSUPPORTED, ApiError, invalid, no_stream
from stackfile_local.server.names import check_name, object_of, time_text, whole

_CONFIG = ("retentionMs", "compressionType", "maxMessageBytes", "retentionBytes")
_DEFAULTS = {"retentionMs": 604_800_000, "compressionType": "none", "maxMessageBytes": 2**20, "retentionBytes": -1}
_ANY_SIZE = ("retentionBytes", -1)
"""Not told: the standard knows nothing of it."""
_LONGEST = 2**53
_MOST_PARTITIONS = 256
_SMALLEST, _LARGEST = 1024, 256 * 2**20
_KNOWN_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def create_stream(store: Store, raw: Any) -> dict[str, Any]:
    """Raises ApiError, and ProviderError where the name is taken."""
    given = object_of("body", raw, ("name", "partitions", "replicationFactor", "config"))
    name = check_name("name", given.get("name"))
    partitions = whole("partitions", given.get("partitions", 1), 1, _MOST_PARTITIONS)
    replicas = whole("replicationFactor", given.get("replicationFactor", 1), 1, 32_767)
    body = {"name": name, "partitions": partitions, **_stored(_merged(_DEFAULTS, given.get("config")))}
    entry = Catalog(store).add(Draft("stream", f"stream:{name}", body), also=_keep_replicas(replicas))
    return describe(store, entry)


def change_stream(store: Store, name: str, raw: Any) -> dict[str, Any]:
    """Merges: what is not named stays, null goes back to the default. Partitions only grow."""
    given = object_of("body", raw, ("name", "partitions", "replicationFactor", "config"))
    before = find(store, name)
    if given.get("name", name) != name:
        raise ApiError(CONFLICT, "the name of a stream cannot change", {"field": "name"})
    partitions = given.get("partitions", before.body["partitions"])
    whole("partitions", partitions, 1, _MOST_PARTITIONS)
    replicas = whole("replicationFactor", given.get("replicationFactor", _replicas(store, before)), 1, 32_767)
    config = _stored(_merged(_config(before.body), given.get("config")))

    def redraft(entry: Entry) -> Draft:
        if partitions < entry.body["partitions"]:
            says = f"stream {name} has {entry.body['partitions']} partitions, and cannot have fewer"
            raise ApiError(CONFLICT, says, {"field": "partitions"})
        kept = {field: value for field, value in entry.body.items() if field != "retention_size"}
        return Draft("stream", entry.id, {**kept, "partitions": partitions, **config})

    entry = Catalog(store).change("stream", before.id, redraft, _keep_replicas(replicas))
    expire(store, entry)
    return describe(store, find(store, name))


def delete_stream(store: Store, name: str, force: bool) -> dict[str, Any]:
    """`force` deletes the processors that read or write the stream, too. Raises ProviderError where it is in use, by
    anything else then, and nothing is deleted."""
    entry = find(store, name)
    users = [id for (id,) in store.rows(_USERS, entry.seq)] if force else []
    Catalog(store).remove("stream", entry.id, [("pipeline", id) for id in users])
    deleted = {"status": "deleted", "streamName": name, "deletedAt": time_text(store.microseconds() // 1000)}
    return {**deleted, "deletedProcessors": users} if users else deleted


_USERS = """
SELECT o.id FROM links l JOIN objects o ON o.seq = l.owner
WHERE l.target = ? AND o.kind = 'pipeline' ORDER BY o.seq"""


def list_streams(store: Store) -> dict[str, Any]:
    """Those of failed events, too: they can be read as any other."""
    names = [name for (name,) in store.rows("SELECT name FROM objects WHERE kind = 'stream' ORDER BY name")]
    return {"streams": [describe(store, find(store, name)) for name in names]}


def find(store: Store, name: str) -> Entry:
    """Raises ApiError where there is none."""
    entry = Catalog(store).find("stream", f"stream:{name}")
    if entry is None:
        raise no_stream(name)
    return entry


def describe(store: Store, entry: Entry) -> dict[str, Any]:
    stream = Stream.of(entry.seq, entry.body)
    return {
        "name": entry.name,
        "partitions": stream.partitions,
        "replicationFactor": _replicas(store, entry),
        "totalMessages": entry.events,
        "totalSize": entry.bytes,
        "createdAt": time_text(entry.created_at // 1000),
        "config": {name: value for name, value in _config(entry.body).items() if (name, value) != _ANY_SIZE},
        "partitionDetails": [
            {"partition": p, "leader": "broker-1", "replicas": ["broker-1"], "startOffset": low, "endOffset": high}
            for p, (low, high) in ends(store, stream).items()
        ],
    }


def expire(store: Store, entry: Entry) -> None:
    """Drops what has passed retention."""
    stream = Stream.of(entry.seq, entry.body)
    with store.transaction() as transaction:
        now = store.append_time(transaction)
        for partition in ends(store, stream):
            log.expire(transaction, stream, partition, now)


def _merged(before: Mapping[str, Any], raw: Any) -> dict[str, Any]:
    given = object_of("config", raw if raw is not None else {}, _CONFIG)
    merged = {name: _DEFAULTS[name] if given.get(name, 0) is None else given.get(name, before[name]) for name in before}
    if merged["retentionMs"] != -1:
        whole("config.retentionMs", merged["retentionMs"], 1, _LONGEST)
    if merged["retentionBytes"] != -1:
        whole("config.retentionBytes", merged["retentionBytes"], _SMALLEST, _LONGEST)
    whole("config.maxMessageBytes", merged["maxMessageBytes"], _SMALLEST, _LARGEST)
    codec = merged["compressionType"]
    if codec not in _KNOWN_CODECS:
        raise invalid("config.compressionType", f"one of {', '.join(COMPRESS)}")
    if codec not in COMPRESS:
        says = f"config.compressionType: {codec} is not installed; there are {', '.join(COMPRESS)}"
        raise ApiError(UNSUPPORTED, says, {"field": "config.compressionType"})
    return merged


def _stored(config: Mapping[str, Any]) -> dict[str, Any]:
    kept = config["retentionMs"]
    return {
        "retention": "forever" if kept == -1 else print_duration(kept),
        "max_message_size": print_size(config["maxMessageBytes"]),
        "compression": config["compressionType"],
        **({} if config["retentionBytes"] == -1 else {"retention_size": print_size(config["retentionBytes"])}),
    }


def _config(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = body["retention"]
    return {
        "retentionMs": -1 if kept == "forever" else parse_duration(kept),
        "compressionType": body["compression"],
        "maxMessageBytes": parse_size(body["max_message_size"]),
        "retentionBytes": parse_size(body["retention_size"]) if "retention_size" in body else -1,
    }


def _keep_replicas(replicas: int) -> Also:
    text = msgspec.json.encode({"replicationFactor": replicas}).decode()

    def keep(transaction: sqlite3.Connection, seq: int) -> None:
        transaction.execute("INSERT OR REPLACE INTO api_settings VALUES (?, ?)", (seq, text))

    return keep


def _replicas(store: Store, entry: Entry) -> int:
    """A stream that was not made over the API has one."""
    rows = store.rows("SELECT body FROM api_settings WHERE owner = ?", entry.seq)
    return int(msgspec.json.decode(rows[0][0])["replicationFactor"]) if rows else 1
