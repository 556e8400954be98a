"""What kinds need to know of each other's objects: tags by name, the ends of pipelines by id."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.errors import NotFound, ProviderError, Refusal, Rejected
from stackfile.sdk.rest import RestClient
from stackfile.spelling import closest


@dataclass(frozen=True, slots=True)
class End:
    """A source or destination, as a pipeline must name it. `item` is the whole object as the service has it."""

    id: str
    name: str
    connector: str
    item: Mapping[str, Any] = field(repr=False)


class Tags:
    """The tags of the tenant, listed once and again when one is not known.

    `GET /tags` answers `{"tags": [...]}` and has no pages (provider internal/api/tag.go).
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._names: dict[str, str] | None = None

    def forget(self) -> None:
        """Something about tags has changed."""
        self._names = None

    async def know(self, ids: Iterable[str]) -> None:
        """Makes sure that these are known by name, if they exist."""
        wanted = set(ids)
        async with self._lock:
            if wanted and (self._names is None or wanted - self._names.keys()):
                self._names = await self._listed()

    def name(self, id: str) -> str:
        """The id itself where nobody knows better."""
        return (self._names or {}).get(id, id)

    async def ids(self, names: Sequence[str]) -> list[str]:
        """Raises Rejected for a name that no tag has; an id is taken too."""
        if not names:
            return []
        async with self._lock:
            known = self._names or {}
            if self._names is None or {*names} - {*known.values(), *known}:
                known = self._names = await self._listed()
        by_name = {name: id for id, name in known.items()}
        for number, name in enumerate(names):
            if name not in by_name and name not in known:
                best = closest(name, by_name)
                says = f"there is no tag {name}" + (f"; did you mean {best}?" if best else "")
                raise Rejected(says, fields=(Refusal(f"tags[{number}]", says),))
        return [by_name.get(name, name) for name in names]

    async def _listed(self) -> dict[str, str]:
        answer = await self._client.fetch("/tags")
        found = answer.json.get("tags") if isinstance(answer.json, Mapping) else None
        if not isinstance(found, list):
            raise ProviderError("GET /tags: no list in `tags`; is the host right?", "GET", "/tags", answer.status)
        return {str(one["id"]): str(one.get("name", one["id"])) for one in found if "id" in one}


class Account:
    """One connection's knowledge. What this process changes is known at once; all else as of when it was read."""

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.tags = Tags(client)
        self._ends: dict[tuple[str, str], End] = {}

    def learn(self, path: str, item: Mapping[str, Any]) -> None:
        """Of a source or destination that the service has told of."""
        id = str(item["id"])
        self._ends[path, id] = End(id, str(item.get("name", "")), str(item.get("connector", "")), item)

    async def end(self, path: str, id: str) -> End:
        """One of `/sources` or `/destinations`. Raises Rejected for one that is not there."""
        return self._ends.get((path, id)) or await self.fresh_end(path, id)

    async def fresh_end(self, path: str, id: str) -> End:
        item = await object_at(self.client, f"{path}/{id}")
        if item is None:
            raise Rejected(f"there is no {id} at {path}")
        self.learn(path, item)
        return self._ends[path, id]


async def object_at(client: RestClient, path: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
    """The object that a GET by id answers with: in an envelope, which is empty where it is gone; some are bare.

    (Provider internal/api/source.go, pipeline.go, transform.go; the API reference shows it for get-pipeline.)
    """
    try:
        answer = await client.fetch(path, params)
    except NotFound:
        return None
    body = answer.json
    if isinstance(body, Mapping) and isinstance(body.get("result"), list):
        found = body["result"]
        return found[0] if found and isinstance(found[0], Mapping) else None
    if isinstance(body, Mapping) and "id" in body:
        return body
    raise ProviderError(f"GET {path}: an answer without an object; is the host right?", "GET", path, answer.status)
