"""When two trees of a YAML text read the same."""

from __future__ import annotations

from collections.abc import Mapping


def alike(left: object, right: object) -> bool:
    """Whether two trees read the same: equal values of the same types, a template and a text told apart."""
    if left is right:
        return True
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(alike(one, right[key]) for key, one in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return type(left) is type(right) and left == right
