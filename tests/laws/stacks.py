"""Stackfiles at random: a few resources of each kind that refer to each other, and what may happen to them."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from tests.unit.plan.world import World

SMALL = st.integers(1, 3)
WORDS = st.sampled_from(["a", "b", "c"])
JSON = st.recursive(
    st.none() | st.booleans() | SMALL | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


@st.composite
def stackfiles(draw: st.DrawFn, most: int = 3) -> dict[str, dict[str, Any]]:
    """Sections by key. Nothing refers to itself, also not by way of others."""
    streams = draw(st.lists(st.sampled_from(["s1", "s2", "s3"]), max_size=most, unique=True))
    stack: dict[str, dict[str, Any]] = {"streams": {}, "sources": {}, "destinations": {}, "pipelines": {}}
    for index, key in enumerate(streams):
        stack["streams"][key] = _some(draw, partitions=SMALL, note=WORDS, labels=st.dictionaries(WORDS, WORDS))
        if index and draw(st.booleans()):  # any order, so that two files may have an edge in opposite directions
            stack["streams"][key]["depends_on"] = [f"streams.{draw(st.sampled_from(streams[:index]))}"]
    for key in _keys(draw, ["q1", "q2"], most):
        secrets = {"password": WORDS, "token": WORDS}
        tables = st.lists(WORDS, max_size=2)
        stack["sources"][key] = _some(draw, host=WORDS, region=WORDS, config=_objects(), tables=tables, **secrets)
        _refer(draw, stack, key, "sources", stream=["streams"])
    for key in _keys(draw, ["d1"], most):
        stack["destinations"][key] = _some(draw, path=WORDS, timeout=SMALL)
        _refer(draw, stack, key, "destinations", stream=["streams"])
    for key in _keys(draw, ["p1", "p2"], most):
        stack["pipelines"][key] = _some(draw, text=st.sampled_from(_texts(stack)))
        _refer(draw, stack, key, "pipelines", source=["sources", "streams", "pipelines"])
        _refer(draw, stack, key, "pipelines", destination=["destinations", "streams"])
    return stack


def text_of(stack: dict[str, dict[str, Any]]) -> str:
    return yaml.safe_dump({"locals": {}, **stack}, sort_keys=False)


@st.composite
def events(draw: st.DrawFn, world: World) -> list[str]:
    """Some of the live objects change or vanish behind our back; what happened, as text."""
    happened = []
    for address in sorted(world.live):
        match draw(st.sampled_from(["nothing", "nothing", "drift", "loss"])):
            case "drift":
                field = {"streams": "note", "sources": "host", "destinations": "path", "pipelines": "text"}
                world.drift(str(address), **{field[address.section]: draw(WORDS)})
                happened.append(f"drift {address}")
            case "loss":
                world.lose(str(address))
                happened.append(f"lose {address}")
    return happened


def _keys(draw: st.DrawFn, keys: list[str], most: int) -> list[str]:
    return draw(st.lists(st.sampled_from(keys), max_size=min(most, len(keys)), unique=True))


def _objects() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(WORDS, JSON, max_size=2)


def _some(draw: st.DrawFn, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    return {name: draw(value) for name, value in fields.items() if draw(st.booleans())}


def _refer(draw: st.DrawFn, stack: dict[str, dict[str, Any]], key: str, section: str, **fields: list[str]) -> None:
    for name, sections in fields.items():
        targets = [f"{one}.{other}" for one in sections for other in stack[one] if (one, other) != (section, key)]
        wanted = draw(st.booleans())
        if targets and wanted:
            stack[section][key][name] = draw(st.sampled_from(targets))


def _texts(stack: dict[str, dict[str, Any]]) -> list[str]:
    values = [f"{{{{ sources.{key}.endpoint }}}}" for key in stack["sources"]]
    values += [f"{{{{ {section}.{key}.id }}}}" for section in ("sources", "streams") for key in stack[section]]
    return ["a", "b", *values]
