"""The five verbs from a path and a few declared names.

    class Sources(RestKind[Source]):
        section, name, model = "sources", "source", Source
        path, items_field, pages = "/sources", "result", PageNumber()

An odd service overrides `encode`, `decode` or the odd verb.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar
from urllib.parse import quote

from stackfile.errors import Ambiguous, NotFound, ProviderError
from stackfile.sdk.provider import B, Kind, Live, Step, Update
from stackfile.sdk.rest.answer import Response
from stackfile.sdk.rest.bodies import declared, fields_body, merge_body, new_body, secrets_in, whole_body
from stackfile.sdk.rest.client import RestClient
from stackfile.sdk.rest.pages import OnePage, Pages, every_item
from stackfile.sdk.schema import Schema, schema_for, schema_of

_MILLISECONDS_START = 100_000_000_000


class Updates(Enum):
    """How a service takes an update: the verb, and what the body is."""

    PUT = "PUT", whole_body
    """The whole object: the wish over what is live."""
    FIELDS = "PATCH", fields_body
    """Top-level fields, each replaced by the one that is sent; null unsets it."""
    MERGE = "PATCH", merge_body
    """What differs, merged deeply into the object; null unsets, at any depth (RFC 7396)."""

    def __init__(self, verb: str, body: Callable[[Update[Any], Schema], dict[str, Any]]) -> None:
        self.verb = verb
        self.body = body


class RestKind(Kind[B]):
    """A kind whose objects live under one path. Names of fields may be dotted: `data.id`."""

    path: ClassVar[str]
    id_field: ClassVar[str] = "id"
    items_field: ClassVar[str] = ""
    """Where the answer to a list has the items; empty: it is the list."""
    created_field: ClassVar[str] = ""
    """Where an object says when it was made, as ISO text or seconds or milliseconds since 1970."""
    updates: ClassVar[Updates] = Updates.PUT
    pages: ClassVar[Pages] = OnePage()

    def __init__(self, client: RestClient) -> None:
        self.client = client

    def encode(self, fields: dict[str, Any]) -> Any:
        """The request body for fields in the shape of the model: all of them, or for a PATCH those that change."""
        return fields

    def decode(self, item: Any) -> Live:
        """The object in an answer. Raises ProviderError where there is none; an answer may hold more than is told."""
        id = _at(item, self.id_field)
        if not isinstance(item, Mapping) or id is None or id == "":
            raise ProviderError(f"{self.path}: an answer without an object that has `{self.id_field}`")
        made = _moment(_at(item, self.created_field)) if self.created_field else None
        return Live(str(id), declared(item, self._schema(item)), made)

    def url(self, id: str) -> str:
        """The path of one object."""
        if id in ("", ".", ".."):
            raise ProviderError(f"{self.path}: {id!r} is no id")  # it would lead to another object, or to all of them
        return f"{self.path}/{quote(id, safe='')}"

    async def list_all(self) -> Sequence[Live]:
        # A list that changes under the walk may show an object on two pages.
        found: dict[str, Live] = {}
        async for item in every_item(self.client, self.path, self.pages, self.items_field):
            live = self.decode(item)
            found[live.id] = live
        return list(found.values())

    async def read(self, id: str) -> Live | None:
        try:
            response = await self.client.fetch(self.url(id))
        except NotFound:
            return None
        return self.decode(response.json)

    async def create(self, desired: B, step: Step) -> Live:
        schema = schema_of(type(desired))
        body = new_body(desired, schema)
        self.client.hide(*secrets_in(body, schema))
        live = self._made(await self.client.request("POST", self.path, json=self.encode(body)))
        await step.created(live.id)
        return live

    async def update(self, change: Update[B], step: Step) -> Live:
        schema = schema_of(type(change.desired))
        body = self.updates.body(change, schema)
        self.client.hide(*secrets_in(body, schema))
        # Values are absolute, so a PATCH too can be sent twice.
        url, verb = self.url(change.live.id), self.updates.verb
        response = await self.client.request(verb, url, json=self.encode(body), safe=True)
        with suppress(ProviderError):  # some services echo nothing, or something else
            return self.decode(response.json)
        live = await self.read(change.live.id)
        if live is None:
            raise NotFound(f"{verb} {url}: the object is gone since", verb, url)
        return live

    async def delete(self, live: Live, step: Step) -> None:
        with suppress(NotFound):
            await self.client.request("DELETE", self.url(live.id))

    def _made(self, response: Response) -> Live:
        """An answer that does not say what was made leaves that in doubt, though it is a good one."""
        try:
            return self.decode(response.json)
        except ProviderError as error:
            says = f"POST {self.path}: answered {response.status} without the new object; it may have been made"
            raise Ambiguous(says, "POST", self.path, response.status, response.request_id) from error

    def _schema(self, item: Mapping[str, Any]) -> Schema:
        try:
            return schema_for(type(self), item)
        except KeyError:  # a connector that this provider does not know: what all connectors share
            return schema_of(self.model)


def _at(item: Any, name: str) -> Any:
    for step in name.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(step)
    return item


def _moment(value: Any) -> datetime | None:
    """None for what is no moment."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value >= _MILLISECONDS_START else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
