"""Marks what is secret by its field's traits, so that no later layer has to know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.values import Sealed, Sensitive, Tree, Unknown, Value


@lru_cache(maxsize=None)
def has_secrets(schema: Schema) -> bool:
    """Whether any field of the schema, at any depth, is secret."""
    return any(
        field.secret or (field.inner is not None and has_secrets(field.inner)) for field in schema.fields.values()
    )


def mask(schema: Schema, tree: Tree) -> Tree:
    """The tree with the values of secret fields as `Sensitive`; the same object where there is none."""
    if not has_secrets(schema):
        return tree
    return {name: _masked(schema.fields.get(name), value) for name, value in tree.items()}


def _masked(field: FieldSchema | None, value: Value) -> Value:
    if field is None or value is None or isinstance(value, Sensitive | Sealed | Unknown):
        return value
    if field.secret:
        return Sensitive(value)
    inner = field.inner
    if inner is None:
        return value
    if field.shape is Shape.MODEL and isinstance(value, Mapping):
        return mask(inner, value)
    if field.shape is Shape.MAP and isinstance(value, Mapping):
        return {key: mask(inner, item) if isinstance(item, Mapping) else item for key, item in value.items()}
    if field.shape is Shape.LIST and isinstance(value, list | tuple):
        return [mask(inner, item) if isinstance(item, Mapping) else item for item in value]
    return value
