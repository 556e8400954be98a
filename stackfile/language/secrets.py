"""The texts of sensitive values, for whoever must mask them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackfile.sdk.schema import Schema
from stackfile.values import Sensitive, Tree, Value, get


def texts(value: object) -> Iterator[str]:
    """Every text in a value that is sensitive as a whole."""
    if isinstance(value, Sensitive):
        yield from texts(value.value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def found_texts(schema: Schema, tree: Tree) -> Iterator[str]:
    """Every text that a provider knows to be a secret, where a field is opaque JSON."""
    for name, field in schema.fields.items():
        value = tree.get(name)
        if field.secrets_in is not None and isinstance(value, Mapping | list | tuple):
            for path in field.secrets_in.find(value):
                yield from texts(get(value, path))


def secret_texts(tree: Value) -> Iterator[str]:
    """Every text under a `Sensitive` in a tree that is not sensitive as a whole."""
    if isinstance(tree, Sensitive):
        yield from texts(tree)
    elif isinstance(tree, Mapping):
        for inner in tree.values():
            yield from secret_texts(inner)
    elif isinstance(tree, list | tuple):
        for inner in tree:
            yield from secret_texts(inner)
