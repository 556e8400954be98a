"""The objects of an engine's store, under the rules of their kinds: what embedded and served engines do alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Reference, Trait
from stackfile_local.engine.catalog import Also, Catalog, Draft, Entry
from stackfile_local.engine.store import Store
from stackfile_local.engine.vault import Vault
from stackfile_local.kinds.secrets import each_secret, with_unseen, without_secrets
from stackfile_local.kinds.stored import Place, StoredKind

KindType: TypeAlias = type[StoredKind[Any]]


@dataclass(frozen=True, slots=True)
class Declared:
    """Relative paths start at `base`. Every public call that reaches the store counts as one request."""

    store: Store
    base: Path

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.store)

    def all(self, kind: KindType) -> list[Live]:
        return [live_of(kind, entry) for entry in self.catalog.all(kind.name)]

    def find(self, kind: KindType, id: str) -> Live | None:
        entry = self.catalog.find(kind.name, id)
        return None if entry is None else live_of(kind, entry)

    def add(self, kind: KindType, fields: Mapping[str, Any], mark: str = "") -> Live:
        """Raises Rejected for fields that cannot be, Conflict where the name or the slot is taken, NotFound for a
        reference to what is not there."""
        return live_of(kind, self.catalog.add(self.draft(kind, fields), mark))

    def draft(self, kind: KindType, fields: Mapping[str, Any]) -> Draft:
        """A new object. Raises Rejected for fields that do not go together, ValidationError for those that no model
        takes."""
        connector = fields.get("connector")
        if kind.variants and (not isinstance(connector, str) or connector not in kind.variants):
            says = f"one of {', '.join(sorted(kind.variants))}"
            raise Rejected(
                f"{kind.name} {fields.get('name', '')}: connector: {says}", fields=(Refusal("connector", says),)
            )
        body = self._body(kind, kind.model_for(fields).model_validate(fields))
        return self._draft(kind, kind.new_id(body), body)

    def change(self, kind: KindType, id: str, patch: Mapping[str, Any], also: Also | None = None) -> Live:
        """Raises as `add` does, and NotFound."""
        changed = self.catalog.change(kind.name, id, lambda entry: self._redraft(kind, entry, patch), also)
        return live_of(kind, changed)

    def set_status(self, kind: KindType, id: str, status: str) -> Entry:
        """Whoever is paused goes on where it was. When this returns, nothing more of it becomes durable."""

        def redraft(entry: Entry) -> Draft:
            return replace(self._draft(kind, entry.id, entry.body), body={**entry.body, "status": status})

        return self.catalog.change(kind.name, id, redraft)

    def remove(self, kind: KindType, id: str) -> None:
        self.catalog.remove(kind.name, id)

    def measure(self, kind: KindType, live: Sequence[Live]) -> Sequence[Metrics]:
        return kind.measure(self.store, self.base, live)

    def _body(self, kind: KindType, desired: Body) -> dict[str, Any]:
        place = Place(self.base, self.store.file)
        return kind.complete(desired.model_dump(mode="json", by_alias=True, exclude_none=True), place)

    def _draft(self, kind: KindType, id: str, body: dict[str, Any]) -> Draft:
        fields = schema_of(kind.model_for(body)).fields.values()
        links: dict[str, str] = {}
        allowed: dict[str, tuple[str, ...]] = {}
        for field in fields:
            if field.reference and field.name in body:
                found = _targets(field.name, body[field.name])
                links |= found
                allowed |= dict.fromkeys(found, _kinds(field.reference))
        slot = kind.slot(body, Place(self.base, self.store.file))
        return Draft(kind.name, id, self._sealed(kind, body), links, allowed, slot)

    def _sealed(self, kind: KindType, body: dict[str, Any]) -> dict[str, Any]:
        """The body as it may be kept: no secret stands in it as it is."""
        return each_secret(schema_of(kind.model_for(body)), body, self._vault.seal)

    @property
    def _vault(self) -> Vault:
        return Vault(self.store.folder)

    def _redraft(self, kind: KindType, entry: Entry, patch: Mapping[str, Any]) -> Draft:
        model = kind.model_for(entry.body)
        schema = schema_of(model)
        unseen = with_unseen(schema, patch, entry.body)
        kept = {name: value for name, value in entry.body.items() if name not in patch}
        opened = each_secret(schema, kept, self._vault.opened_value)
        before = {**entry.body, **opened}
        merged = {**opened, **each_secret(schema, unseen, self._vault.opened_value)}
        try:
            desired = model.model_validate({name: value for name, value in merged.items() if value is not None})
        except ValidationError as error:
            raise not_valid(kind, entry.name, error) from None
        body = self._body(kind, desired)
        for field in schema_of(model).with_trait(Trait.IMMUTABLE):
            if body.get(field.name) != before.get(field.name):
                raise Rejected(f"{kind.name} {entry.name}: {field.name} cannot be changed in place", status=409)
        kind.check_change(entry, body)
        return self._draft(kind, entry.id, body)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The engine in this process: its verbs wait for nothing."""

    declared: Declared

    async def all(self, kind: KindType) -> Sequence[Live]:
        return self.declared.all(kind)

    async def find(self, kind: KindType, id: str) -> Live | None:
        return self.declared.find(kind, id)

    async def add(self, kind: KindType, fields: Mapping[str, Any], mark: str) -> Live:
        return self.declared.add(kind, fields, mark)

    async def change(self, kind: KindType, id: str, patch: Mapping[str, Any]) -> Live:
        return self.declared.change(kind, id, patch)

    async def set_status(self, kind: KindType, id: str, status: str) -> Live:
        return live_of(kind, self.declared.set_status(kind, id, status))

    async def remove(self, kind: KindType, id: str) -> None:
        self.declared.remove(kind, id)

    async def told(self, kind: KindType, live: Live) -> Live:
        return live

    async def measure(self, kind: KindType, live: Sequence[Live]) -> Sequence[Metrics]:
        return self.declared.measure(kind, live)


def live_of(kind: KindType, entry: Entry) -> Live:
    """The object as the engine reports it: all fields that have a value, but what is only ever written, and what is
    counted."""
    created_at = datetime.fromtimestamp(entry.created_at / 1_000_000, UTC)
    fields = kind.fields(entry, created_at.isoformat())
    schema = schema_of(kind.model_for(entry.body))
    return Live(entry.id, without_secrets(schema, fields), created_at, entry.mark)


def not_valid(kind: KindType, name: str, error: ValidationError) -> Rejected:
    """What a model says of fields, as the engine refuses it."""
    refused = tuple(Refusal(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors())
    return Rejected(f"{kind.name} {name}: {refused[0].path}: {refused[0].message}", fields=refused)


def _kinds(reference: Reference) -> tuple[str, ...]:
    return tuple(section.removesuffix("s") for section in reference.kinds)


def _targets(name: str, value: Any) -> dict[str, str]:
    """Ids by what is to be called their place."""
    return {f"{name}[{number}]": id for number, id in enumerate(value)} if isinstance(value, list) else {name: value}
