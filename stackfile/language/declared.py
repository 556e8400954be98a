"""Declared resources on their way to being bound: one declaration in the file, and its instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import Address, Modules
from stackfile.language.source import Raw, Template
from stackfile.language.stackfile import Each
from stackfile.sdk.provider import Kind
from stackfile.sdk.schema import Schema
from stackfile.values import Path, Ref, Tree


@dataclass(slots=True)
class Instance:
    """One resource. Without a schema its kind could not be told, which has been reported."""

    address: Address
    each: Each | None
    enabled: bool
    provider: str = ""
    service: str = ""
    kind: type[Kind[Any]] | None = None
    schema: Schema | None = None
    is_lookup: bool = False
    """Whether it is looked up and not managed."""
    ref: Ref | None = None
    """The reference to it, once there is one."""


@dataclass(slots=True)
class Declaration:
    """One entry of a section. `entry` has the defaults merged under it; `body` is the entry without the engine's keys.

    `broken`: which instances there are cannot be told, not yet or, once all are expanded, never.
    """

    section: str
    key: str
    entry: dict[str, Raw]
    body: Tree
    templated: bool
    own_name: bool
    """Whether the entry itself, and not `defaults`, says the remote name."""
    own_provider: bool = True
    """Whether the entry itself says who makes it, or nobody does."""
    modules: Modules = ()
    """The module instance that it is in."""
    repeated: bool = False
    broken: bool = True
    instances: dict[str | None, Instance] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    """The templates in it whose mistakes have been reported."""
    leaves: Sequence[tuple[Path, Template]] = ()
    """The scalars with templates in the body."""

    @property
    def address(self) -> Address:
        return Address(self.section, self.key, None, self.modules)

    @property
    def is_lookup(self) -> bool:
        """Whether it is looked up and not managed."""
        return "existing" in self.entry

    @property
    def path(self) -> Path:
        return (self.section, self.key)
