"""A stackfile that uses most of the language, and ways to spoil it: by order, by its text, and part by part."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from stackfile.values import Path

STACK: dict[str, Any] = {
    "version": 1,
    "name": "shop",
    "variables": {"n": {"default": 3}, "regions": {"default": ["eu", "us"]}},
    "locals": {"a": "{{ local.b }}-{{ var.n }}", "b": "{{ stack.env }}", "c": "{{ streams.plain.id }}"},
    "defaults": {"provider": "local", "streams": {"retention": "7d", "labels": {"x": "{{ local.b }}"}}},
    "providers": {"local": {"url": "http://{{ local.b }}"}},
    "sources": {"file": {"connector": "file", "path": "{{ local.a }}", "stream": "streams.plain"}},
    "destinations": {"out": {"path": "{{ sources.file.path }}"}, "off": {"enabled": False}},
    "pipelines": {
        "p": {
            "for_each": "{{ var.regions }}",
            "source": "{{ streams.many[each.key] }}",
            "destination": "destinations.out",
            "transforms": ["resources.t", {"id": "x"}],
            "joins": [{"stream": "streams.plain", "on": "{{ local.c }}"}, {"stream": {"id": "{{ local.c }}"}}],
        }
    },
    "streams": {
        "many": {"for_each": "{{ var.regions }}", "partitions": "{{ var.n }}", "labels": {"y": "{{ each.key }}"}},
        "plain": {"partitions": 2, "token": "secret-token"},
        "last": {"depends_on": ["streams.many", "sources.file"], "retention": "{{ local.c }}"},
    },
    "resources": {"t": {"type": "transform", "code": "{% x %}"}, "c": {"type": "cache", "label": "{{ path.file }}"}},
    "outputs": {
        "o": {"value": {"id": "{{ streams.plain.id }}", "n": "{{ var.n }}"}},
        "s": {"value": "{{ local.a }}"},
    },
}

_VALUES: tuple[Any, ...] = (
    None, True, 5, 1.5, "x", "", [], {}, [1], ["a", "a"], [None], [["a"]], {"a": 1}, {"name": "x"},
    {"id": "x"}, {"id": None}, {"id": "{{ var.n }}"}, {"id": {"id": "{{ var.n }}"}}, {"x": {"y": ["{{ var.n }}"]}},
    [{"name": "a"}, {"name": "b"}], {"env": "X"}, {"file": "x"}, {"default": None},
    "{{ var.n }}", "{{ var.regions }}", "{{ none }}", "{{ {'a': 1} }}", "{{ nope }}", "{{ 1/0 }}", "{{", "{{ env.NO }}",
    "{{ try(env.NO, none) }}", "{{ sensitive('abcde') }}", "{{ [sensitive('abcde')] }}", "{{ var[var.regions] }}",
    "{{ streams.plain.id }}", "{{ streams.many }}", "{{ streams.plain }}", "{{ streams.many.eu.name }}",
    "{{ each.key }}", "{{ each.value.x }}", "{{ local.c }}", "{{ self.name }}",
    "streams.plain", "streams.many[eu]", "sources.nope",
    "local", "streamkap", "broken", "cache", "file",
)  # fmt: skip
_KEYS = (
    "for_each", "enabled", "provider", "type", "connector", "name", "depends_on", "lifecycle", "existing", "source",
    "destination", "stream", "partitions", "config", "labels", "token", "x", "sensitive", "default", "from", "allowed",
    "prevent_destroy", "streams", "id", "created_at",
)  # fmt: skip


def shuffled(tree: Any, chance: random.Random) -> Any:
    """The same tree with the keys of its maps in another order."""
    if isinstance(tree, dict):
        keys = list(tree)
        chance.shuffle(keys)
        return {key: shuffled(tree[key], chance) for key in keys}
    return [shuffled(item, chance) for item in tree] if isinstance(tree, list) else tree


def spoiled(chance: random.Random) -> Any:
    """The stackfile with a few of its parts taken away, or others in their place."""
    tree = copy.deepcopy(STACK)
    for _ in range(chance.randint(1, 3)):
        path = chance.choice([path for path in _paths(tree, ()) if path])
        here: Any = tree
        for step in path[:-1]:
            here = here[step]
        what = chance.random()
        if what < 0.5:
            here[path[-1]] = copy.deepcopy(chance.choice(_VALUES))
        elif what < 0.6:
            del here[path[-1]]
        else:
            within = here[path[-1]] if isinstance(here[path[-1]], dict) else here
            if isinstance(within, dict):
                within[chance.choice(_KEYS)] = copy.deepcopy(chance.choice(_VALUES))
    return tree


def _paths(tree: Any, path: Path) -> Iterator[Path]:
    yield path
    if isinstance(tree, dict | list):
        for step, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _paths(inner, (*path, step))
