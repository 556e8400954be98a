"""The pipelines that use a source or destination: which they are, and its new name told to them.

A pipeline's own object holds the names of both ends beside their ids, and they are required there (provider
internal/api/pipeline.go); so a rename is followed by a PUT of each pipeline that has the old one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from stackfile.sdk.rest import PageNumber, RestClient, every_item

_SENT = ("name", "snapshot_new_tables", "transforms", "topic_auto_discovery_transforms", "tags")
_OF_AN_END = ("id", "name", "connector", "topics")


async def tell_pipelines(client: RestClient, end: str, id: str, name: str) -> None:
    """Sends each pipeline whose `end` (source, destination) is this one with the new name. Repeating does no harm."""
    async for item, there in _using(client, end, id):
        if there.get("name") != name:
            body = wire_of({**item, end: {**there, "name": name}})
            await client.request("PUT", f"/pipelines/{item['id']}", json=body, params={"wait": "false"}, safe=True)


async def users_of(client: RestClient, end: str, id: str) -> list[str]:
    """`pipeline orders (64f0b7aa)` for each."""
    return [f"pipeline {item.get('name')} ({item.get('id')})" async for item, _ in _using(client, end, id)]


async def _using(client: RestClient, end: str, id: str) -> AsyncIterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each with its end."""
    async for item in every_item(client, "/pipelines", PageNumber(more="has_next", total="total"), "result"):
        there = item.get(end)
        if isinstance(there, Mapping) and there.get("id") == id:
            yield item, there


def wire_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a PUT takes, from an object as the service gives it: that embeds both connectors with their config."""
    body = {key: item[key] for key in _SENT if item.get(key) is not None}
    for end in ("source", "destination"):
        body[end] = {key: item[end][key] for key in _OF_AN_END if item[end].get(key) is not None}
    return body
