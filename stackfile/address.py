"""Address: the path of a resource in the stackfile, `modules.billing.streams.clicks[eu]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

SECTIONS = ("sources", "destinations", "pipelines", "streams", "resources")
"""The sections that hold resources, in the order in which they are printed."""

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

_BARE_INSTANCE = re.compile(r"[^\s\[\]\"'/]+\Z")
_INSTANCE = r"""(?:\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<bare>[^\s\[\]"'/]+)\]|/(?P<slash>[^\s\[\]"'/]+))?"""
_STEP = re.compile(rf"(?P<key>[A-Za-z_][A-Za-z0-9_]*){_INSTANCE}")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`section.key`, within modules, and for an instance of a `for_each` with its key.

    Printing and parsing are inverse to each other. Keys are identifiers; an instance key is any text.
    """

    section: str
    key: str
    instance: str | None = None
    modules: tuple[tuple[str, str | None], ...] = ()

    def __str__(self) -> str:
        steps = [f"modules.{_print_step(key, instance)}." for key, instance in self.modules]
        return "".join(steps) + f"{self.section}.{_print_step(self.key, self.instance)}"

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
            match = _STEP.match(rest)
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


def _print_step(key: str, instance: str | None) -> str:
    if instance is None:
        return key
    return f"{key}[{instance if _BARE_INSTANCE.match(instance) else json.dumps(instance, ensure_ascii=False)}]"


def _instance(match: re.Match[str]) -> str | None:
    if match["quoted"] is not None:
        return str(json.loads(match["quoted"]))
    return match["bare"] if match["bare"] is not None else match["slash"]
