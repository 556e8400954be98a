"""A service that exists in these tests only: kinds with one habit each, and the catalog that offers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.sdk.provider import Body, Kind, Live, Provider, Settings
from stackfile.sdk.traits import (
    Begins,
    Brought,
    Changes,
    Effect,
    Impact,
    KindTraits,
    Names,
    OnRemove,
    Reference,
    SecretsIn,
    Trait,
)
from stackfile.values import Path, Value

_PARTITIONS = Changes(
    any=Effect(Impact.RESTART, "Partitions go from {before} to {after}."),
    added=Effect(Impact.RESTART, "Readers of {after} partitions start again."),
    removed=Effect(Impact.DATA_LOSS, "Events of the partitions that go are lost.", replaces=True),
)
_TABLES = Changes(
    added=Effect(Impact.REPROCESS, "Snapshot of {items}."),
    removed=Effect(Impact.RESTART, "{items} is no longer read."),
)


_KINDS_NAMED = {"from": "stream", "part": "part"}


def _named_in(value: Any) -> Iterator[tuple[str, str]]:
    yield from ((_KINDS_NAMED[key], name) for key, name in value.items() if key in _KINDS_NAMED)


def _secrets_in(value: Any) -> Iterator[tuple[str]]:
    yield from ((key,) for key in value if key.startswith("secret"))


class Stream(Body):
    name: Annotated[str, Trait.IDENTITY, Trait.IMMUTABLE]
    partitions: Annotated[int, OnRemove.DEFAULT, _PARTITIONS] = 1
    labels: dict[str, str] = Field(default_factory=dict)
    note: str | None = None
    timeout: Annotated[int | None, Trait.LOCAL] = None
    events: Annotated[int | None, Trait.COMPUTED, Trait.VOLATILE] = None


class Source(Body):
    name: Annotated[str, Trait.IDENTITY]
    host: str = "localhost"
    region: Annotated[str | None, Trait.IMMUTABLE] = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    token: Annotated[str | None, Trait.SENSITIVE] = None
    tables: Annotated[list[str], Trait.UNORDERED, _TABLES] = Field(default_factory=list)
    config: dict[str, Any] = Field(default_factory=dict)
    stream: Annotated[str | None, Reference(("streams",)), Trait.IMMUTABLE] = None
    shape: Annotated[dict[str, Any] | None, Trait.UNREAD] = None
    root: Annotated[str | None, Trait.UNREAD, Trait.IMMUTABLE] = None
    uses: Annotated[dict[str, Any] | None, Names(("stream", "part"), _named_in), SecretsIn(_secrets_in)] = None
    endpoint: Annotated[str | None, Trait.COMPUTED] = None


class Pipeline(Body):
    name: Annotated[str, Trait.IDENTITY]
    source: Annotated[str | None, Reference(("sources", "streams", "pipelines")), Trait.PINS] = None
    destination: Annotated[str | None, Reference(("destinations", "streams"))] = None
    text: str | None = None
    status: Annotated[str | None, OnRemove.KEEP, Begins("running", ("created",))] = None


class Destination(Body):
    """Has no update."""

    name: Annotated[str, Trait.IDENTITY]
    path: str | None = None
    stream: Annotated[str | None, Reference(("streams",))] = None
    timeout: Annotated[int | None, Trait.LOCAL] = None


class Joint(Body):
    """What it does is said by the source that it refers to."""

    name: Annotated[str, Trait.IDENTITY]
    source: Annotated[str, Reference(("sources",))]
    shape: Annotated[dict[str, Any] | None, Brought("source", "shape"), Trait.WHOLE] = None


class Part(Body):
    """What sources share, and other parts are made with."""

    name: Annotated[str, Trait.IDENTITY]
    size: int = 1
    shape: Annotated[str | None, Trait.IMMUTABLE] = None
    uses: Annotated[dict[str, Any] | None, Names(("part",), _named_in)] = None


class Streams(Kind[Stream]):
    """Ids are known before the object is."""

    section, name, model = "streams", "stream", Stream
    traits = KindTraits(stable_id=True, replace=Effect(Impact.DATA_LOSS, "The events are deleted."))

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return f"stream:{desired['name']}"

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        events = live.fields.get("events", 0)
        return Effect(Impact.DATA_LOSS, f"{events} events are deleted.") if verb == "delete" and events else None


class Sources(Kind[Source]):
    section, name, model = "sources", "source", Source
    traits = KindTraits(create=Effect(Impact.NONE, "A first snapshot is read."))


class Pipelines(Kind[Pipeline]):
    section, name, model = "pipelines", "pipeline", Pipeline


class Destinations(Kind[Destination]):
    section, name, model = "destinations", "destination", Destination
    traits = KindTraits(can_update=False, replace=Effect(Impact.REPROCESS, "All is written again."))


class Joints(Kind[Joint]):
    section, name, model = "resources", "joint", Joint


class Parts(Kind[Part]):
    section, name, model = "resources", "part", Part
    traits = KindTraits(delete=Effect(Impact.RESTART, "It goes."), users_told="Used by {users}: they see the new one.")


class CloudSettings(Settings):
    url: str = ""


class Cloud(Provider[CloudSettings]):
    name = "cloud"
    settings = CloudSettings
    kind_types = (Sources, Destinations, Pipelines, Streams, Joints, Parts)


class VaultSettings(Settings):
    url: str


class Vault(Provider[VaultSettings]):
    """The same kinds, and settings that it cannot do without."""

    name = "vault"
    settings = VaultSettings
    kind_types = (Sources, Destinations, Pipelines, Streams)


class CloudCatalog:
    """Both of them, installed."""

    providers: ClassVar[Mapping[str, type[Provider[Any]]]] = {"cloud": Cloud, "vault": Vault}

    def services(self) -> list[str]:
        return sorted(self.providers)

    def provider(self, service: str) -> type[Provider[Any]]:
        return self.providers[service]

    def kinds(self, service: str, section: str) -> Mapping[str, type[Kind[Any]]]:
        return {kind.name: kind for kind in self.provider(service).kind_types if kind.section == section}
