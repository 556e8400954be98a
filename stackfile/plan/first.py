"""`create_before_destroy`: which replacements make the new object first, and why some cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.dag import closure
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.plan import Change
from stackfile.plan.twins import natural_key
from stackfile.sdk.schema import Schema, Shape
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record
from stackfile.values import Path, Tree, Unknown, contains, print_path, reveal

_WHERE: Path = ("lifecycle", "create_before_destroy")


def made_first(configuration: Configuration) -> frozenset[Address]:
    """Those that say it, and all that they need: a new object cannot stand on one that is not there yet."""
    resources = configuration.resources
    saying = [address for address, one in resources.items() if one.lifecycle.create_before_destroy]
    if not saying:
        return frozenset()
    return frozenset(closure(saying, {address: one.dependencies for address, one in resources.items()}))


def with_new_first(
    change: Change, resource: Resource, record: Record, changes: Mapping[Address, Change], configuration: Configuration
) -> Change:
    """The replacement with its new object made first, where that can be. Raises DiagnosticError where the resource
    says it and it cannot; for one that is only needed by such a resource the old object then goes first, as usual."""
    wrong = _clash(change, resource, record) or _late(resource, record, changes)
    if wrong is None:
        return replace(change, create_first=True)
    if not resource.lifecycle.create_before_destroy:
        return change
    code, says, help = wrong
    place = configuration.span(resource, _WHERE)
    span, source = place if place is not None else (None, None)
    raise DiagnosticError([Diagnostic(code, says, span=span, source=source, address=str(resource.address), help=help)])


def _clash(change: Change, resource: Resource, record: Record) -> tuple[str, str, tuple[str, ...]] | None:
    """What both objects would have, and only one can."""
    same_kind = (record.provider, record.section, record.kind) == (change.provider, change.section, change.kind)
    fields = list(_shared(resource.schema, change.desired or {}, change.live or {})) if same_kind else []
    if not fields:
        return None
    named = ", ".join(f"`{print_path(path)}`" for path in fields)
    says = f"its new object would have the {named} of the old one, and both are to be there at once"
    help = (f"Give the new one another {print_path(fields[0])}, or take create_before_destroy away.",)
    return "create-before-destroy-name", says, help


def _late(
    resource: Resource, record: Record, changes: Mapping[Address, Change]
) -> tuple[str, str, tuple[str, ...]] | None:
    """What it needs, and needed before, and what goes before its new object is there."""
    for need in resource.dependencies:
        change = changes.get(need)
        if change is not None and change.replaces and not change.create_first and need in record.dependencies:
            says = f"its new object is to be there before the old one goes, and {need}, which it needs, goes first"
            help = (f"Give {need} another name, so that its new object can come first too, or plan without either:",)
            return "create-before-destroy-order", says, (*help, "take create_before_destroy away.")
    return None


def _shared(schema: Schema, desired: Tree, live: Tree) -> Iterator[Path]:
    new, old = natural_key(schema, desired), natural_key(schema, live)
    if new is not None and new == old:
        yield from ((field.name,) for field in schema.with_trait(Trait.IDENTITY))
    yield from _shared_slots(schema, desired, live, ())


def _shared_slots(schema: Schema, desired: Tree, live: Tree, path: Path) -> Iterator[Path]:
    """The UNIQUE fields that both have; one that the file leaves out has its default."""
    for name, field in schema.fields.items():
        wanted, seen = desired.get(name), live.get(name)
        if field.shape is Shape.MODEL and field.inner is not None:
            wanted, seen = (one if isinstance(one, Mapping) else {} for one in (wanted, seen))
            yield from _shared_slots(field.inner, wanted, seen, (*path, name))
        elif field.has(Trait.UNIQUE) and seen is not None:
            value = field.default if wanted is None else wanted
            if value is not None and not contains(value, Unknown) and reveal(value) == reveal(seen):
                yield (*path, name)
