"""Which resources of the engine a native config names: `cache: dedupe`, `resource: clicks` and their like. Pure.

A name is told with each kind that it can mean where it stands; what the stack has none of is nobody's dependency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

COMPONENTS: Final = ("input", "output", "processor")
KINDS: Final = ("cache", "rate_limit", *COMPONENTS)

_CACHES: Final = frozenset({"cache", "address_cache", "checkpoint_cache", "progress_cache"})
"""Fields whose text is the name of a cache, of whatever component."""
_WITHIN: Final = {
    ("cache", "resource"): "cache",
    ("cache", "target"): "cache",
    ("rate_limit", "resource"): "rate_limit",
}
"""Fields that name one as part of a component: the processors `cache` and `rate_limit`, the output `cache`."""
_LISTS: Final = {"multilevel": "cache", "branch_resources": "processor"}
_MEANT: Final = {
    "input": "input",
    "inputs": "input",
    "output": "output",
    "outputs": "output",
    "processors": "processor",
    "branches": "processor",
    "input_resource": "input",
    "output_resource": "output",
}
"""What components below a key are; below any other they are what they were above it."""


def named(config: Any) -> Iterator[tuple[str, str]]:
    """Each name in a config with the kind of resource that it is of."""
    return _below(config, "", "")


def _below(value: Any, key: str, role: str) -> Iterator[tuple[str, str]]:
    """`key` is what the value stands under, `role` what a component is there: empty where nothing above tells it."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            if isinstance(one, str):
                yield from ((kind, one) for kind in _kinds(key, name, role))
            else:
                yield from _below(one, name, _MEANT.get(name, role))
    elif isinstance(value, list | tuple):
        kind = _LISTS.get(key)
        for one in value:
            if isinstance(one, str):
                yield from ((kind, one) for _ in [kind] if kind is not None)
            else:
                yield from _below(one, key, role)


def _kinds(key: str, name: str, role: str) -> tuple[str, ...]:
    """What text under `name` is the name of, within a map that stands under `key`."""
    if name in _CACHES:
        return ("cache",)
    if name == "rate_limit":
        return (name,)
    if (key, name) in _WITHIN:
        return (_WITHIN[key, name],)
    if name in ("input_resource", "output_resource"):
        return (_MEANT[name],)
    if name == "resource":
        return (role,) if role else COMPONENTS
    return ()
