"""The stackfile as JSON Schema (draft-07), for editors: its sections, and the kinds of the providers that it may use.

What only planning can tell is not in it: a stackfile that fits may still be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stackfile.address import IDENTIFIER, SECTIONS
from stackfile.language.json_kinds import TEMPLATE, Json, documentation, fields_of, required_of
from stackfile.language.json_sections import DEFINITIONS, ENGINE_FIELDS, SETTINGS
from stackfile.language.stackfile import Catalog
from stackfile.sdk.provider import Body, Kind

_KEYS = f"^{IDENTIFIER.pattern.removesuffix(chr(92) + 'Z')}$"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which provider an entry has: instance names by service, and the service of an entry that names none.

    `given` are the fields that `defaults` gives to all entries of a section.
    """

    instances: Mapping[str, tuple[str, ...]]
    usual: str | None = None
    given: Mapping[str, frozenset[str]] = field(default_factory=dict)


def json_schema(catalog: Catalog, chosen: Chosen) -> Json:
    """The schema as plain data, in a stable order."""
    names = sorted(name for names in chosen.instances.values() for name in names)
    definitions: Json = {**DEFINITIONS, "engine.provider": _provider(names)}
    sections = {section: _section(section, catalog, chosen, definitions) for section in SECTIONS}
    defaults = {
        "provider": ENGINE_FIELDS["provider"],
        "name": {"type": "string", "description": "The remote name of what says none itself, as a template."},
        "lifecycle": ENGINE_FIELDS["lifecycle"],
        **{section: {"type": "object"} for section in SECTIONS},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "stackfile",
        "type": "object",
        "required": ["version", "name"],
        "properties": {
            **SETTINGS,
            "providers": _providers(catalog, chosen, definitions),
            "defaults": {
                "type": "object",
                "description": "Merged deeply under each resource; lists replace, !unset clears.",
                "properties": defaults,
                "additionalProperties": False,
            },
            **sections,
        },
        "patternProperties": {"^x-": {"description": "Ignored: a home for anchors."}},
        "additionalProperties": False,
        "definitions": definitions,
    }


def _provider(names: list[str]) -> Json:
    says = "The name of a provider under `providers:`, or of one that is installed."
    return {"description": says, "anyOf": [{"enum": names}, {"type": "string"}]}


def _section(section: str, catalog: Catalog, chosen: Chosen, definitions: Json) -> Json:
    branches = [
        branch
        for service in sorted(chosen.instances)
        for kind in catalog.kinds(service, section).values()
        for branch in _Branches(service, kind, chosen).all(definitions)
    ]
    connectors = sorted({c for b in branches for c in b["if"]["properties"].get("connector", {}).get("enum", ())})
    shared: Json = {**ENGINE_FIELDS}
    if connectors:
        kinds = [kind for service in chosen.instances for kind in catalog.kinds(service, section).values()]
        open: Json = {"type": "string"} if any(kind.others is not None for kind in kinds) else TEMPLATE
        shared["connector"] = {"description": "What it connects to.", "anyOf": [{"enum": connectors}, open]}
    if section == "resources":
        shared["type"] = {"description": "The kind, as its provider calls it.", "type": "string"}
    entry: Json = {"type": ["object", "null"], "properties": shared, **({"allOf": branches} if branches else {})}
    definitions[section] = entry
    return {
        "type": "object",
        "description": _SAYS[section],
        "patternProperties": {_KEYS: {"$ref": f"#/definitions/{section}"}},
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class _Branches:
    """If an entry is of this kind, then it takes these fields."""

    service: str
    kind: type[Kind[Body]]
    chosen: Chosen

    def all(self, definitions: Json) -> Iterator[Json]:
        for name, model in (self.kind.variants or {"": self.kind.model}).items():
            prefix = ".".join(part for part in (self.service, self.kind.section, name or self.kind.name) if part)
            fields = fields_of(model, prefix, definitions)
            definitions[prefix] = {
                "description": documentation(model),
                "properties": {**ENGINE_FIELDS, **self._type(), **fields},
                "additionalProperties": False,
                "if": {"not": {"required": ["existing"]}},
                "then": {"required": self._required(model, name)},
            }
            yield {"if": self._condition(name), "then": {"$ref": f"#/definitions/{prefix}"}}

    def _type(self) -> Json:
        return {"type": {"const": self.kind.name}} if self.kind.section == "resources" else {}

    def _required(self, model: type[Body], connector: str) -> list[str]:
        given = self.chosen.given.get(self.kind.section, frozenset())
        return [one for one in required_of(model) if one not in given and not (connector and one == "connector")]

    def _condition(self, connector: str) -> Json:
        properties: Json = {"provider": {"enum": list(self.chosen.instances[self.service])}}
        required = [] if self.service == self.chosen.usual else ["provider"]
        if connector:
            properties["connector"] = {"enum": [connector]}
            required.append("connector")
        if self.kind.section == "resources":
            properties["type"] = {"enum": [self.kind.name]}
            required.append("type")
        return {"properties": properties, "required": required}


def _providers(catalog: Catalog, chosen: Chosen, definitions: Json) -> Json:
    properties = {}
    for service, names in sorted(chosen.instances.items()):
        provider = catalog.provider(service)
        settings = fields_of(provider.settings, f"{service}.settings", definitions)
        engine: Json = {
            "type": {"type": "string", "description": "The provider's own name."},
            "for_each": ENGINE_FIELDS["for_each"],
        }
        entry = {"description": documentation(provider.settings), "properties": {**engine, **settings}}
        definitions[f"{service}.settings"] = {"type": ["object", "null"], **entry, "additionalProperties": False}
        for name in names:
            properties[name] = {"$ref": f"#/definitions/{service}.settings"}
    return {
        "type": "object",
        "description": "Connections to services. The key is the name that resources use; `type` where it differs.",
        "properties": properties,
        "patternProperties": {_KEYS: {"type": ["object", "null"]}},
        "additionalProperties": False,
    }


_SAYS: Mapping[str, str] = {
    "sources": "Where data comes from.",
    "destinations": "Where data goes.",
    "pipelines": "What moves data, and what happens to it on the way.",
    "streams": "What holds data in motion.",
    "resources": "Any other kind that a provider offers, by its `type`.",
}
