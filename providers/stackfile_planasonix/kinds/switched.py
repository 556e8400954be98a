"""What schedules and triggers share: they are switched on and off by calls of their own."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import NotFound
from stackfile.sdk.provider import B, Live, Step, Update
from stackfile.sdk.traits import OnRemove
from stackfile_planasonix.kinds.objects import PlanasonixKind
from stackfile_planasonix.wire import unwrapped

Active = Annotated[
    bool | None, OnRemove.KEEP, Field(description="Unwritten, a new one is on, and later it is left as it is.")
]
_SWITCH, _WIRED = "active", "enabled"


class SwitchedKind(PlanasonixKind[B]):
    """`active`, for `enabled` is a word of the stackfile, goes by `/enable` and `/disable`: a PUT may pass it over."""

    unsent_in_updates: ClassVar[tuple[str, ...]] = ()
    """Fields that cannot change, as the API calls them in a request."""

    async def create(self, desired: B, step: Step) -> Live:
        live = await super().create(desired, step)
        return await self._switched(live, getattr(desired, _SWITCH), step)

    async def prepared(self, fields: dict[str, Any], live: Live | None) -> Any:
        body = await super().prepared(fields, live)
        return body if live is None else {name: one for name, one in body.items() if name not in self.unsent_in_updates}

    async def update(self, change: Update[B], step: Step) -> Live:
        wanted = getattr(change.desired, _SWITCH)
        if {path[0] for path in (*change.changed, *change.removed)} == {_SWITCH}:
            return await self._switched(change.live, wanted, None)
        live = await super().update(change, step)
        return await self._switched(live, change.live.fields.get(_SWITCH) if wanted is None else wanted, step)

    async def _switched(self, live: Live, wanted: bool | None, step: Step | None) -> Live:
        if wanted is None or live.fields.get(_SWITCH) == wanted:
            return live
        if step is not None:
            await step.phase("switch")
        url = f"{self.url(live.id)}/{'enable' if wanted else 'disable'}"
        said = unwrapped((await self.client.request("POST", url, safe=True)).json) or {}
        if said.get(_WIRED) is wanted:
            return Live(live.id, {**live.fields, _SWITCH: wanted}, live.created_at, live.mark)
        found = await self.read(live.id)
        if found is None:
            raise NotFound(f"POST {url}: it is gone since", "POST", url)
        return found
