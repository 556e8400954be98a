"""What the kinds of Planasonix share: envelopes, pages, casings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import NotFound
from stackfile.sdk.provider import B, Live
from stackfile.sdk.rest import Pages, RestClient, RestKind, every_item
from stackfile.sdk.traits import Trait
from stackfile_planasonix.account import Account
from stackfile_planasonix.wire import Listed, camelled, items, unwrapped

At = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="By the service's clock.")]


class PlanasonixKind(RestKind[B]):
    """A kind with a GET by id. What was deleted may stay readable, and says so."""

    created_field = "created_at"
    pages: ClassVar[Pages] = Listed()

    def __init__(self, client: RestClient, account: Account) -> None:
        super().__init__(client)
        self.account = account

    def encode(self, fields: dict[str, Any]) -> Any:
        return camelled(fields)

    def decode(self, item: Any) -> Live:
        return super().decode(unwrapped(item))

    async def list_all(self) -> Sequence[Live]:
        found = [item async for item in every_item(self.client, self.path, self.pages, items)]
        return list({live.id: live for live in map(self.decode, found)}.values())

    async def read(self, id: str) -> Live | None:
        try:
            item = unwrapped((await self.client.fetch(self.url(id))).json)
        except NotFound:
            return None
        return None if item is not None and item.get("deleted") is True else self.decode(item)
