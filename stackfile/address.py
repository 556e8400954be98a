"""Address: the path of a resource in the stackfile, `modules.billing.streams.clicks[eu]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TypeAlias

SECTIONS = ("sources", "destinations", "pipelines", "streams", "resources")
"""The sections that hold resources, in the order in which they are printed."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

_BARE_INSTANCE = re.compile(r"[^\s\[\]\"'/]+\Z")
_KEY = r"(?P<key>[A-Za-z_][A-Za-z0-9_]*)"
_BRACKETS = r"""\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<bare>[^\s\[\]"'/]+)\]"""
_STEP = re.compile(rf"""{_KEY}(?:{_BRACKETS}|/(?P<slash>[^\s\[\]"'/]+))?""")
_MODULE_STEP = re.compile(rf"""{_KEY}(?:{_BRACKETS}|/(?P<slash>[^\s\[\]"'/.]+))?""")
"""Behind a slash the key of a module's instance ends at the dot, where the address goes on."""
_SECTION_ORDER = {section: index for index, section in enumerate(SECTIONS)}


Modules: TypeAlias = "tuple[tuple[str, str | None], ...]"
"""Module instances, each within the one before: keys and instance keys."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Address:
    """`section.key`, within modules, and for an instance of a `for_each` with its key.

    Printing and parsing are inverse to each other. Keys are identifiers; an instance key is any text. Addresses sort
    as reports print them: by modules, section, key and instance, each declaration before its instances.
    """

    section: str
    key: str
    instance: str | None = None
    modules: Modules = ()

    def __str__(self) -> str:
        own = f"{self.section}.{print_step(self.key, self.instance)}"
        return f"{print_modules(self.modules)}.{own}" if self.modules else own

    def __lt__(self, other: Address) -> bool:
        return self.rank < other.rank

    @property
    def rank(self) -> tuple[object, ...]:
        """What addresses are sorted by: as a key for many, quicker than comparing them."""
        modules = tuple((key, instance is not None, instance or "") for key, instance in self.modules)
        section = _SECTION_ORDER.get(self.section, len(SECTIONS))
        return modules, section, self.key, self.instance is not None, self.instance or ""

    @property
    def declaration(self) -> Address:
        """The address without its instance key: what the stackfile declares."""
        return self if self.instance is None else Address(self.section, self.key, None, self.modules)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `streams.clicks`, `streams.clicks[eu]`, `streams.clicks["eu"]` and `streams.clicks/eu`.

        Raises ValueError, with the reason, for any other text.
        """
        modules: list[tuple[str, str | None]] = []
        rest = text
        while True:
            section, dot, rest = rest.partition(".")
            if not dot:
                raise ValueError(f"{text!r} is no address: write section.key")
            match = (_MODULE_STEP if section == "modules" else _STEP).match(rest)
            if match is None:
                raise ValueError(f"{text!r} is no address: {rest!r} does not start with a key")
            key, instance, rest = match["key"], _instance(match), rest[match.end() :]
            if section != "modules":
                break
            modules.append((key, instance))
            if not rest.startswith("."):
                raise ValueError(f"{text!r} names a module, not a resource")
            rest = rest[1:]
        if rest:
            raise ValueError(f"{text!r} is no address: {rest!r} is too much")
        if section not in SECTIONS:
            raise ValueError(f"{text!r} is no address: there is no section {section!r}")
        return cls(section, key, instance, tuple(modules))


def parse_modules(text: str) -> Modules:
    """The inverse of `print_modules`. Raises ValueError for any other text."""
    try:
        modules = Address.parse(f"{text}.{SECTIONS[0]}.x").modules
    except ValueError:
        modules = ()
    if not modules:
        raise ValueError(f"{text!r} names no module: write modules.key")
    return modules


def print_modules(modules: Modules) -> str:
    """`modules.billing[eu].modules.inner`."""
    return ".".join(f"modules.{print_step(key, instance)}" for key, instance in modules)


def print_step(key: str, instance: str | None) -> str:
    """`key[instance]`; what a terminal would not show as it is stands escaped in quotes."""
    if instance is None:
        return key
    shown = instance.isprintable()
    if shown and _BARE_INSTANCE.match(instance):
        return f"{key}[{instance}]"
    return f"{key}[{json.dumps(instance, ensure_ascii=not shown)}]"


def _instance(match: re.Match[str]) -> str | None:
    if match["quoted"] is not None:
        try:
            return str(json.loads(match["quoted"]))
        except ValueError:
            raise ValueError(f"{match['quoted']} is no instance key: write it as JSON text") from None
    return match["bare"] if match["bare"] is not None else match["slash"]
