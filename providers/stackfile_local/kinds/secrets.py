"""The secrets of a body, wherever its model says that they are: in fields of its own, and in those of maps within."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.sdk.traits import Trait


def each_secret(schema: Schema, body: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The body with each secret changed."""
    changed = dict(body)
    for name, field, inner in _known(schema, body):
        if field.has(Trait.WRITE_ONLY):
            changed[name] = None if body[name] is None else change(body[name])
        elif inner is not None:
            changed[name] = each_secret(inner, body[name], change)
    return changed


def without_secrets(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    seen = dict(body)
    for name, field, inner in _known(schema, body):
        if field.has(Trait.WRITE_ONLY):
            del seen[name]
        elif inner is not None:
            seen[name] = without_secrets(inner, body[name])
    return seen


def with_unseen(schema: Schema, patch: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A patch of whole fields, made by somebody who does not see the secrets within maps: they stay as they were."""
    whole = dict(patch)
    for name, _, inner in _known(schema, patch):
        old = before.get(name)
        if inner is not None and isinstance(old, Mapping):
            unseen = {key: old[key] for key, field, _ in _known(inner, old) if field.has(Trait.WRITE_ONLY)}
            whole[name] = {**unseen, **with_unseen(inner, patch[name], old)}
    return whole


def _known(schema: Schema, body: Mapping[str, Any]) -> Iterator[tuple[str, FieldSchema, Schema | None]]:
    """Fields that the body has; with the schema of those that are maps of their own."""
    for name, value in body.items():
        field = schema.fields.get(name)
        if field is not None:
            nested = field.shape is Shape.MODEL and isinstance(value, Mapping)
            yield name, field, field.inner if nested else None
