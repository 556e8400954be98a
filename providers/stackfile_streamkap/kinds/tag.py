"""Tags of one's own; system tags can be used by name, and neither changed nor deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.sdk.provider import Body, Live, Step, Update
from stackfile.sdk.rest import OnePage, Pages
from stackfile.sdk.traits import KindTraits, OnRemove, Reads, Trait
from stackfile_streamkap.kinds.objects import NAMED, StreamkapKind

_Type = Literal["sources", "destinations", "pipelines", "transforms", "topics", "services", "users", "tenant"]
"""`environment` and `general` are for system tags (provider internal/resource/tag/tag.go)."""


class Tag(Body):
    """A label for objects of the given types."""

    name: Annotated[str, Trait.IDENTITY, NAMED, Field(min_length=1)]
    types: Annotated[list[_Type], Trait.UNORDERED, Field(min_length=1, description="What it may be put on.")]
    description: Annotated[str | None, OnRemove.NULL] = None


class Tags(StreamkapKind[Tag]):
    """`GET /tags` is no page but `{"tags": [...]}`, and there is no GET by id (provider internal/api/tag.go)."""

    section, name, path, items_field = "resources", "tag", "/tags", "tags"
    model: ClassVar[type[Body]] = Tag
    pages: ClassVar[Pages] = OnePage()
    change_params: ClassVar = {}
    traits: ClassVar = KindTraits(reads=Reads.LIST)

    async def received(self, items: Sequence[Any]) -> Sequence[Live]:
        return [self.decode(item) for item in items if not item.get("system")]

    async def read(self, id: str) -> Live | None:
        return next((live for live in await self.list_all() if live.id == id), None)

    async def create(self, desired: Tag, step: Step) -> Live:
        self.account.tags.forget()
        return await super().create(desired, step)

    async def update(self, change: Update[Tag], step: Step) -> Live:
        self.account.tags.forget()
        return await super().update(change, step)

    async def delete(self, live: Live, step: Step) -> None:
        self.account.tags.forget()
        await super().delete(live, step)

    def encode(self, fields: dict[str, Any]) -> Any:
        body = {**fields, "type": fields.get("types", [])}
        del body["types"]
        return {"description": "", **body} if fields.get("description") is None else body

    def decode(self, item: Any) -> Live:
        if isinstance(item, dict):
            item = {**item, "types": item.get("type"), "description": item.get("description") or None}
        return super().decode(item)
