"""The new name of a source or destination, told to the pipelines that use it.

A pipeline's own object holds the names of both ends beside their ids, and they are required there (provider
internal/api/pipeline.go); so a rename is followed by a PUT of each pipeline that has the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackfile.sdk.rest import PageNumber, RestClient, every_item

_SENT = ("name", "snapshot_new_tables", "transforms", "topic_auto_discovery_transforms", "tags")
_OF_AN_END = ("id", "name", "connector", "topics")


async def tell_pipelines(client: RestClient, end: str, id: str, name: str) -> None:
    """Sends each pipeline whose `end` (source, destination) is this one with the new name. Repeating does no harm."""
    async for item in every_item(client, "/pipelines", PageNumber(more="has_next", total="total"), "result"):
        there = item.get(end)
        if isinstance(there, Mapping) and there.get("id") == id and there.get("name") != name:
            body = wire_of({**item, end: {**there, "name": name}})
            await client.request("PUT", f"/pipelines/{item['id']}", json=body, params={"wait": "false"}, safe=True)


def wire_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a PUT takes, from an object as the service gives it: that embeds both connectors with their config."""
    body = {key: item[key] for key in _SENT if item.get(key) is not None}
    for end in ("source", "destination"):
        body[end] = {key: item[end][key] for key in _OF_AN_END if item[end].get(key) is not None}
    return body
