"""Changes values in a YAML text: text in, text out. All lines that are not about them stay, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from stackfile.language.builder import Builder, Stop
from stackfile.language.edit.layout import lay_out
from stackfile.language.edit.same import alike
from stackfile.language.edit.splice import Splicer, Uneditable
from stackfile.language.edit.written import Unwritable
from stackfile.language.findings import Findings
from stackfile.language.source import Raw, Source
from stackfile.values import Path, Value

__all__ = ["GONE", "Gone", "Uneditable", "edited", "read"]


@dataclass(frozen=True, slots=True)
class Gone:
    """Stands for a value that is to be taken away."""


GONE: Final = Gone()
Wish: TypeAlias = "Value | Gone"


def edited(text: str, changes: Iterable[tuple[Path, Wish]]) -> str:
    """The text with each value set, made where it is missing, or taken away. Values are plain JSON.

    Raises Uneditable where a value is not written at its path: it comes from a template or through an alias, others
    share it, or nothing could be written there that would be read as just that change.
    """
    root = read(text)
    wanted: Raw = root
    for path, wish in changes:
        wanted = _put(wanted, path, wish)
    if alike(root, wanted):
        return text
    try:
        changed = Splicer(lay_out(text)).spliced(root, wanted)
    except Unwritable:
        raise Uneditable("YAML has no way to write the value") from None
    if not _reads(changed, wanted):
        raise Uneditable("it is written in a way that cannot be changed safely")
    return changed


def read(text: str) -> Raw:
    """The tree of a text. Raises Uneditable for one with a mistake."""
    findings = Findings()
    try:
        root = Builder(Source("", text), findings).build().root
    except Stop:
        root = None
    if len(findings):
        raise Uneditable("the file has a mistake")
    return root


def _reads(text: str, wanted: Raw) -> bool:
    try:
        return alike(read(text), wanted)
    except Uneditable:
        return False


def _put(tree: Raw, path: Path, wish: Wish) -> Raw:
    """The tree with the wish at a path; the parts that are not on the way are the same objects."""
    if not path:
        return _plain(wish)
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(tree, list) or not 0 <= step < len(tree):
            raise Uneditable(f"there is no item {step}")
        items = list(tree)
        items[step] = _put(items[step], rest, wish)
        return items
    if tree is not None and not isinstance(tree, dict):
        raise Uneditable("what is around it is no map as written")
    entries: dict[str, Raw] = dict(tree or {})
    if not rest and isinstance(wish, Gone):
        entries.pop(step, None)
    elif step in entries or not isinstance(wish, Gone):
        entries[step] = _put(entries.get(step), rest, wish)
    return entries


def _plain(value: Any) -> Raw:
    """Maps and lists as the reader makes them, so that trees can be compared."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return cast("Raw", value)
