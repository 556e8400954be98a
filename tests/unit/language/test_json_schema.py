"""The JSON Schema of the stackfile: what it takes, what it marks, and that it keeps up with the language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stackfile.address import SECTIONS
from stackfile.language.declare import ENGINE_KEYS
from stackfile.language.json_schema import Chosen, json_schema
from stackfile.language.json_sections import ENGINE_FIELDS
from stackfile.registry import Registry

NOT_INSTALLED = "custom-provider"
"""The provider of this example is installed by tests of its own; without it, nobody knows its fields."""
EXAMPLES = [
    file
    for file in sorted((Path(__file__).parents[3] / "examples").glob("**/stack.yaml"))
    if file.parent.name != NOT_INSTALLED
]
HEAD = "version: 1\nname: shop\n"


def schema(given: Mapping[str, frozenset[str]] | None = None, service: str = "local") -> Any:
    return json_schema(Registry(), Chosen({service: (service, "here")}, service, given or {}))


def marked(text: str, **given: frozenset[str]) -> list[str]:
    """What is wrong by the schema, the innermost of each mistake."""
    found = jsonschema.Draft7Validator(schema(given)).iter_errors(yaml.safe_load(HEAD + text))
    return sorted(f"{one.json_path}: {one.message}" for one in found)


def test_it_is_a_schema_of_draft_7() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.parent.name)
def test_every_example_fits(example: Path) -> None:
    stackfile = yaml.safe_load(example.read_text("utf-8"))
    known = schema(service=stackfile.get("defaults", {}).get("provider", "local"))
    assert [one.message for one in jsonschema.Draft7Validator(known).iter_errors(stackfile)] == []


FITTING = {
    "a template for a number": 'streams: {a: {partitions: "{{ var.n }}"}}',
    "an entry with nothing": "streams: {a: }",
    "a provider of another name": "streams: {a: {provider: here, partitions: 2}}",
    "fields of a provider that nobody knows": "streams: {a: {provider: far, config: {b: 1}}}",
    "a lookup without what is required": "pipelines: {p: {existing: {name: x}}}",
    "a reference by id": "sources: {a: {connector: file, path: x.csv, stream: {id: str_1}}}",
    "anchors": "x-any: {a: [1]}",
    "modules": 'modules: {m: {source: ./m, for_each: [eu], enabled: true, variables: {x: "{{ each.key }}", y: 1}}}',
    "keys of the engine": "streams: {a: {for_each: [x], enabled: false, lifecycle: {prevent_destroy: true}}}",
    "durations of timeouts": "streams: {a: {timeouts: {create: 10m, delete: 1h30m}}}",
}


@pytest.mark.parametrize("text", FITTING.values(), ids=FITTING)
def test_what_a_stackfile_may_say_fits(text: str) -> None:
    assert marked(text) == []


WRONG = {
    "a section that is none": ("stream: {}", ["$: 'stream' does not match any of the regexes: '^x-'"]),
    "a field that is none": (
        "streams: {a: {partition: 2}}",
        ["$.streams.a: Additional properties are not allowed ('partition' was unexpected)"],
    ),
    "a value of another type": (
        "sources: {a: {connector: file, path: 3}}",
        ["$.sources.a.path: 3 is not of type 'string'"],
    ),
    "a field that is missing": (
        "pipelines: {p: {source: streams.a}}",
        ["$.pipelines.p: 'destination' is a required property"],
    ),
    "a field of another connector": (
        "destinations: {a: {connector: file, path: x.csv, table: t}}",
        ["$.destinations.a: Additional properties are not allowed ('table' was unexpected)"],
    ),
    "what the service decides": (
        "streams: {a: {created_at: now}}",
        ["$.streams.a: Additional properties are not allowed ('created_at' was unexpected)"],
    ),
    "a key that is no identifier": (
        "streams: {a-b: {}}",
        ["$.streams: 'a-b' does not match any of the regexes: '^[A-Za-z_][A-Za-z0-9_]*$'"],
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_what_a_stackfile_may_not_say_is_marked(text: str, told: list[str]) -> None:
    assert marked(text) == told


def test_what_defaults_give_need_not_be_said() -> None:
    text = "pipelines: {p: {source: streams.a}}"
    assert marked(text, pipelines=frozenset({"destination"})) == []


def test_it_knows_every_section_and_every_key_of_the_engine() -> None:
    known = schema()
    assert set(SECTIONS) <= set(known["properties"])
    assert set(ENGINE_FIELDS) == ENGINE_KEYS


def test_every_field_of_a_kind_is_explained() -> None:
    known = schema()["definitions"]
    silent = [
        f"{name}.{field}"
        for name, kind in known.items()
        if name.startswith("local.")
        for field, about in kind.get("properties", {}).items()
        if "$ref" not in about and field != "connector" and "description" not in about
    ]
    assert silent == []
