"""Secrets that a plan does not know: a job without them takes each as it was applied, and its plan is for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackfile.values import Ref, Sensitive, Tree, Unknown, Value, leaves

VARIABLE = "var."
"""What the names of variables begin with in `Unknown.waits_for`: nothing else of a plan waits for one."""


def unknowns(value: Value) -> Iterator[Unknown]:
    """Every Unknown in a tree, also within what is sensitive and in references."""
    for _, leaf in leaves(value):
        if isinstance(leaf, Unknown):
            yield leaf
        elif isinstance(leaf, Sensitive):
            yield from unknowns(leaf.value)
        elif isinstance(leaf, Ref):
            yield from unknowns(leaf.id)


def is_uncompared(value: Value) -> bool:
    """Whether a value is not known because a secret variable has none."""
    if not isinstance(value, Sensitive | Unknown):
        return False
    return any(need.startswith(VARIABLE) for one in unknowns(value) for need in one.waits_for)


def unknown_secrets(variables: Tree) -> tuple[str, ...]:
    """The names of the secret variables without a value."""
    return tuple(name for name, value in variables.items() if is_uncompared(value))


def as_applied(desired: Tree, applied: Tree) -> dict[str, Value]:
    """The desired tree with the secrets that are not known as they were applied; new ones stay unknown."""
    return {key: _as_applied(value, applied.get(key)) for key, value in desired.items()}


def _as_applied(value: Value, applied: Value) -> Value:
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Mapping):
        return as_applied(value, applied if isinstance(applied, Mapping) else {})
    if isinstance(value, list | tuple):
        olds = applied if isinstance(applied, list | tuple) and len(applied) == len(value) else [None] * len(value)
        return [_as_applied(item, old) for item, old in zip(value, olds, strict=True)]
    return applied if applied is not None and is_uncompared(value) else value
