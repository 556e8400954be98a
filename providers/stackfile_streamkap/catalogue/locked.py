"""A catalogue as `stack.lock` keeps it: facts of keys by section, connector and key, made into entries when used.

Of a key that the provider comes with, the lock has what the service says; what only people know of it (its Terraform
name, how a map goes over the wire, what it is for) stays as it comes with the provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from stackfile.sdk.catalogue import Catalogue, CatalogueWrong
from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.catalogue.entries import TYPES, Connector, Key, spelt_for_terraform

SECTIONS: Final = ("sources", "destinations")
"""Those that the service describes: of its transforms it does not."""


def built_in() -> Catalogue:
    """What the provider comes with, in the form of a lock."""
    return {
        section: {
            name: {key.name: facts_of(key) for key in entries.connector(section, name).keys.values()}
            for name in entries.names(section)
        }
        for section in SECTIONS
    }


def facts_of(key: Key) -> dict[str, Any]:
    """What the service says of a key, too; nothing that says nothing."""
    said: dict[str, Any] = {"type": key.type, "default": key.default, "min": key.min, "max": key.max}
    said |= {"enum": list(key.enum) or None, "when": dict(key.when) or None}
    said |= {name: getattr(key, name) or None for name in ("required", "secret", "replaces", "server")}
    return {name: value for name, value in said.items() if value is not None}


class Locked:
    """The connectors of a lock, made when they are asked for. A section that it has not is as it comes with the
    provider."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Raises CatalogueWrong."""
        _check(catalogue)
        self.catalogue = catalogue
        self._made: dict[tuple[str, str], Connector] = {}

    def names(self, section: str) -> tuple[str, ...]:
        return tuple(self.catalogue.get(section, ())) or entries.names(section)

    def connector(self, section: str, name: str) -> Connector:
        if not self.catalogue.get(section):
            return entries.connector(section, name)
        made = self._made.get((section, name))
        if made is None:
            made = self._made[section, name] = _entry(section, name, self.catalogue[section][name])
        return made


def _entry(section: str, name: str, keys: Mapping[str, Mapping[str, Any]]) -> Connector:
    if name not in entries.names(section):
        return Connector(section, name, {key: _key(key, facts, None) for key, facts in keys.items()})
    known = entries.connector(section, name)
    made = {key: _key(key, facts, known.keys.get(key)) for key, facts in keys.items()}
    return replace(known, keys=made, aliases={old: key for old, key in known.aliases.items() if key in made})


def _key(name: str, facts: Mapping[str, Any], known: Key | None) -> Key:
    said = {**facts, "enum": tuple(facts.get("enum", ()))}
    if known is None:
        return Key(name, terraform=spelt_for_terraform(name), **said)
    rest = {"about": known.about, "wire": known.wire if known.type == facts["type"] else ""}
    secret = known.secret or facts.get("secret", False)
    hidden = known.hidden and not secret
    return Key(name, terraform=known.terraform, **{**rest, **said, "secret": secret, "hidden": hidden})


def _is_flag(value: object) -> bool:
    return value is True


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_enum(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_condition(value: object) -> bool:
    return isinstance(value, dict) and all(_is_scalar(one) for one in value.values())


_FACTS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "type": (TYPES.__contains__, f"one of {', '.join(TYPES)}"),
    "default": (_is_scalar, "text, a number, true or false"),
    "min": (_is_number, "a whole number"),
    "max": (_is_number, "a whole number"),
    "enum": (_is_enum, "a list of texts"),
    "when": (_is_condition, "a map of keys with values"),
    "about": (_is_text, "text"),
    **{name: (_is_flag, "true, or not there") for name in ("required", "secret", "replaces", "server")},
}


def _check(catalogue: Catalogue) -> None:
    for section, connectors in catalogue.items():
        if section not in SECTIONS:
            raise CatalogueWrong((section,), f"it has {' and '.join(SECTIONS)} only")
        for connector, keys in connectors.items():
            for key, facts in keys.items():
                _check_facts((section, connector, key), facts)


def _check_facts(path: tuple[str, ...], facts: Mapping[str, Any]) -> None:
    if "type" not in facts:
        raise CatalogueWrong(path, "it has no `type`")
    for name, value in facts.items():
        if name not in _FACTS:
            raise CatalogueWrong((*path, name), f"there is no such fact; known: {', '.join(_FACTS)}")
        fits, wanted = _FACTS[name]
        if not fits(value):
            raise CatalogueWrong((*path, name), f"it should be {wanted}")
