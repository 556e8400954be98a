"""A module with `for_each` is the flat stack with other addresses: the same trees, the same dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import Address
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.values import Ref, Tree, Value, rewrite
from tests.unit.language.fakes import FakeCatalog

HEAD: Mapping[str, Any] = {"version": 1, "name": "law", "defaults": {"provider": "local"}}
KEYS = st.lists(st.sampled_from(["eu", "us", "ap", "x1"]), min_size=1, max_size=3, unique=True)
NAMES = ("a", "b", "c", "d")

TEXTS = st.sampled_from(
    [
        "plain",
        "{{ var.region }}",
        "x-{{ var.region | upper }}",
        "{{ var.orders.id }}",
        "{{ local.both }}",
        "no {{ var.n }}",
    ]
)
"""What fields may hold; in the flat stack the names are those of locals."""

STREAM = st.fixed_dictionaries({"labels": st.dictionaries(st.sampled_from(["k", "l"]), TEXTS, max_size=2)})
NEEDS = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)


@st.composite
def modules(draw: st.DrawFn) -> dict[str, Any]:
    """Streams, each with its labels and the earlier ones that it needs, and a pipeline or none."""
    streams: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        stream: dict[str, Any] = dict(draw(STREAM))
        wanted = [one for one in draw(NEEDS) if one in streams]
        if wanted:
            stream["depends_on"] = [f"streams.{one}" for one in wanted]
            stream["retention"] = f"{{{{ streams.{wanted[0]}.id }}}}"
        streams[name] = stream
    first = next(iter(streams))
    pipeline = {"source": "{{ var.orders }}", "destination": f"streams.{first}"}
    return {"streams": streams, "pipelines": {"p": pipeline} if draw(st.booleans()) else {}}


def as_module(content: Mapping[str, Any], keys: list[str]) -> Configuration:
    variables = {"region": {"type": "string"}, "orders": {"type": "stream"}, "n": {"default": 3}}
    module = {"variables": variables, "locals": {"both": "{{ var.region }}-{{ var.orders.name }}"}, **content}
    call = {"source": "m.yaml", "for_each": keys, "variables": {"region": "{{ each.key }}", "orders": "streams.orders"}}
    text = yaml.safe_dump({**HEAD, "streams": {"orders": {}}, "modules": {"m": call}})
    inputs = Inputs(read_file=lambda name: yaml.safe_dump(module).encode())
    return load(text.encode(), "stack.yaml", inputs, FakeCatalog())


def as_flat(content: Mapping[str, Any], keys: list[str]) -> Configuration:
    """The same, written out: `a` of `eu` is `a_eu`, with the name that the module's resource gets."""
    sections: dict[str, dict[str, Any]] = {"streams": {"orders": {}}, "pipelines": {}}
    for key in keys:

        def written(value: Any, key: str = key) -> Any:
            if isinstance(value, dict):
                return {name: written(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [written(inner) for inner in value]
            for name in NAMES:
                value = value.replace(f"streams.{name}", f"streams.{name}_{key}")
            value = value.replace("{{ var.orders }}", "streams.orders").replace("var.orders", "streams.orders")
            return (
                value.replace("var.region", f"local.{key}")
                .replace("local.both", f"local.both_{key}")
                .replace("var.n", "local.n")
            )

        for section, entries in content.items():
            for name, entry in entries.items():
                sections[section][f"{name}_{key}"] = {**written(entry), "name": f"m-{key}-{name}"}
    locals: dict[str, Any] = {"n": 3, **{key: key for key in keys}}
    locals |= {f"both_{key}": f"{key}-{{{{ streams.orders.name }}}}" for key in keys}
    text = yaml.safe_dump({**HEAD, "locals": locals, **sections})
    return load(text.encode(), "stack.yaml", Inputs(), FakeCatalog())


def flat(address: Address) -> Address:
    """Where a resource of the module stands in the flat stack."""
    if not address.modules:
        return address
    return Address(address.section, f"{address.key}_{address.modules[0][1]}")


def known(address: Address) -> Tree:
    return {"id": f"id of {flat(address)}", "name": f"name of {flat(address)}"}


def flattened(tree: Tree) -> Value:
    return rewrite(tree, lambda leaf: Ref(flat(leaf.address), leaf.id) if isinstance(leaf, Ref) else leaf)


@given(modules(), KEYS)
def test_a_module_is_the_flat_stack_with_other_addresses(content: dict[str, Any], keys: list[str]) -> None:
    module, plain = as_module(content, keys), as_flat(content, keys)
    assert {flat(address) for address in module.resources} == set(plain.resources)
    for address, resource in module.resources.items():
        twin = plain.resources[flat(address)]
        assert {flat(need) for need in resource.dependencies} == set(twin.dependencies)
        assert flattened(module.resolve(resource, known)) == plain.resolve(twin, known)
