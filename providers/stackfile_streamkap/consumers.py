"""Consumer groups: who reads which topics, how far behind, and where they are sent.

The shapes of both answers are not documented, so they are read loosely: bare or in an envelope, a lag for a topic or
for each of its partitions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from stackfile.errors import NotFound
from stackfile.sdk.measures import Unit, known, lag
from stackfile.sdk.operations import Consumer, OffsetsMoved, OffsetsReset
from stackfile.sdk.rest import RestClient
from stackfile.spelling import closest
from stackfile_streamkap.kinds import topic_ids
from stackfile_streamkap.measuring import number

_PATH = "/consumer-groups"
_NAMED = 10
"""How many groups are named where none is like the one that was asked for."""


async def consumers(client: RestClient) -> Sequence[Consumer]:
    """One call, and one for each group of which the list does not say what it reads."""
    groups = [(id, one) for one in _items((await client.fetch(_PATH)).json) if (id := _group_id(one))]
    details = await asyncio.gather(*(_detailed(client, id, one) for id, one in groups))
    return [one for (id, _), detail in zip(groups, details, strict=True) for one in _of_group(id, detail)]


async def reset(client: RestClient, request: OffsetsReset) -> Sequence[OffsetsMoved]:
    """`topics` is always sent: those of the group where none were named. Topics may be named by their pretty names."""
    try:
        detail = await _asked(client, request.group)
    except NotFound:
        raise await _no_group(client, request.group) from None
    before = {topic: offsets for topic, offsets in _offsets(detail)}
    topics = [_topic_id(name, before) for name in request.topics] or list(before)
    body: dict[str, Any] = {"topics": topics, **_strategy(request)}
    await client.request("POST", f"{_url(request.group)}/reset-offsets", json=body, safe=True)
    after = {topic: offsets for topic, offsets in _offsets(await _asked(client, request.group))}
    return [
        OffsetsMoved(topic_ids.pretty(topic), partition, before.get(topic, {}).get(partition), offset)
        for topic in topics
        for partition, offset in (after.get(topic) or {None: None}).items()
    ]


async def _detailed(client: RestClient, id: str, listed: Mapping[str, Any]) -> Mapping[str, Any]:
    if any(_topics(listed)):
        return listed
    try:
        return await _asked(client, id)
    except NotFound:  # it ended between the two questions
        return {}


async def _asked(client: RestClient, id: str) -> Mapping[str, Any]:
    return next(iter(_items((await client.fetch(_url(id))).json)), {})


async def _no_group(client: RestClient, group: str) -> NotFound:
    there = sorted(filter(None, map(_group_id, _items((await client.fetch(_PATH)).json))))
    best = closest(group, there)
    also = f"; did you mean {best}?" if best else f"; there is {', '.join(there[:_NAMED]) or 'none'}"
    return NotFound(f"there is no consumer group {group}{also}")


def _url(group: str) -> str:
    return f"{_PATH}/{quote(group, safe='')}"


def _strategy(request: OffsetsReset) -> dict[str, Any]:
    """`timestamp` is in milliseconds (API reference, consumer-groups/reset-consumer-group-offsets)."""
    if isinstance(request.to, datetime):
        return {"strategy": "timestamp", "timestamp": round(request.to.timestamp() * 1000)}
    if isinstance(request.to, int):
        return {"strategy": "offset", "offset": request.to}
    return {"strategy": request.to}


def _topic_id(name: str, known: Iterable[str]) -> str:
    """Raises NotFound for one that the group does not read."""
    found = [id for id in known if name in (id, topic_ids.pretty(id))]
    if not found:
        reads = ", ".join(sorted(map(topic_ids.pretty, known))) or "nothing"
        raise NotFound(f"the group reads no topic {name}; it reads {reads}")
    return found[0]


def _of_group(group: str, detail: Mapping[str, Any]) -> Iterable[Consumer]:
    for topic, parts in _topics(detail):
        lags = [value for part in parts if (value := number(part.get("lag"))) is not None]
        name = topic_ids.pretty(topic)
        values = known(lag(sum(lags) if lags else None, Unit.RECORDS))
        yield Consumer(group, topic, values, topic_ids.source_of(topic), name)


def _offsets(detail: Mapping[str, Any]) -> Iterable[tuple[str, dict[int | None, int | None]]]:
    for topic, parts in _topics(detail):
        offsets: dict[int | None, int | None] = {}
        for part in parts:
            at, offset = number(part.get("partition")), number(part.get("current_offset", part.get("offset")))
            offsets[None if at is None else int(at)] = None if offset is None else int(offset)
        yield topic, offsets


def _topics(detail: Mapping[str, Any]) -> Iterable[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Each topic by its id, with what is said of its partitions, or of it as a whole."""
    told = detail.get("topics")
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, Mapping) or not (id := one.get("topic_id") or one.get("topic") or one.get("name")):
            continue
        parts = one.get("partitions")
        yield str(id), [p for p in parts if isinstance(p, Mapping)] if isinstance(parts, list) else [one]


def _group_id(one: Mapping[str, Any]) -> str:
    return str(one.get("group_id") or one.get("id") or one.get("name") or "")


def _items(body: Any) -> list[Mapping[str, Any]]:
    for name in ("result", "consumer_groups", "data"):
        if isinstance(body, Mapping) and name in body:
            body = body[name]
    items = body if isinstance(body, list) else [body]
    return [one for one in items if isinstance(one, Mapping)]
