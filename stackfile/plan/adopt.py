"""Drift that is to be kept: what the stackfile must say so that it wants what is live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stackfile.address import Address
from stackfile.language.edit.edit import GONE, Wish
from stackfile.language.stackfile import Resource
from stackfile.plan.drift import Drifted
from stackfile.plan.plan import UNSET, FieldChange
from stackfile.sdk.schema import FieldSchema
from stackfile.values import Path, Sealed, Sensitive, Tree, Value, contains, get, reveal

Names: TypeAlias = Mapping[str, Address]
"""Remote ids of the stack's own resources, with whose they are."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """One field as the stackfile should have it. `why_not` says why it cannot be written for the user; empty: it can.

    `path` is that of the field in the resource. A wish that is no one's business, a secret, is None.
    """

    path: Path
    wish: Wish
    why_not: str = ""


def adopted(drifted: Drifted, resource: Resource, written: Tree, names: Names) -> Iterator[Adopted]:
    """What to write for each field that moved. `written` is the resource's own entry in the file, as it is there."""
    for one in drifted.repair.fields:
        if contains(one.before, (Sensitive, Sealed)) or contains(one.after, (Sensitive, Sealed)):
            yield Adopted(one.path, None, "it is a secret, and a stackfile holds none")
        else:
            wish = _wish(one, resource.schema.at(one.path), get(written, one.path), names)
            yield Adopted(one.path, wish, _why_not(resource, written, one.path))


def _why_not(resource: Resource, written: Tree, path: Path) -> str:
    address = resource.address
    if address.instance is not None:
        return f"for_each makes {address}, and the entry is of all its instances"
    if _lacks(written, path) and not _lacks(resource.body, path):
        return "defaults say it, for other resources too"
    return ""


_NONE = object()


def _lacks(tree: Tree, path: Path) -> bool:
    return get(tree, path, _NONE) is _NONE  # type: ignore[arg-type]


def _wish(change: FieldChange, field: FieldSchema | None, written: Value, names: Names) -> Wish:
    if change.before is UNSET:
        return GONE
    live = reveal(change.before)
    if field is not None and field.reference is not None:
        return _reference(live, names)
    if field is not None and field.list_text is not None and isinstance(written, list) and isinstance(live, str):
        return [item.strip() for item in live.split(field.list_text.separator) if item.strip()]
    return live


def _reference(live: Value, names: Names) -> Value:
    """An id by the address that it is of, or as an id where it is of none."""
    if isinstance(live, list | tuple):
        return [_reference(one, names) for one in live]
    if not isinstance(live, str):
        return live
    return str(names[live]) if live in names else {"id": live}
