"""What the kinds of Planasonix share: envelopes, pages, casings, deletions that leave a trace, lists of outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import NotFound
from stackfile.sdk.provider import B, Live, Step, Update
from stackfile.sdk.rest import Pages, RestClient, RestKind, every_item
from stackfile.sdk.traits import Trait
from stackfile_planasonix.account import Account
from stackfile_planasonix.refusals import as_written
from stackfile_planasonix.wire import Listed, camelled, is_gone, items, unwrapped

At = Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="By the service's clock.")]


class PlanasonixKind(RestKind[B]):
    """A kind with a GET by id. What was deleted may stay readable, and says so."""

    created_field = "created_at"
    pages: ClassVar[Pages] = Listed()
    renamed: ClassVar[Mapping[str, str]] = {}
    """Fields of the model by what the API calls them, in snake_case."""
    details: ClassVar[tuple[str, ...]] = ()
    """What a list may leave out of its items, by the names of the model: of a kind that `reads` outlines."""

    def __init__(self, client: RestClient, account: Account) -> None:
        super().__init__(client)
        self.account = account

    def encode(self, fields: dict[str, Any]) -> Any:
        return camelled({self.renamed.get(name, name): value for name, value in fields.items()})

    def decode(self, item: Any) -> Live:
        found = unwrapped(item)
        if found is not None:
            found |= {here: found[there] for here, there in self.renamed.items() if there in found}
        return super().decode(found)

    async def list_all(self) -> Sequence[Live]:
        found = [unwrapped(item) async for item in every_item(self.client, self.path, self.pages, items)]
        there = [item for item in found if item is not None and self.lists(item)]
        return list({live.id: live for live in map(self.decode, there)}.values())

    async def read(self, id: str) -> Live | None:
        try:
            item = unwrapped((await self.client.fetch(self.url(id))).json)
        except NotFound:
            return None
        return None if item is not None and not self.lists(item) else self.decode(item)

    async def create(self, desired: B, step: Step) -> Live:
        with as_written(self.renamed):
            return await super().create(desired, step)

    async def update(self, change: Update[B], step: Step) -> Live:
        with as_written(self.renamed):
            return await super().update(change, step)

    @classmethod
    def in_full(cls, listed: Live) -> bool:
        """The documented lists leave out what was configured; whether a deployment's do is seen by the items."""
        return any(name in listed.fields for name in cls.details)

    def lists(self, item: Mapping[str, Any]) -> bool:
        """Whether an object of the path is one of this kind, and there."""
        return not is_gone(item)
