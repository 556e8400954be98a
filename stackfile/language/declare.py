"""Entries of the sections to declarations: defaults merged under them, the engine's keys told from the kind's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from stackfile.address import SECTIONS, Modules
from stackfile.language.declared import Declaration
from stackfile.language.lifecycle import VERBS
from stackfile.language.lookups import EXISTING, without_own_fields
from stackfile.language.reader import Reader
from stackfile.language.scope import Declarations
from stackfile.language.source import UNSET, Raw
from stackfile.language.structure import Structure
from stackfile.language.unset import check_overlay, cleared
from stackfile.values import Path, Tree

ENGINE_KEYS = frozenset(("provider", "for_each", "enabled", "depends_on", "lifecycle", "existing", "timeouts"))
_LIFECYCLE = ("prevent_destroy", "ignore_changes", "create_before_destroy", "replace_triggered_by")
_LIFECYCLE_LATER = ("force_destroy",)
_GENERAL = ("provider", "name", "lifecycle", "timeouts")


def declare(structure: Structure, reader: Reader, modules: Modules = ()) -> Declarations:
    """All declarations by section and key, in the order of the file. `modules`: the instance that they are in."""
    out: Declarations = {}
    for section in SECTIONS:
        entries = structure.sections[section]
        if entries:
            defaults = _defaults(structure, section, reader)
            for key, raw in entries.items():
                one = out[section, key] = _declaration(section, key, raw, defaults, reader)
                one.modules = modules
    return out


def _defaults(structure: Structure, section: str, reader: Reader) -> dict[str, Raw]:
    """What every entry of a section begins with."""
    general = {key: raw for key, raw in structure.defaults.items() if key in _GENERAL}
    path: Path = ("defaults", section)
    own = reader.map(structure.defaults.get(section), path)
    if reader.document.has_unset:
        check_overlay(own, general, path, reader)
        return cleared(merged(general, own))
    return merged(general, own) if own else general


def _declaration(section: str, key: str, raw: Raw, defaults: dict[str, Raw], reader: Reader) -> Declaration:
    path: Path = (section, key)
    own = reader.map(raw, path)
    entry = merged(defaults, own) if defaults else own
    if reader.document.has_unset:
        check_overlay(own, defaults, path, reader)
        entry = cleared(entry)
    if EXISTING in entry:
        entry = without_own_fields(entry, own, path, reader)
    engine = ENGINE_KEYS if section != "resources" else ENGINE_KEYS | {"type"}
    body = entry
    if not engine.isdisjoint(entry):
        body = {name: value for name, value in entry.items() if name not in engine}
        _check_engine_keys(entry, path, reader)
    templated = reader.document.has_templates(own) or any(map(reader.document.has_templates, defaults.values()))
    own_name, own_provider = own.get("name") not in (None, UNSET), "provider" in own or "provider" not in entry
    return Declaration(section, key, entry, cast("Tree", body), templated, own_name, own_provider)


def _check_engine_keys(entry: Mapping[str, Raw], path: Path, reader: Reader) -> None:
    if "lifecycle" in entry:
        lifecycle = reader.map(entry["lifecycle"], (*path, "lifecycle"))
        reader.check_keys(lifecycle, (*path, "lifecycle"), _LIFECYCLE, _LIFECYCLE_LATER)
    if "timeouts" in entry:
        timeouts = reader.map(entry["timeouts"], (*path, "timeouts"))
        reader.check_keys(timeouts, (*path, "timeouts"), VERBS, ())


def merged(under: Mapping[str, Raw], over: Mapping[str, Raw]) -> dict[str, Raw]:
    """Maps merge deeply; anything else, a list too, takes the place of what is under it."""
    out = dict(under)
    for key, raw in over.items():
        below = out.get(key)
        out[key] = merged(below, raw) if isinstance(raw, dict) and isinstance(below, dict) else raw
    return out
