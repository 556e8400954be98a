"""Names of the engine's resources are found wherever a native config can have them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackfile_redpanda_connect.labels import KINDS, named

CONFIGS = {
    "a config that names nothing": ("input: {generate: {mapping: root = 1}}\noutput: {drop: {}}", []),
    "dedupe names its cache": (
        "pipeline: {processors: [{dedupe: {cache: seen, key: '${! json(\"id\") }'}}]}",
        [("cache", "seen")],
    ),
    "the cache processor calls it a resource": (
        "pipeline: {processors: [{cache: {resource: seen, operator: get, key: k}}]}",
        [("cache", "seen")],
    ),
    "cached names its cache, and what it wraps names others": (
        "pipeline: {processors: [{cached: {cache: answers, processors: [{http: {url: u, rate_limit: slow}}]}}]}",
        [("cache", "answers"), ("rate_limit", "slow")],
    ),
    "the cache output calls it a target": ("output: {cache: {target: seen, key: k}}", [("cache", "seen")]),
    "levels of a cache": ("multilevel: [hot, cold]", [("cache", "hot"), ("cache", "cold")]),
    "a CDC input keeps its place in a cache": (
        "input: {mysql_cdc: {dsn: '${DSN}', checkpoint_cache: place}}",
        [("cache", "place")],
    ),
    "a socket server tells its address to a cache": (
        "input: {socket_server: {network: tcp, address_cache: addresses}}",
        [("cache", "addresses")],
    ),
    "the rate_limit processor calls it a resource": (
        "pipeline: {processors: [{rate_limit: {resource: slow}}]}",
        [("rate_limit", "slow")],
    ),
    "an http_client has its rate limit by name": (
        "output: {http_client: {url: u, rate_limit: slow}}",
        [("rate_limit", "slow")],
    ),
    "a resource is what the place where it stands takes": (
        "input: {resource: clicks}\npipeline: {processors: [{resource: clean}]}\noutput: {resource: lake}",
        [("input", "clicks"), ("processor", "clean"), ("output", "lake")],
    ),
    "with its type said too": ("output: {type: resource, resource: lake}", [("output", "lake")]),
    "inputs in a broker, and its processors": (
        "input: {broker: {inputs: [{resource: a}, {sequence: {inputs: [{resource: b}]}}]}, "
        "processors: [{resource: c}]}",
        [("input", "a"), ("input", "b"), ("processor", "c")],
    ),
    "outputs in a switch, a fallback and a retry": (
        "output: {switch: {cases: [{output: {fallback: [{resource: a}, {retry: {output: {resource: b}}}]}}]}}",
        [("output", "a"), ("output", "b")],
    ),
    "processors of an output": (
        "output: {broker: {outputs: [{drop: {}}], batching: {processors: [{resource: p}]}}}",
        [("processor", "p")],
    ),
    "processors in processors": (
        "pipeline: {processors: [{try: [{resource: a}]}, {branch: {processors: [{resource: b}]}}, "
        "{switch: [{processors: [{resource: c}]}]}]}",
        [("processor", "a"), ("processor", "b"), ("processor", "c")],
    ),
    "branches of a workflow": (
        "pipeline: {processors: [{workflow: {branch_resources: [a], branches: {b: {processors: [{resource: c}]}}}}]}",
        [("processor", "a"), ("processor", "c")],
    ),
    "by itself a component could be any": (
        "resource: other",
        [("input", "other"), ("output", "other"), ("processor", "other")],
    ),
    "no text is no name": ("{cache: 5, resource: null, rate_limit: [a], multilevel: a}", []),
}


@pytest.mark.parametrize(("text", "expected"), CONFIGS.values(), ids=CONFIGS.keys())
def test_names_in_a_config(text: str, expected: list[tuple[str, str]]) -> None:
    found = list(named(yaml.safe_load(text)))
    assert found == expected
    assert {kind for kind, _ in found} <= set(KINDS)


@pytest.mark.parametrize("value", [None, "seen", 5, [], {}], ids=repr)
def test_what_is_no_config_names_nothing(value: Any) -> None:
    assert list(named(value)) == []
