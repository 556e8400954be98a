"""`existing`: resources that are not ours, by what identifies them. What else is said of one would change nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackfile.language.declared import Declaration, Instance
from stackfile.language.expand import known
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.places import Places
from stackfile.language.reader import Reader, describe
from stackfile.language.scope import Scope, World
from stackfile.language.source import Raw
from stackfile.language.stackfile import Lookup
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.values import Path, Sensitive, Unknown, Value, contains

EXISTING = "existing"
_BESIDE = frozenset((EXISTING, "provider", "type", "connector", "for_each", "enabled"))
_AT: Path = (EXISTING,)


def without_own_fields(entry: Mapping[str, Raw], own: Mapping[str, Raw], path: Path, reader: Reader) -> dict[str, Raw]:
    """The entry of a lookup, with the keys that a lookup has; others that it says itself are recorded."""
    for key in own:
        if key not in _BESIDE:
            message = f"`{key}` cannot stand beside `existing`: the resource is looked up, and never changed"
            reader.at_key(Fault("existing-beside", message, "remove it"), (*path, key))
    return {key: raw for key, raw in entry.items() if key in _BESIDE}


def read_lookups(declaration: Declaration, world: World, places: Places) -> Iterator[Lookup]:
    """The enabled instances whose kind could be told; what is wrong with one is recorded."""
    for instance in declaration.instances.values():
        if instance.enabled and instance.schema is not None and instance.kind is not None:
            match = _match(declaration, instance, Scope(world, instance.each, faulty=declaration.faulty), places)
            if match:
                yield Lookup(
                    instance.address,
                    instance.provider,
                    instance.service,
                    instance.kind,
                    instance.schema,
                    match,
                    declaration.path,
                )


def _match(declaration: Declaration, instance: Instance, scope: Scope, places: Places) -> Mapping[str, str]:
    value = known(declaration, EXISTING, scope, places)
    if value is None and declaration.entry[EXISTING] is not None:
        return {}
    found: dict[str, str] = {}
    if not isinstance(value, dict) or not value:
        label = f"write existing: {{name: {value}}}" if isinstance(value, str) else ""
        message = (
            f"`existing` takes what identifies a resource, such as {{name: ...}} or {{id: ...}}, not {_got(value)}"
        )
        places.report_value(Fault("type-wrong", message, label), declaration.path, _AT, instance.address)
        return {}
    keys = identifying(instance.schema) if instance.schema is not None else ()
    for key, one in value.items():
        fault = _wrong(key, one, keys)
        if fault is not None:
            places.report_value(fault, declaration.path, (*_AT, key), instance.address)
        else:
            found[key] = str(one)
    return found if len(found) == len(value) else {}


def _wrong(key: str, value: Value, keys: tuple[str, ...]) -> Fault | None:
    if key not in keys:
        label = did_you_mean(key, keys)
        help = () if label else (f"known here: {listing(keys)}",)
        return Fault("field-unknown", f"a resource is not looked up by `{key}`", label, help)
    if contains(value, Sensitive):
        return Fault("existing-sensitive", f"`{key}` is printed in plans, and this is sensitive")
    if contains(value, Unknown):
        return Fault("existing-not-known", f"`{key}` must be known at plan")
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        return Fault("type-wrong", f"`{key}` takes text, not {_got(value)}")
    return None


def _got(value: Value) -> str:
    return "an empty text" if value == "" else "an empty map" if value == {} else describe(value)


def identifying(schema: Schema) -> tuple[str, ...]:
    """The fields that a resource can be looked up by."""
    named = [name for name, field in schema.fields.items() if name == "name" or field.has(Trait.IDENTITY)]
    return ("id", *named)
