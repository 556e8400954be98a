"""Declarations to instances: `for_each` and `enabled`, which must be known before anything is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from stackfile.address import Address
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_known
from stackfile.language.findings import Fault
from stackfile.language.places import Places
from stackfile.language.reader import describe
from stackfile.language.scope import Scope, World
from stackfile.language.source import Raw
from stackfile.language.stackfile import Each
from stackfile.language.variables import Broken
from stackfile.values import Path, Sensitive, Unknown, Value

_FOR_EACH: Path = ("for_each",)
_ENABLED: Path = ("enabled",)


class Entry(Protocol):
    """Something written in a document that may stand for several: a resource, a provider."""

    @property
    def entry(self) -> Mapping[str, Raw]: ...

    @property
    def path(self) -> Path: ...

    @property
    def address(self) -> object: ...

    @property
    def faulty(self) -> frozenset[str]:
        """The templates in it whose mistakes have been reported."""


def expand(declaration: Declaration, world: World, places: Places) -> None:
    """Fills in the instances of a declaration; it stays broken where they cannot be told, which is reported."""
    declaration.repeated = "for_each" in declaration.entry
    try:
        for each in (
            items(declaration, Scope(world, faulty=declaration.faulty), places) if declaration.repeated else (None,)
        ):
            _add(declaration, each, world, places)
    except Broken:
        return
    declaration.broken = False


def _add(declaration: Declaration, each: Each | None, world: World, places: Places) -> None:
    key = each.key if each is not None else None
    enabled = is_enabled(declaration, Scope(world, each, faulty=declaration.faulty), places) and world.enabled
    address = Address(declaration.section, declaration.key, key, declaration.modules)
    instance = Instance(address, each, enabled, is_lookup=declaration.is_lookup)
    declaration.instances[key] = instance
    world.every[address] = instance


def is_enabled(declaration: Entry, scope: Scope, places: Places) -> bool:
    if "enabled" not in declaration.entry:
        return True
    value = known(declaration, "enabled", scope, places)
    if value is not None and not isinstance(value, bool):
        fault = Fault("type-wrong", f"`enabled` takes true or false, not {describe(value)}")
        places.report_value(fault, declaration.path, _ENABLED, declaration.address)
    return value is not False


def known(declaration: Entry, field: str, scope: Scope, places: Places) -> Value:
    """A field of the engine, which must be known at plan and no secret. None where it is not, which is reported."""

    def report(fault: Fault, path: Path) -> None:
        places.report_value(fault, declaration.path, path, declaration.address)

    try:
        value = evaluate_known(declaration.entry[field], scope, (field,), report)  # type: ignore[arg-type]
    except Broken:
        return None
    if isinstance(value, Unknown | Sensitive):
        report(not_known(field, value), (field,))
        return None
    return value


def not_known(field: str, value: Unknown | Sensitive) -> Fault:
    code = field.replace("_", "-")
    if isinstance(value, Sensitive):
        help = ("nonsensitive(...) says that it is no secret",)
        return Fault(f"{code}-sensitive", f"`{field}` is printed in plans, and this is sensitive", "", help)
    waits = ", ".join(value.waits_for)
    return Fault(f"{code}-not-known", f"`{field}` must be known at plan, and {waits} is known after apply")


def items(declaration: Entry, scope: Scope, places: Places) -> Iterator[Each]:
    """The items of `for_each`. Raises Broken, after a report, where it is of no use at all."""
    value = known(declaration, "for_each", scope, places)
    pairs: list[tuple[Value, Value, str | int]]
    if isinstance(value, Mapping):
        pairs = [(key, inner, key) for key, inner in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [(_name(item), item, at) for at, item in enumerate(value)]
    else:
        if value is not None or declaration.entry["for_each"] is None:
            fault = Fault("type-wrong", f"`for_each` takes a list or a map, not {describe(value)}")
            places.report_value(fault, declaration.path, _FOR_EACH, declaration.address)
        raise Broken
    seen: set[str] = set()
    for key, item, step in pairs:
        fault_or_key = _key(key, item, seen)
        if isinstance(fault_or_key, Fault):
            places.report_value(fault_or_key, declaration.path, (*_FOR_EACH, step), declaration.address)
        else:
            seen.add(fault_or_key)
            yield Each(fault_or_key, item)


def _name(item: Value) -> Value:
    """What names an item of a list: the text itself, or the map's `name`."""
    return item.get("name") if isinstance(item, Mapping) else item


def _key(key: Value, item: Value, seen: set[str]) -> str | Fault:
    if isinstance(key, Unknown | Sensitive):
        return not_known("for_each", key)
    if not isinstance(key, str):
        what = "a map without a text `name`" if isinstance(item, Mapping) else describe(item)
        return Fault("type-wrong", f"`for_each` takes texts, or maps that have `name`, not {what}")
    if not key:
        return Fault("for-each-key", "the key of an instance cannot be empty")
    if key in seen:
        return Fault("for-each-duplicate", f"`{key}` is there twice in for_each")
    return key
