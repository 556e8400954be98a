"""Marks what is secret, by its field's traits or by what another side says, so that no later layer has to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackfile.sdk.schema import FieldSchema, Schema
from stackfile.values import Path, Sealed, Sensitive, Tree, Unknown, Value, contains


def mask(schema: Schema, tree: Tree) -> Tree:
    """The tree with the values of secret fields as `Sensitive`; the same object where the schema has none."""
    if not schema.has_secrets:
        return tree
    return {name: _masked(schema.fields.get(name), value) for name, value in tree.items()}


def mask_like(tree: Tree, other: Tree) -> Tree:
    """The tree with everything `Sensitive` that is sensitive or sealed in another one.

    A service may give back in plain what the stackfile calls sensitive, within opaque JSON too.
    """
    out = dict(tree)
    for key, secret in other.items():
        value = tree.get(key)
        if value is None or isinstance(value, Sensitive | Sealed) or not contains(secret, (Sensitive, Sealed)):
            continue
        if isinstance(secret, Mapping) and isinstance(value, Mapping):
            out[key] = mask_like(value, secret)
        else:
            out[key] = Sensitive(value)
    return out


def _masked(field: FieldSchema | None, value: Value) -> Value:
    if field is None or value is None or isinstance(value, Sensitive | Sealed | Unknown):
        return value
    if field.secrets_in is not None:
        return _hidden(value, [path for path in field.secrets_in.find(value)])
    return Sensitive(value) if field.secret else field.each(value, mask)


def _hidden(value: Value, paths: Sequence[Path]) -> Value:
    """The value with what is at these paths as `Sensitive`."""
    if () in paths:
        return value if isinstance(value, Sensitive | Sealed | Unknown) else Sensitive(value)
    below: dict[str | int, list[Path]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    if isinstance(value, Mapping):
        return {key: _hidden(one, below[key]) if key in below else one for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(one, below[at]) if at in below else one for at, one in enumerate(value)]
    return value
