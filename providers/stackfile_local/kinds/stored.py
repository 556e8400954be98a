"""What every local kind is: verbs that ask an engine for its objects. A kind adds its model, and its rules, which the
engine applies wherever it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, ClassVar, TypeVar

from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Health, Kind, Live, Step, Update
from stackfile.sdk.traits import Effect, Impact
from stackfile.values import Path, Tree, Value, drop, put
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.store import Store
from stackfile_local.kinds.objects import Objects, Told

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine is: relative paths start at `base`, and its own database is not to be written to."""

    base: FilePath
    database: FilePath


class StoredKind(Kind[B]):
    """The verbs ask `objects`. The class methods below them are the rules."""

    prefix: ClassVar[str]
    moves: ClassVar[bool] = True
    """Whether the engine does something with an object by itself, which may fail."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    async def list_all(self) -> Sequence[Live]:
        return await self.objects.all(type(self))

    async def read(self, id: str) -> Live | None:
        live = await self.objects.find(type(self), id)
        return None if live is None else await self.objects.told(type(self), live)

    async def create(self, desired: B, step: Step) -> Live:
        wish = desired.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
        live = await self.objects.add(type(self), wish, step.mark)
        await step.created(live.id)
        return await self.objects.told(type(self), live)

    async def update(self, change: Update[B], step: Step) -> Live:
        live = await self.objects.change(type(self), change.live.id, _patch(change))
        return await self.objects.told(type(self), live)

    async def delete(self, live: Live, step: Step) -> None:
        await self.objects.remove(type(self), live.id)

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        return await self.objects.measure(type(self), live)

    @classmethod
    def health(cls, live: Live) -> Health:
        return live.health if isinstance(live, Told) else Health()

    @classmethod
    def complete(cls, body: dict[str, Any], place: Place) -> dict[str, Any]:
        """The body with what follows from it. Raises Rejected for fields that do not go together."""
        return body

    @classmethod
    def slot(cls, body: Mapping[str, Any], place: Place) -> str | None:
        """What only one object can hold."""
        return None

    @classmethod
    def check_change(cls, before: Entry, body: Mapping[str, Any]) -> None:
        """Raises Rejected for a change that cannot be made in place."""

    @classmethod
    def fields(cls, entry: Entry, created_at: str) -> dict[str, Any]:
        """What is reported of an object."""
        return {**entry.body, "created_at": created_at, "dead_letters": entry.events}

    @classmethod
    def measure(cls, store: Store, base: FilePath, live: Sequence[Live]) -> Sequence[Metrics]:
        from stackfile_local.engine.measure import measure_movers

        return measure_movers(store, base, live, cls.name)

    @classmethod
    def new_id(cls, body: Mapping[str, Any]) -> str:
        return f"{cls.prefix}_{uuid.uuid4().hex[:12]}"

    @classmethod
    def model_for(cls, body: Mapping[str, Any]) -> type[Body]:
        """By the connector, where a kind has several. One that nobody knows is told by the model of them all."""
        connector = body.get("connector")
        return cls.variants.get(connector, cls.model) if isinstance(connector, str) else cls.model

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        """Failed events that the engine keeps for an object go with it; a replacement computes them again."""
        count = live.fields.get("dead_letters", 0)
        if verb == "update" or not count:
            return None
        from stackfile_local.engine.dead_letters import stream_name

        kept = f"{count:,} failed event{'s' if count > 1 else ''} in {stream_name(cls.name, str(live.fields['name']))}"
        if verb == "delete":
            return Effect(Impact.DATA_LOSS, f"{kept} would be deleted too.")
        return Effect(
            Impact.REPROCESS, f"{cls.traits.replace.says} {kept} would be deleted, and failing events kept anew."
        )


def _patch(change: Update[Any]) -> dict[str, Any]:
    """The top-level fields in which something differs, whole; None for those that go. With nothing that differs (a
    secret that is sent again) it is the whole wish."""
    body: Tree = change.live.fields
    for path in change.removed:
        body = drop(body, path)
    for path, value in change.changed.items():
        body = put(body, path, value)
    touched = dict.fromkeys(str(path[0]) for path in (*change.removed, *change.changed))
    wish: dict[str, Any] = change.desired.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return {name: body.get(name) for name in touched} or wish
