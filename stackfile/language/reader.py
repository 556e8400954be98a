"""Reads shapes out of a document: maps, texts, flags and known keys, each mistake recorded at its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from stackfile.address import IDENTIFIER
from stackfile.language.documents import Documents
from stackfile.language.findings import Fault, Findings, did_you_mean, listing
from stackfile.language.source import UNSET, Raw, Template
from stackfile.values import Path


@dataclass(frozen=True, slots=True)
class Reader:
    document: Documents
    findings: Findings

    def at_value(self, fault: Fault, path: Path, address: str | None = None) -> None:
        self.findings.add(fault, self.document.value_place(path, fault.written), address)

    def at_key(self, fault: Fault, path: Path, address: str | None = None) -> None:
        self.findings.add(fault, self.document.key_place(path), address)

    def map(self, raw: Raw, path: Path) -> dict[str, Raw]:
        """The map at a path. Nothing counts as an empty one; anything else is recorded and read as an empty one."""
        if isinstance(raw, dict):
            return raw
        if raw is not None:
            self.wrong(raw, path, "a map")
        return {}

    def text(self, raw: Raw, path: Path) -> str | None:
        """Plain text; None, and recorded, for anything else."""
        if isinstance(raw, Template):
            fault = Fault("template-misplaced", f"`{path[-1]}` must be known without a template")
            self.at_value(fault, path)
        elif isinstance(raw, str):
            return raw
        else:
            self.wrong(raw, path, "text")
        return None

    def flag(self, raw: Raw, path: Path) -> bool:
        if not isinstance(raw, bool):
            self.wrong(raw, path, "true or false")
        return raw is True

    def wrong(self, raw: Raw, path: Path, wanted: str) -> None:
        self.at_value(Fault("type-wrong", f"`{path[-1]}` takes {wanted}, not {describe(raw)}"), path)

    def check_keys(self, raw: Mapping[str, Raw], path: Path, known: Collection[str], later: Collection[str]) -> None:
        """Records the keys that are unknown, and those that a later version will know."""
        for key in raw:
            if key in later:
                self.at_key(not_yet(key), (*path, key))
            elif key not in known:
                label = did_you_mean(key, known)
                help = () if label else (f"known here: {listing(known)}",)
                self.at_key(Fault("field-unknown", f"no field `{key}` here", label, help), (*path, key))

    def check_identifiers(self, names: Iterable[str], path: Path) -> None:
        for name in names:
            if IDENTIFIER.match(name) is None:
                suggestion = f"write {as_identifier(name)}"
                fault = Fault("key-wrong", f"`{name}` is no name: letters, digits and _ only", suggestion)
                self.at_key(fault, (*path, name))


def not_yet(what: str) -> Fault:
    return Fault("not-yet", f"`{what}` is not supported yet", "", ("remove it: this version cannot do what it asks",))


def as_identifier(text: str) -> str:
    name = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in text)
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


def describe(raw: object) -> str:
    """What a value is, in the words of YAML."""
    if raw is None:
        return "nothing"
    if raw is UNSET:
        return "!unset"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        return "text"
    if isinstance(raw, int | float):
        return "a number"
    if isinstance(raw, Mapping):
        return "a map"
    return "a list" if isinstance(raw, list | tuple) else "something else"
