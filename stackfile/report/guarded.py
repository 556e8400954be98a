"""A tree of a change with everything hidden that is secret on any side of that change.

A service may give back in plain what the stackfile calls sensitive; what one side hides, the other must not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackfile.plan.plan import Change
from stackfile.values import Path, Sealed, Sensitive, Tree, Value, contains, get, put


def is_secret_inside(value: Value) -> bool:
    """Whether the value is, or holds, something that must not be shown."""
    return contains(value, Sensitive) or contains(value, Sealed)


def guarded(change: Change, tree: Tree | None) -> Tree | None:
    if tree is None:
        return None
    for path in dict.fromkeys(_secret_paths(change)):
        there = get(tree, path) if path else None
        if there is not None and not is_secret_inside(there):
            tree = put(tree, path, Sensitive(there))
    return tree


def _secret_paths(change: Change) -> Iterator[Path]:
    for one in change.fields:
        if any(is_secret_inside(side) for side in (one.before, one.after, one.applied)):
            yield _of_keys(one.path)
    for tree in (change.desired, change.live, change.applied):
        if tree is not None:
            yield from _secrets_in(tree)


def _secrets_in(value: Value, path: Path = ()) -> Iterator[Path]:
    """Paths of map keys under which a secret stands; a secret in a list is told by the list's path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets_in(inner, (*path, key))
    elif path and is_secret_inside(value):
        yield path


def _of_keys(path: Path) -> Path:
    keys: list[str | int] = []
    for step in path:
        if not isinstance(step, str):
            break
        keys.append(step)
    return tuple(keys)
