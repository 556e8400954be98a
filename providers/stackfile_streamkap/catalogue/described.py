"""Connectors as the service describes them (`GET /sources/connectors`), made into a catalogue.

The fields are those that the Terraform provider's generator reads (its cmd/tfgen/parser.go). What is not understood
of a key says nothing: the service decides, as with a key that is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from stackfile_streamkap.catalogue import entries
from stackfile_streamkap.catalogue.entries import Key, Type
from stackfile_streamkap.catalogue.locked import facts_of
from stackfile_streamkap.catalogue.wire import text

_TYPES: Final[Mapping[str, str]] = {
    "number": "integer",
    "slider": "integer",
    "boolean": "boolean",
    "toggle": "boolean",
    "json": "json",
    "multi-select": "list",
}
"""By `control`; all others hold text."""
_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text", "commas", "map", "json"),
    "json": ("json", "map"),
    "list": ("list", "commas"),
    "integer": ("integer",),
    "boolean": ("boolean",),
}
"""The types that a key may be known to have where the service describes it so: it does not tell a list from a text."""
_NAMES: Final = ("connector_code", "connector", "name")


class Undescribed(Exception):
    """An answer that describes no connectors."""


def connectors_in(section: str, answer: object) -> dict[str, dict[str, dict[str, Any]]]:
    """The connectors of a section by name, with the facts of their keys. Raises Undescribed."""
    listed = answer.get("result") if isinstance(answer, Mapping) else answer
    if not isinstance(listed, list) or not listed:
        raise Undescribed("an answer without connectors")
    found = {}
    for one in listed:
        name = _name(one)
        if not one.get("coming_soon"):
            found[name] = dict(_keys(section, name, one["config"]))
    return dict(sorted(found.items()))


def _name(one: object) -> str:
    if not isinstance(one, Mapping) or not isinstance(one.get("config"), list):
        raise Undescribed("a connector without a list `config`")
    name = next((one[field] for field in _NAMES if isinstance(one.get(field), str) and one[field]), None)
    if name is None:
        raise Undescribed("a connector without a `connector_code`")
    return str(name)


def _keys(section: str, connector: str, config: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    known = entries.connector(section, connector).keys if connector in entries.names(section) else {}
    found: dict[str, Key] = {}
    for one in config:
        if isinstance(one, Mapping) and isinstance(one.get("name"), str) and not one.get("is_deleted"):
            key = _key(one, known.get(one["name"]))
            if key.server or one.get("user_defined", True):
                found[key.name] = _either(found[key.name], key) if key.name in found else key
    for name, key in sorted(found.items()):
        facts = facts_of(key)
        yield name, {**facts, "about": key.about} if name not in known and key.about else facts


def _either(one: Key, other: Key) -> Key:
    """Of a key that is described twice, by what others are: only what surely holds is checked."""
    type_: Type = one.type if one.type == other.type else "text"
    secret, replaces = one.secret or other.secret, one.replaces or other.replaces
    return Key(one.name, type_, secret=secret, replaces=replaces, server=one.server and other.server, about=one.about)


def _key(one: Mapping[str, Any], known: Key | None) -> Key:
    told = one.get("value")
    value: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    type_, default = _type(value, known), value.get("default")
    server = bool(value.get("readonly")) or _is_made(default)
    conditions = _conditions(one)
    is_needed = bool(one.get("required")) and not server and default in (None, "")
    return Key(
        name=one["name"],
        type=type_,  # type: ignore[arg-type]
        required=is_needed and conditions == {},
        default=None if server or value.get("type") == "dynamic" else _typed(default, type_),
        enum=_enum(value) if type_ == "text" else (),
        min=_whole(value.get("min")) if type_ == "integer" else None,
        max=_whole(value.get("max")) if type_ == "integer" else None,
        secret=bool(one.get("encrypt")) or value.get("control") == "password" or (known is not None and known.secret),
        replaces=bool(one.get("set_once")),
        server=server,
        when=(conditions or {}) if is_needed else {},
        about=" ".join(str(one.get("description") or one.get("display_name") or "").split()),
    )


def _type(value: Mapping[str, Any], known: Key | None) -> str:
    type_ = _TYPES.get(str(value.get("control")), "text")
    return known.type if known is not None and known.type in _SAME[type_] else type_


def _is_made(default: object) -> bool:
    """`<SSH.PUBLIC.KEY>` stands for what the service makes."""
    return isinstance(default, str) and default.startswith("<") and default.endswith(">")


def _typed(default: object, type_: str) -> Any:
    if type_ == "integer":
        return _whole(default)
    if type_ == "boolean":
        return {"true": True, "false": False}.get(str(default).lower())
    return text(default) if isinstance(default, str | int | float) else None


def _whole(number: object) -> int | None:
    try:
        return int(str(number)) if not isinstance(number, float) else int(number)
    except (ValueError, OverflowError):
        return None


def _enum(value: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a select; each is a value, or a map with a label."""
    if value.get("control") != "one-select" or value.get("type") == "dynamic":
        return ()
    raw = value.get("raw_values")
    options = [one.get("value") if isinstance(one, Mapping) else one for one in (raw if isinstance(raw, list) else ())]
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in options if one not in (None, ""))


def _conditions(one: Mapping[str, Any]) -> dict[str, Any] | None:
    """Values of other keys, all of which must hold; None where they are told in a way that is not known here."""
    found: dict[str, Any] = {}
    for condition in one.get("conditions") or ():
        if not isinstance(condition, Mapping) or condition.get("operator") != "EQ":
            return None
        name, value = condition.get("config"), condition.get("value")
        if not isinstance(name, str) or not isinstance(value, str | int | float | bool) or name in found:
            return None
        found[name] = {"true": True, "false": False}.get(str(value), value)
    return found
