"""Incremental snapshots of sources: which topics and collections a table's name means, and the three calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.operations import SnapshotRequest
from stackfile.sdk.provider import Live
from stackfile.sdk.rest import RestClient
from stackfile.spelling import closest
from stackfile_streamkap.catalogue.impacts import CAPTURED
from stackfile_streamkap.kinds import topic_ids

_BEGIN = "/sources/execute_incremental_snapshot"
_END = "/sources/stop_incremental_snapshot"
_NOTHING_RUNS = ("no snapshot", "no incremental snapshot", "not running")
_PATTERNS = "SourceRegexSupport.enabled"


async def begin(client: RestClient, live: Live, request: SnapshotRequest) -> None:
    """Raises Rejected for a table that the source does not have, Conflict where a snapshot is running."""
    await client.request("POST", _BEGIN, json=body_of(live, request))


async def end(client: RestClient, live: Live) -> None:
    """A refusal because none is running is a success; only the words tell it from others."""
    try:
        await client.request("POST", _END, json={"source_id": live.id}, safe=True)
    except Rejected as error:
        if not any(words in error.message.lower() for words in _NOTHING_RUNS):
            raise


def body_of(live: Live, request: SnapshotRequest) -> dict[str, Any]:
    """Without `topic_names` all tables of the source are read."""
    body: dict[str, Any] = {"source_id": live.id}
    if not request.tables:
        return body
    meant = [_meant(live, table, number) for number, table in enumerate(request.tables)]
    body["topic_names"] = [topic for topic, _ in meant]
    if request.where is not None:
        body["additional_conditions"] = [
            {"data_collection": collection, "filter": request.where} for _, collection in meant
        ]
    return body


def _meant(live: Live, table: str, number: int) -> tuple[str, str]:
    """The topic of a table, and its own name in the database. A bare `orders` is that of any schema, if it is one."""
    captured, topics = _captured(live.fields.get("config")), _topics(live)
    if not (captured or topics) or _takes_patterns(live.fields.get("config")):
        return table, table
    collection = _one(table, captured)
    topic = _one(collection or table, topics) or collection
    if topic is None:
        known = sorted({*captured} or {*topics})
        best = closest(table, known)
        says = f"the source has no table {table}" + (f"; did you mean {best}?" if best else "")
        raise Rejected(says, fields=(Refusal(f"topic_names[{number}]", says),))
    return topic, collection or (table if "." in table else topic)


def _one(name: str, among: Sequence[str]) -> str | None:
    """The one that is this, or that ends with it: `shop.public.orders` has the table `public.orders`."""
    if name in among:
        return name
    found = [one for one in among if one.endswith(f".{name}")]
    return found[0] if len(found) == 1 else None


def _captured(config: Any) -> list[str]:
    values: Iterable[Any] = (config.get(key) for key in CAPTURED) if isinstance(config, Mapping) else ()
    return [str(one) for value in values if isinstance(value, list | tuple) for one in value]


def _topics(live: Live) -> list[str]:
    return topic_ids.pretty_all(live.fields.get("topics"))


def _takes_patterns(config: Any) -> bool:
    return isinstance(config, Mapping) and str(config.get(_PATTERNS, "")).lower() == "true"
