"""What a kind's fields need besides their types: references to be read, secrets to be wrapped, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from stackfile.sdk.schema import FieldSchema, Schema, Shape, schema_of
from stackfile.sdk.traits import Reference
from stackfile.values import Path, Sensitive, Tree, Value

if TYPE_CHECKING:
    from pydantic import BaseModel

Take: TypeAlias = Callable[[Value, Reference, Path], Value]
"""Reads one reference as written, at its path."""


@dataclass(frozen=True, slots=True)
class Care:
    """One field that needs care, or has fields inside that do."""

    shape: Shape
    secret: bool
    reference: Reference | None
    inner: Mapping[str, Care]


def care_of(schema: Schema) -> Mapping[str, Care]:
    """The fields of a schema that need care, by name; empty for most."""
    return _care_of_model(schema.model)


@cache
def _care_of_model(model: type[BaseModel]) -> Mapping[str, Care]:
    found = {name: _care(field) for name, field in schema_of(model).fields.items()}
    return {name: care for name, care in found.items() if care.secret or care.reference or care.inner}


def _care(field: FieldSchema) -> Care:
    inner = care_of(field.inner) if field.inner is not None else {}
    return Care(field.shape, field.secret, field.reference, inner)


def has_references(care: Mapping[str, Care]) -> bool:
    return any(one.reference is not None or has_references(one.inner) for one in care.values())


def with_references(tree: Tree, care: Mapping[str, Care], path: Path, take: Take) -> dict[str, Value]:
    """A copy of the tree with each reference replaced by what `take` makes of it."""
    out = dict(tree)
    for name, one in care.items():
        if name in out:
            out[name] = _with_references(out[name], one, (*path, name), take)
    return out


def _with_references(value: Value, care: Care, path: Path, take: Take) -> Value:
    if care.reference is not None:
        if care.shape is Shape.LIST and isinstance(value, list | tuple):
            return [take(item, care.reference, (*path, at)) for at, item in enumerate(value)]
        return take(value, care.reference, path) if value is not None else None
    if not care.inner:
        return value
    if isinstance(value, Mapping) and care.shape is Shape.MODEL:
        return with_references(value, care.inner, path, take)
    if isinstance(value, Mapping):
        return {key: _inside(item, care, (*path, key), take) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_inside(item, care, (*path, at), take) for at, item in enumerate(value)]
    return value


def _inside(item: Value, care: Care, path: Path, take: Take) -> Value:
    return with_references(item, care.inner, path, take) if isinstance(item, Mapping) else item


def sealed(tree: Tree, care: Mapping[str, Care]) -> dict[str, Value]:
    """A copy of the tree with every secret field wrapped in `Sensitive`."""
    out = dict(tree)
    for name, one in care.items():
        if name in out:
            out[name] = _sealed(out[name], one)
    return out


def _sealed(value: Value, care: Care) -> Value:
    if value is None or isinstance(value, Sensitive):
        return value
    if care.secret:
        return Sensitive(value)
    if care.inner and isinstance(value, Mapping):
        if care.shape is Shape.MODEL:
            return sealed(value, care.inner)
        return {key: sealed(item, care.inner) if isinstance(item, Mapping) else item for key, item in value.items()}
    if care.inner and isinstance(value, list | tuple):
        return [sealed(item, care.inner) if isinstance(item, Mapping) else item for item in value]
    return value
