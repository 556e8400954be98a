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
from stackfile.sdk.rest.watching import Watch
from stackfile.sdk.schema import Schema, schema_for, schema_of

_MILLISECONDS_START = 100_000_000_000
_FIRST_LOOK_AFTER = 0.5
"""Seconds until a deleted object is looked for again; each further look comes twice as late, up to `_LONGEST_GAP`."""
_LONGEST_GAP = 3.0


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
    change_params: ClassVar[Mapping[str, Any]] = {}
    """Query parameters of whatever changes an object."""
    list_shows_health: ClassVar[bool] = False
    """Whether an item of a list has all that `health` looks at: then many that are waited for cost a list a look."""
    gone_within: ClassVar[float] = 0.0
    """Seconds for which a deleted object may still be readable, and have its name; a delete waits until it is gone."""

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self._watch = Watch(self.list_all, self.read, client.clock, getattr(self.pages, "limit", 0))

    def encode(self, fields: dict[str, Any]) -> Any:
        """The request body for fields in the shape of the model: all of them, or for a PATCH those that change."""
        return fields

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        """As `encode`, for a service of which more must be asked first. `live` is None for a new object."""
        return self.encode(fields)

    async def received(self, items: Sequence[Any]) -> Sequence[Live]:
        """As `decode`, for all objects of one answer or list."""
        return [self.decode(item) for item in items]

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
        items = [item async for item in every_item(self.client, self.path, self.pages, self.items_field)]
        return list({live.id: live for live in await self.received(items)}.values())

    async def read(self, id: str) -> Live | None:
        try:
            response = await self.client.fetch(self.url(id))
        except NotFound:
            return None
        return (await self.received([response.json]))[0]

    async def look(self, id: str) -> Live | None:
        return await (self._watch.look(id) if self.list_shows_health else self.read(id))

    async def create(self, desired: B, step: Step) -> Live:
        schema = schema_of(type(desired))
        body = new_body(desired, schema)
        self.client.hide(*secrets_in(body, schema))
        sent = await self.prepared(body, None)
        live = await self._made(await self.client.request("POST", self.path, json=sent, params=self.change_params))
        await step.created(live.id)
        return live

    async def update(self, change: Update[B], step: Step) -> Live:
        schema = schema_of(type(change.desired))
        body = self.updates.body(change, schema)
        self.client.hide(*secrets_in(body, schema))
        # Values are absolute, so a PATCH too can be sent twice.
        url, verb = self.url(change.live.id), self.updates.verb
        sent = await self.prepared(body, change.live)
        response = await self.client.request(verb, url, json=sent, params=self.change_params, safe=True)
        with suppress(ProviderError):  # some services echo nothing, or something else
            return (await self.received([response.json]))[0]
        live = await self.read(change.live.id)
        if live is None:
            raise NotFound(f"{verb} {url}: the object is gone since", verb, url)
        return live

    async def delete(self, live: Live, step: Step) -> None:
        with suppress(NotFound):
            await self.client.request("DELETE", self.url(live.id), params=self.change_params)
        await self.until_gone(live)

    async def until_gone(self, live: Live) -> None:
        """Returns once the object cannot be read any more. Raises Ambiguous where `gone_within` is not enough."""
        began, gap = self.client.clock.monotonic(), _FIRST_LOOK_AFTER
        while self.gone_within and await self.read(live.id) is not None:
            waited = self.client.clock.monotonic() - began
            if waited >= self.gone_within:
                raise Ambiguous(f"DELETE {self.url(live.id)}: still there after {waited:.0f} s", "DELETE", self.path)
            await self.client.clock.sleep(gap)
            gap = min(2 * gap, _LONGEST_GAP)

    async def _made(self, response: Response) -> Live:
        """An answer that does not say what was made leaves that in doubt, though it is a good one."""
        try:
            return (await self.received([response.json]))[0]
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
