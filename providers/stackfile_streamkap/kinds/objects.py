"""What the kinds of Streamkap share: pages, envelopes, tags by name, and changes that the service finishes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import B, Live
from stackfile.sdk.rest import PageNumber, Pages, RestClient, RestKind
from stackfile.sdk.traits import Changes, Effect, Names, OnRemove, Trait
from stackfile_streamkap.account import Account, object_at

Tagged = Annotated[
    list[str] | None,
    Trait.UNORDERED,
    OnRemove.KEEP,
    Names(("tag",)),
    Field(description="Tags by name. Unwritten, they are left as they are; [] clears them."),
]
Status = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="What the service says of it now.")]
CreatedAt = Annotated[str | None, Trait.COMPUTED, Field(description="When it was made.")]
NAMED = Changes(Effect(says="It is renamed in place."))


class StreamkapKind(RestKind[B]):
    """A kind whose list has pages, up to 100 objects each, and whose GET by id answers with an envelope.

    `wait=false` lets a change return at once; the service's default waits for Kafka Connect and runs into gateway
    timeouts (API reference, destinations/update-existing-destination; provider CHANGELOG 3.0.0-beta.17).
    """

    items_field = "result"
    created_field = "created_timestamp"
    pages: ClassVar[Pages] = PageNumber(more="has_next", total="total")
    change_params: ClassVar[Mapping[str, Any]] = {"wait": "false"}
    read_params: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, client: RestClient, account: Account) -> None:
        super().__init__(client)
        self.account = account

    async def read(self, id: str) -> Live | None:
        item = await object_at(self.client, self.url(id), self.read_params)
        return (await self.received([item]))[0] if item is not None else None

    async def received(self, items: Sequence[Any]) -> Sequence[Live]:
        await self.account.tags.know(id for item in items for id in tag_ids(item))
        return [self.decode(item) for item in items]

    def decode(self, item: Any) -> Live:
        if isinstance(item, Mapping) and "created_timestamp" not in item and "created_at" in item:
            item = {**item, "created_timestamp": item["created_at"]}  # as the API quickstart shows it
        if isinstance(item, Mapping) and item.get("tags") is not None:
            item = {**item, "tags": [self.account.tags.name(id) for id in tag_ids(item)]}
        return super().decode(item)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        """A null or absent `tags` leaves them alone, [] clears them (provider internal/api/source.go)."""
        body = {name: value for name, value in fields.items() if name != "tags"}
        if fields.get("tags") is not None:
            body["tags"] = await self.account.tags.ids(fields["tags"])
        if live is None:
            body["created_from"] = "api"
        return self.encode(body)


def tag_ids(item: Any) -> list[str]:
    """The ids of an object's tags, given as ids or as objects."""
    found = item.get("tags") if isinstance(item, Mapping) else None
    if not isinstance(found, list):
        return []
    return [str(one["id"]) if isinstance(one, Mapping) and "id" in one else str(one) for one in found]
