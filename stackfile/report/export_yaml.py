"""Exported declarations as the text of a stackfile, and of the file with their imports beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from stackfile.address import SECTIONS
from stackfile.language.edit.written import after_sign, key
from stackfile.plan.export import Exported
from stackfile.values import Tree, Value

IMPORTS = "imports.yaml"
UNREAD = "Not returned by the service: {}. Write what it has, before it is imported."


@dataclass(frozen=True, slots=True)
class Heading:
    """What a stackfile says beside its resources. `default` is the provider that resources need not name."""

    name: str
    providers: Mapping[str, Tree] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)
    default: str = ""


def stackfile_text(heading: Heading, exported: Sequence[Exported]) -> str:
    secrets: Tree = {name: {"type": "string", "sensitive": True} for one in exported for name in one.variables}
    parts = [_lines({"version": 1, "name": heading.name, "include": [IMPORTS]})]
    parts += [_section("providers", heading.providers)] if heading.providers else []
    parts += [_lines({"defaults": {"provider": heading.default}})] if heading.default else []
    variables = {**heading.variables, **secrets}
    parts += [_section("variables", variables)] if variables else []
    parts += [resources_text(exported, heading.default)] if exported else []
    return "\n".join(parts)


def resources_text(exported: Iterable[Exported], default: str) -> str:
    """The sections with their resources, and nothing around them."""
    in_order = sorted(exported, key=lambda one: SECTIONS.index(one.address.section))
    sections = groupby(in_order, key=lambda one: one.address.section)
    return "\n".join(_of_section(name, list(group), default) for name, group in sections)


def _of_section(name: str, exported: Sequence[Exported], default: str) -> str:
    notes = {one.address.key: UNREAD.format(", ".join(one.unread)) for one in exported if one.unread}
    return _section(name, {one.address.key: _entry(one, default) for one in exported}, notes)


def imports_text(exported: Iterable[Exported]) -> str:
    entries: list[Value] = [{"to": str(one.address), "id": one.id} for one in exported]
    if not entries:
        return "imports: []\n"
    return "imports:\n" + "".join(f"  -{after_sign(entry, 2, _NEWLINE)}\n" for entry in entries)


_NEWLINE = "\n"


def _entry(one: Exported, default: str) -> Tree:
    return dict(one.body) if one.provider == default else {"provider": one.provider, **one.body}


def _section(name: str, entries: Mapping[str, Value], notes: Mapping[str, str] = MappingProxyType({})) -> str:
    """Each entry in lines of its own, whatever its length, its note above it; one without fields as `{}`."""
    lines = [f"{name}:"]
    for own, entry in entries.items():
        lines += [f"  # {notes[own]}"] if own in notes else []
        if isinstance(entry, Mapping) and entry:
            lines.append(f"  {key(own)}:")
            lines += [f"    {key(str(name))}:{after_sign(value, 4, _NEWLINE)}" for name, value in entry.items()]
        else:
            lines.append(f"  {key(own)}:{after_sign(entry, 2, _NEWLINE)}")
    return "\n".join(lines) + "\n"


def _lines(entries: Tree) -> str:
    return "".join(f"{key(name)}:{after_sign(value, 0, _NEWLINE)}\n" for name, value in entries.items())
