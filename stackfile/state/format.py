"""What the state holds: one record a resource, in a document with lineage and serial. Plain data; no I/O here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from stackfile.address import Address
from stackfile.values import Tree, Value

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Hold:
    """A run state that a person asked to keep until it is released."""

    status: str
    reason: str
    by: str
    until: datetime | None = None

    def counts(self, now: datetime) -> bool:
        return self.until is None or self.until > now


@dataclass(frozen=True, slots=True)
class Deposed:
    """An old object that a replacement has superseded and that is still to be deleted.

    It keeps what it was, since its resource may be of another kind or provider by now. Empty: as its resource.
    """

    id: str
    applied: Tree
    provider: str = ""
    service: str = ""
    section: str = ""
    kind: str = ""
    scope: str = ""
    name: str = ""
    dependencies: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One resource that is ours.

    `provider` is the instance's name in the stackfile, `service` the provider's type, `kind` its kind's type and
    `section` the kind's section. `applied` is what the file set at the last apply, secrets as `Sealed`, references as
    ids; `observed` is the last live copy, masked. `dependencies` are the addresses that it referred to when applied.
    Times are UTC.
    """

    address: Address
    provider: str
    service: str
    section: str
    kind: str
    scope: str
    id: str
    name: str
    applied: Tree
    observed: Tree = field(default_factory=dict)
    observed_at: datetime | None = None
    dependencies: tuple[Address, ...] = ()
    schema_version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    prevent_destroy: bool = False
    deposed: tuple[Deposed, ...] = ()
    hold: Hold | None = None

    def as_deposed(self) -> Deposed:
        """Its object, once another one has taken its place."""
        who = (self.provider, self.service, self.section, self.kind, self.scope, self.name)
        return Deposed(self.id, self.applied, *who, self.dependencies)

    def as_it_was(self, old: Deposed) -> Record:
        """The record of a deposed object, as if it were the resource's own still."""
        return replace(
            self,
            id=old.id,
            applied=old.applied,
            observed={},
            provider=old.provider or self.provider,
            service=old.service or self.service,
            section=old.section or self.section,
            kind=old.kind or self.kind,
            scope=old.scope or self.scope,
            name=old.name or self.name,
            dependencies=old.dependencies,
            deposed=(),
            hold=None,
        )

    def without(self, id: str) -> Record:
        """The record once a deposed object is gone."""
        return replace(self, deposed=tuple(old for old in self.deposed if old.id != id))

    @property
    def objects(self) -> tuple[Record, ...]:
        """The record of its object, and those of its deposed ones."""
        return (self, *(self.as_it_was(old) for old in self.deposed)) if self.deposed else (self,)

    @property
    def needs(self) -> tuple[Address, ...]:
        """What its objects refer to, the deposed ones too."""
        if not self.deposed:
            return self.dependencies
        return tuple(dict.fromkeys(need for one in self.objects for need in one.dependencies))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the last apply came from: who, and the version of the folder. Empty where it cannot be told."""

    by: str = ""
    commit: str = ""
    dirty: bool = False
    branch: str = ""
    run_url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a snapshot, and with which command. Empty for what is no snapshot yet."""

    by: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """An output's value as of the last apply; `sensitive` ones are stored `Sealed` and cannot be shown."""

    value: Value
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is ours. `lineage` is made once and names this history; `serial` grows with every change.

    `holds` are of addresses without a record: the held object was deleted, and the new one in its place is not there.
    """

    stack: str
    env: str
    lineage: str
    serial: int = 0
    records: Mapping[Address, Record] = field(default_factory=dict)
    outputs: Mapping[str, StoredOutput] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)

    @property
    def objects(self) -> Iterator[Record]:
        """All objects that are ours, each as a record; deposed ones too."""
        return (one for record in self.records.values() for one in record.objects)

    author: Author = field(default_factory=Author)
    holds: Mapping[Address, Hold] = field(default_factory=dict)
