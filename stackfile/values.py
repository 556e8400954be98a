"""The value tree that everything speaks: JSON values, and the few leaves that JSON lacks.

A tree holds plain JSON values plus four leaf types: `Unknown` (only apply can tell), `Sensitive` (never printed),
`Ref` (a reference to another resource) and `Sealed` (the keyed digest that stands for a secret at rest).
Trees are never changed in place; the functions here return new ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from stackfile.address import Address


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only apply can tell.

    `waits_for` names what it waits for, as text (`pipelines.orders.id`); `template` is the scalar as the stackfile has
    it, to be evaluated once those are known. An unknown without a template is filled in by the service.
    """

    waits_for: tuple[str, ...] = ()
    template: str = ""


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A value that must not be shown. Equality looks inside; text never does."""

    value: Value

    def __repr__(self) -> str:
        return "(sensitive)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Ref:
    """A resolved reference field: which resource, and its remote id once that is known."""

    address: Address
    id: str | Unknown


@dataclass(frozen=True, slots=True)
class Sealed:
    """The keyed digest of a secret: HMAC-SHA-256 under key `kid` over salt and canonical value, both in hex.

    `assumed` marks a digest taken from the file at import, which no service has confirmed.
    """

    kid: str
    salt: str
    mac: str
    assumed: bool = False


Scalar: TypeAlias = None | bool | int | float | str
Value: TypeAlias = "Scalar | Sequence[Value] | Mapping[str, Value] | Unknown | Sensitive | Ref | Sealed"
Tree: TypeAlias = Mapping[str, Value]
Path: TypeAlias = tuple[str | int, ...]
"""Steps into a tree: map keys and list indices."""

_BARE_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_STEP = re.compile(r"""\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]""")


def print_path(path: Path) -> str:
    """`config["heartbeat.enabled"][0].name`; `parse_path` reads it back."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _BARE_STEP.match(step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{json.dumps(step, ensure_ascii=False)}]")
    return "".join(parts)


def parse_path(text: str) -> Path:
    """The inverse of `print_path`. Raises ValueError for text that no path prints as."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[1] is not None and (text[at] == ".") != bool(steps)):
            raise ValueError(f"not a path: {text!r} at column {at + 1}")
        name, index, quoted = match.groups()
        try:
            steps.append(name if name is not None else int(index) if index is not None else json.loads(quoted))
        except ValueError:
            raise ValueError(f"not a path: {text!r} has a key in quotes that is no JSON text") from None
        at = match.end()
    return tuple(steps)


def is_map(value: object) -> bool:
    return isinstance(value, Mapping)


def is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def get(tree: Value, path: Path, default: Value = None) -> Value:
    """The value at a path; `default` where the path leads nowhere. What is within a `Sensitive` is sensitive too."""
    value = tree
    for index, step in enumerate(path):
        if isinstance(value, Sensitive):
            within = get(value.value, path[index:], default)
            return within if within is default or isinstance(within, Sensitive) else Sensitive(within)
        if isinstance(value, Mapping) and isinstance(step, str) and step in value:
            value = value[step]
        elif isinstance(step, int) and isinstance(value, (list, tuple)) and 0 <= step < len(value):
            value = value[step]
        else:
            return default
    return value


def put(tree: Tree, path: Path, value: Value) -> dict[str, Value]:
    """A copy of the tree with `value` at a path of map keys; maps on the way are made where they are missing."""
    head, rest = path[0], path[1:]
    if not isinstance(head, str):
        raise TypeError(f"put takes map keys only, not {head!r}")
    copy = dict(tree)
    if rest:
        inner = copy.get(head)
        copy[head] = put(inner if isinstance(inner, Mapping) else {}, rest, value)
    else:
        copy[head] = value
    return copy


def drop(tree: Tree, path: Path) -> dict[str, Value]:
    """A copy of the tree without what is at a path of map keys; maps left empty by that go too."""
    head, rest = path[0], path[1:]
    copy = dict(tree)
    if head not in copy or not isinstance(head, str):
        return copy
    inner = copy[head]
    if not rest:
        del copy[head]
    elif isinstance(inner, Mapping) and inner:
        smaller = drop(inner, rest)
        if smaller:
            copy[head] = smaller
        else:
            del copy[head]
    return copy


def leaves(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every leaf with its path, in tree order. An empty map or list is a leaf of its own."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, (list, tuple)) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def rewrite(value: Value, leaf: Callable[[Value], Value]) -> Value:
    """A copy of the tree with `leaf` applied to everything that is neither a map nor a list."""
    if isinstance(value, str):
        return leaf(value)
    if isinstance(value, (dict, Mapping)):  # `Mapping` alone asks in Python
        return {key: rewrite(inner, leaf) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rewrite(inner, leaf) for inner in value]
    return leaf(value)


def reveal(value: Value) -> Value:
    """The tree with `Sensitive` wrappers taken off and references as ids: only for what is sent to a provider."""

    def leaf(value: Value) -> Value:
        if isinstance(value, Sensitive):
            return reveal(value.value)
        return value.id if isinstance(value, Ref) else value

    return rewrite(value, leaf)


def contains(value: Value, leaf_type: type[object] | tuple[type[object], ...]) -> bool:
    """Whether a leaf of this type, or of one of them, is anywhere in the tree, also inside `Sensitive` and `Ref`."""
    if isinstance(value, leaf_type):
        return True
    if value is None or isinstance(value, (str, int, float)):
        return False  # most leaves, before the slow question whether it is a mapping
    if isinstance(value, (dict, Mapping)):
        parts: Iterable[Value] = value.values()
    elif isinstance(value, (list, tuple)):
        parts = value
    elif isinstance(value, Sensitive):
        return contains(value.value, leaf_type)
    else:
        return isinstance(value, Ref) and isinstance(value.id, leaf_type)
    for inner in parts:  # noqa: SIM110 - a generator for each map costs more than the map
        if contains(inner, leaf_type):
            return True
    return False
