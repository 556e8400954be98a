"""A tree of a change with everything hidden that is secret on any side of that change.

A service may give back in plain what the stackfile calls sensitive; what one side hides, the other must not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stackfile.plan.plan import Change
from stackfile.values import Path, Sealed, Sensitive, Tree, Value, get, put


def is_secret_inside(value: Value) -> bool:
    """Whether the value is, or holds, something that must not be shown."""
    if isinstance(value, str) or value is None:
        return False
    if isinstance(value, Sensitive | Sealed):
        return True
    if isinstance(value, Mapping):
        return any(map(is_secret_inside, value.values()))
    return isinstance(value, list | tuple) and any(map(is_secret_inside, value))


def secret_paths(change: Change) -> tuple[Path, ...]:
    """Paths of map keys under which any side of the change has a secret; one in a list is told by the list's path."""
    found: dict[Path, None] = {}
    for one in change.fields:
        if any(map(is_secret_inside, (one.before, one.after, one.applied))):
            found[_of_keys(one.path)] = None
    for tree in (change.desired, change.live, change.applied):
        found.update(dict.fromkeys(_secrets_in(tree, ()) if tree is not None else ()))
    return tuple(path for path in found if path)


def hidden(tree: Tree, paths: Iterable[Path]) -> Tree:
    """The tree with what stands at these paths as `Sensitive`; what is marked already stays as it is."""
    for path in paths:
        there = get(tree, path)
        if there is not None and not is_secret_inside(there):
            tree = put(tree, path, Sensitive(there))
    return tree


def guarded(change: Change, tree: Tree | None) -> Tree | None:
    """One tree of the change as it may be shown."""
    return hidden(tree, secret_paths(change)) if tree is not None else None


def _secrets_in(value: Value, path: Path) -> Iterator[Path]:
    if isinstance(value, str) or value is None:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets_in(inner, (*path, key))
    elif is_secret_inside(value):
        yield path


def _of_keys(path: Path) -> Path:
    keys: list[str | int] = []
    for step in path:
        if not isinstance(step, str):
            break
        keys.append(step)
    return tuple(keys)
