"""`!unset`: takes away what `defaults` say. Anywhere else it would mean nothing, and is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackfile.address import SECTIONS
from stackfile.language.findings import Fault
from stackfile.language.reader import Reader
from stackfile.language.source import UNSET, Raw
from stackfile.values import Path

_LIST = "!unset takes away a key of a map, not an item of a list"
_ELSEWHERE = "!unset takes away what `defaults` say of a resource, and here is none"


def check_elsewhere(root: Mapping[str, Raw], reader: Reader) -> None:
    """Records every `!unset` outside of resources and their defaults."""
    for section, raw in root.items():
        if section not in SECTIONS and not section.startswith("x-"):
            shallow = {key: one for key, one in raw.items() if key not in SECTIONS} if isinstance(raw, dict) else raw
            for path in _every(shallow if section == "defaults" else raw, (section,)):
                reader.at_value(Fault("unset-misplaced", _ELSEWHERE, "remove it"), path)


def check_overlay(over: Mapping[str, Raw], under: Mapping[str, Raw], path: Path, reader: Reader) -> None:
    """Records every `!unset` in a map with nothing to take away in what is under it."""
    for key, raw in over.items():
        below = under.get(key)
        here = (*path, key)
        if raw is UNSET and key not in under:
            reader.at_value(Fault("unset-misplaced", f"`{key}` has no default to take away", "remove it"), here)
        elif isinstance(raw, dict):
            check_overlay(raw, below if isinstance(below, dict) else {}, here, reader)
        elif isinstance(raw, list) and any(True for _ in _every(raw, ())):
            reader.at_key(Fault("unset-misplaced", _LIST), here)


def cleared(entry: Mapping[str, Raw]) -> dict[str, Raw]:
    """The map without what `!unset` takes away."""
    kept = {key: raw for key, raw in entry.items() if raw is not UNSET}
    return {key: cleared(raw) if isinstance(raw, dict) else raw for key, raw in kept.items()}


def _every(raw: Raw, path: Path) -> Iterator[Path]:
    if raw is UNSET:
        yield path
    elif isinstance(raw, dict):
        for key, inner in raw.items():
            yield from _every(inner, (*path, key))
    elif isinstance(raw, list):
        for at, inner in enumerate(raw):
            yield from _every(inner, (*path, at))
