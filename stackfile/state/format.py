"""What the state holds: one record a resource, in a document with lineage and serial. Plain data; no I/O here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """An old object that a replacement has superseded and that is still to be deleted."""

    id: str
    applied: Tree


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
    """Everything that is ours. `lineage` is made once and names this history; `serial` grows with every change."""

    stack: str
    env: str
    lineage: str
    serial: int = 0
    records: Mapping[Address, Record] = field(default_factory=dict)
    outputs: Mapping[str, StoredOutput] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    author: Author = field(default_factory=Author)
