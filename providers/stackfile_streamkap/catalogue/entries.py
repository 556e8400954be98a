"""The catalogue's entries: one file a section, read when it is first asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args

Type: TypeAlias = Literal["text", "integer", "boolean", "commas", "list", "map", "json"]
"""`commas` is a list that the service wants as text with commas, `json` a JSON document as text."""

TYPES: Final[tuple[str, ...]] = get_args(Type)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a connector's `config`.

    `secret` is never returned by the service; `hidden` is a credential that it does return. `replaces`: set once.
    `server`: the service decides. `when` holds values of other keys under which this one is required. `wire` is how a
    map goes over the wire, `terraform` its name in the Terraform provider.
    """

    name: str
    type: Type
    required: bool = False
    default: Any = None
    enum: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    secret: bool = False
    hidden: bool = False
    replaces: bool = False
    server: bool = False
    when: Mapping[str, Any] = field(default_factory=dict)
    wire: str = ""
    terraform: str = ""
    about: str = ""


@dataclass(frozen=True, eq=False)
class Connector:
    """One connector, or one type of transform. `aliases` are older Terraform names with the keys that they mean.

    It is equal to itself only, so that what is made of it can be kept by it.
    """

    section: str
    name: str
    keys: Mapping[str, Key]
    terraform: str = ""
    common: bool = True
    """Whether it takes the keys that are common to its section; one that does not refuses them."""
    aliases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def spoken(self) -> Mapping[str, str]:
        """Other names by which keys are known, with the right ones: Terraform's, old and new."""
        named = {key.terraform: name for name, key in self.keys.items()}
        return {**named, **self.aliases}


class Offers(Protocol):
    """Connectors by section: those that come with the provider, or those of a lock."""

    def names(self, section: str) -> tuple[str, ...]: ...

    def connector(self, section: str, name: str) -> Connector:
        """The same one each time. Raises KeyError for one that is not there."""


class BuiltIn:
    """The connectors that come with the provider."""

    def names(self, section: str) -> tuple[str, ...]:
        return names(section)

    def connector(self, section: str, name: str) -> Connector:
        return connector(section, name)


def names(section: str) -> tuple[str, ...]:
    """The connectors that the catalogue has."""
    return tuple(_data(section)["connectors"])


@cache
def connector(section: str, name: str) -> Connector:
    """Raises KeyError for one that is not in the catalogue."""
    found = _data(section)["connectors"][name]
    written = {**found["keys"], **(_data(section)["common"] if found["common"] else {})}
    keys = {key: _key(key, said) for key, said in written.items()}
    return Connector(section, name, keys, found["terraform"], found["common"], found.get("aliases", {}))


@cache
def common_keys(section: str) -> frozenset[str]:
    return frozenset(_data(section)["common"])


@cache
def _data(section: str) -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath(f"{section}.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text)
    return data


def _key(name: str, said: Mapping[str, Any]) -> Key:
    if said["type"] not in TYPES:
        raise ValueError(f"{name}: no type {said['type']}")
    spoken = said.get("tf") or spelt_for_terraform(name)
    rest = {word: value for word, value in said.items() if word not in ("tf", "enum")}
    return Key(name=name, enum=tuple(said.get("enum", ())), terraform=spoken, **rest)


def spelt_for_terraform(name: str) -> str:
    """What the Terraform provider's generator makes of a key, where it has no shorter name for it."""
    return "".join(char if char.isalnum() else "_" for char in name.lower())
