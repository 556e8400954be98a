"""The verbs of every local kind: rows of the engine's catalog. A kind adds its model, its ids and its references."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.provider import Body, Kind, Live, Step, Update
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Effect, Impact, Reference, Trait
from stackfile.values import Path, Value, drop, put
from stackfile_local.engine.catalog import Catalog, Draft, Entry

B = TypeVar("B", bound=Body)


class StoredKind(Kind[B]):
    """Bound to a catalog; relative paths are taken from `base`."""

    prefix: ClassVar[str]

    def __init__(self, catalog: Catalog, base: FilePath) -> None:
        self.catalog = catalog
        self.base = base

    async def list_all(self) -> Sequence[Live]:
        return [self.live(entry) for entry in self.catalog.all(self.name)]

    async def read(self, id: str) -> Live | None:
        entry = self.catalog.find(self.name, id)
        return None if entry is None else self.live(entry)

    async def create(self, desired: B, step: Step) -> Live:
        entry = self.catalog.add(self.draft(desired), step.mark)
        await step.created(entry.id)
        return self.live(entry)

    async def update(self, change: Update[B], step: Step) -> Live:
        return self.live(self.catalog.change(self.name, change.live.id, lambda entry: self._redraft(entry, change)))

    async def delete(self, live: Live, step: Step) -> None:
        self.catalog.remove(self.name, live.id)

    def live(self, entry: Entry) -> Live:
        """The object as the engine reports it: all fields that have a value, and what is counted."""
        created_at = datetime.fromtimestamp(entry.created_at / 1_000_000, UTC)
        return Live(entry.id, self.fields(entry, created_at.isoformat()), created_at, entry.mark)

    def fields(self, entry: Entry, created_at: str) -> dict[str, Any]:
        return {**entry.body, "created_at": created_at, "dead_letters": entry.events}

    def draft(self, desired: B) -> Draft:
        """A new object. Raises Rejected for fields that do not go together."""
        return self._draft(self._new_id(desired), self._body(desired))

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with what follows from it. Raises Rejected for fields that do not go together."""
        return body

    def slot(self, body: Mapping[str, Any]) -> str | None:
        """What only one object can hold."""
        return None

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

    def _model(self, body: Mapping[str, Any]) -> type[Body]:
        return self.variants[body["connector"]] if self.variants else self.model

    def _new_id(self, desired: B) -> str:
        return f"{self.prefix}_{uuid.uuid4().hex[:12]}"

    def _body(self, desired: Body) -> dict[str, Any]:
        return self.complete(desired.model_dump(mode="json", exclude_none=True))

    def _draft(self, id: str, body: dict[str, Any]) -> Draft:
        fields = schema_of(self._model(body)).fields.values()
        links: dict[str, str] = {}
        allowed: dict[str, tuple[str, ...]] = {}
        for field in fields:
            if field.reference and field.name in body:
                found = _targets(field.name, body[field.name])
                links |= found
                allowed |= dict.fromkeys(found, _kinds(field.reference))
        return Draft(self.name, id, body, links, allowed, self.slot(body))

    def _redraft(self, entry: Entry, change: Update[B]) -> Draft:
        body: dict[str, Any] = entry.body
        for path in change.removed:
            body = drop(body, path)
        for path, value in change.changed.items():
            body = put(body, path, value)
        try:
            desired = self._model(entry.body).model_validate(body)
        except ValidationError as error:
            refused = tuple(Refusal(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors())
            raise Rejected(
                f"{self.name} {entry.name}: {refused[0].path}: {refused[0].message}", fields=refused
            ) from None
        body = self._body(desired)
        for field in schema_of(self._model(entry.body)).with_trait(Trait.IMMUTABLE):
            if body.get(field.name) != entry.body.get(field.name):
                raise Rejected(f"{self.name} {entry.name}: {field.name} cannot be changed in place", status=409)
        return self._draft(entry.id, body)


def _kinds(reference: Reference) -> tuple[str, ...]:
    return tuple(section.removesuffix("s") for section in reference.kinds)


def _targets(name: str, value: Any) -> dict[str, str]:
    """Ids by what is to be called their place."""
    return {f"{name}[{number}]": id for number, id in enumerate(value)} if isinstance(value, list) else {name: value}
