"""The scalars with templates in a body: found once for a declaration, evaluated for each of its instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from stackfile.language.evaluate import Report, evaluate_leaf
from stackfile.language.normal import Care
from stackfile.language.scope import Scope
from stackfile.language.source import Template
from stackfile.sdk.schema import Shape
from stackfile.values import Path, Tree, Value

Leaf: TypeAlias = tuple[Path, Template]

_INTERESTING = (Template, dict, list)


def leaves_of(tree: Value, path: Path = ()) -> list[Leaf]:
    """Every scalar with templates in a tree, and where it is."""
    if isinstance(tree, Template):
        return [(path, tree)]
    found: list[Leaf] = []
    if isinstance(tree, dict | list):
        for step, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
            if isinstance(inner, _INTERESTING):
                found += leaves_of(inner, (*path, step))
    return found


def without_references(leaves: Sequence[Leaf], care: Mapping[str, Care]) -> list[Leaf]:
    """The scalars that are left once references were read: of those, only the text of a plain `{id: ...}`."""
    found: list[Leaf] = []
    for path, text in leaves:
        length = _reference(path, care)
        if length is None:
            found.append((path, text))
        elif path[length:] == ("id",):
            found.append((path[:length], text))
    return found


def _reference(path: Path, care: Mapping[str, Care]) -> int | None:
    """How many steps of a path lead to the reference that it goes into; None where it goes into none."""
    at = 0
    while at < len(path):
        one = care.get(str(path[at]))
        if one is None:
            return None
        at += 1
        if one.reference is not None:
            return at + (one.shape is Shape.LIST and at < len(path) and isinstance(path[at], int))
        at += one.shape in (Shape.LIST, Shape.MAP)
        care = one.inner
    return None


def evaluate_leaves(tree: Tree, leaves: Sequence[Leaf], scope: Scope, report: Report) -> dict[str, Value]:
    """The tree with these scalars evaluated; what has none of them inside is shared with the tree given."""
    out = dict(tree)
    copied: dict[int, Any] = {}
    for path, text in leaves:
        here: Any = out
        for step in path[:-1]:
            here = _own(here, step, copied)
        here[path[-1]] = evaluate_leaf(text, scope, path, report)
    return out


def _own(parent: Any, step: str | int, copied: dict[int, Any]) -> Any:
    """The container at a step, copied when it is first met."""
    child = parent[step]
    if id(child) not in copied:
        child = parent[step] = dict(child) if isinstance(child, Mapping) else list(child)
        copied[id(child)] = child
    return child
