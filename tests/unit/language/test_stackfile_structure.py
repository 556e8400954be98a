from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.load import read_structure
from tests.unit.language.fakes import diagnostics_of, loaded, wrong

WRONG = {
    "an unknown section": ("stream: {}", ["1:1 section-unknown: no section `stream` | did you mean `streams`?"]),
    "a section like no other": (
        "quux: {}",
        [
            "1:1 section-unknown: no section `quux` | sections: defaults, destinations, environments, imports, "
            "include, locals, modules, moved, name, outputs, pipelines, providers, removed, requires, resources, "
            "sources, state, streams, variables, version "
            "| a section that begins with x- is ignored"
        ],
    ),
    "sections of a later version": (
        "policies: {}\nchecks: {}",
        [
            f"{line}:1 not-yet: `{name}` is not supported yet | remove it: this version cannot do what it asks"
            for line, name in enumerate(
                ("policies", "checks"),
                1,
            )
        ],
    ),
    "a list for a section": ("streams: []", ["1:10 type-wrong: `streams` takes a map, not a list"]),
    "text for a resource": ("streams: {a: text}", ["1:14 type-wrong: `a` takes a map, not text"]),
    "keys that are no identifiers": (
        'streams: {a-b: {}, "1x": {}}',
        [
            "1:11 key-wrong: `a-b` is no name: letters, digits and _ only | write a_b",
            "1:20 key-wrong: `1x` is no name: letters, digits and _ only | write _1x",
        ],
    ),
    "another backend": (
        "state: {backend: s3}",
        ["1:18 not-yet: `backend: s3` is not supported yet | remove it: this version cannot do what it asks"],
    ),
    "a misspelt backend": (
        "state: {backend: loca}",
        ["1:18 backend-unknown: no state backend `loca` | did you mean `local`?"],
    ),
    "settings of state": (
        "state: {url: x, nope: 1}",
        [
            "1:9 not-yet: `url` is not supported yet | remove it: this version cannot do what it asks",
            "1:17 field-unknown: no field `nope` here | known here: backend, secret_key",
        ],
    ),
    "engine keys of a later version": (
        "streams: {a: {                 lifecycle: {force_destroy: true, foo: 1}}}",
        [
            "1:44 not-yet: `force_destroy` is not supported yet | remove it: this version cannot do what it asks",
            "1:65 field-unknown: no field `foo` here "
            "| known here: create_before_destroy, ignore_changes, prevent_destroy, replace_triggered_by",
        ],
    ),
    "a provider with an alias": (
        "providers: {local: {alias: a}}",
        ["1:21 not-yet: `providers.local.alias` is not supported yet | remove it: this version cannot do what it asks"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_structure_that_is_wrong(body: str, expected: list[str]) -> None:
    assert [line for line in wrong(body) if "providers.local: local has no field" not in line] == expected


HEADS = {
    "an empty file": (b"", "stackfile-empty: the stackfile is empty"),
    "comments only": (b"# soon\n", "stackfile-empty: the stackfile is empty"),
    "a list": (b"- a", "type-wrong: a stackfile is a map of sections"),
    "text": (b"hello", "type-wrong: a stackfile is a map of sections"),
    "no version": (b"name: shop", "field-missing: `version` is required"),
    "no name": (b"version: 1", "field-missing: `name` is required: the stack's name"),
    "a newer version": (b"version: 2\nname: a", "version-unknown: this program reads version 1 of the stackfile"),
    "a version as text": (b"version: '1'\nname: a", "version-unknown: this program reads version 1 of the stackfile"),
    "true for a version": (b"version: true\nname: a", "version-unknown: this program reads version 1 of the stackfile"),
    "a number for a name": (b"version: 1\nname: 5", "type-wrong: `name` takes text, not a number"),
    "spaces in a name": (b"version: 1\nname: my shop", "name-wrong: a stack's name has letters, digits, _ and - only"),
    "a path for a name": (b"version: 1\nname: ../x", "name-wrong: a stack's name has letters, digits, _ and - only"),
    "a template for a name": (
        b"version: 1\nname: '{{ env.X }}'",
        "template-misplaced: `name` must be known without a template",
    ),
}


@pytest.mark.parametrize(("text", "expected"), HEADS.values(), ids=HEADS)
def test_the_head_of_a_stackfile(text: bytes, expected: str) -> None:
    assert [f"{one.code}: {one.message}" for one in diagnostics_of(text)] == [expected]


def test_what_begins_with_x_is_ignored() -> None:
    assert wrong("x-labels: &labels {a: b}\nstreams: {a: {labels: *labels}}\nx-: 1") == []


def test_empty_sections_and_resources_are_fine() -> None:
    configuration = loaded("streams:\n  a:\n  b: {}\nsources:\noutputs:\n")
    assert sorted(map(str, configuration.resources)) == ["streams.a", "streams.b"]


def test_the_outline_is_readable_without_providers_or_variables() -> None:
    text = b"version: 1\nname: shop\nproviders: {eu: {type: streamkap}, local: }\nstreams: {a: {provider: eu}}"
    structure = read_structure(text, "stack.yaml")
    assert structure.name == "shop"
    assert structure.services == {"eu": "streamkap", "local": "local"}


def test_the_outline_of_a_broken_file_is_refused() -> None:
    with pytest.raises(DiagnosticError, match="section-unknown"):
        read_structure(b"version: 1\nname: shop\nstrems: {}", "stack.yaml")


def test_everything_wrong_with_a_file_is_told_at_once_in_its_order() -> None:
    body = """
strems: {}
variables: {v: {typ: int}}
streams:
  a: {partitions: x, partitions: 3}
  b: {retntion: 7d, depends_on: [streams.c]}
outputs: {o: {value: "{{ var.w }}"}}
"""
    assert [line.partition(": ")[0] for line in wrong(body)] == [
        "2:1 section-unknown",
        "3:17 field-unknown",
        "5:22 key-duplicate",
        "6:7 field-unknown",
        "6:34 reference-unknown",
        "7:23 variable-unknown",
    ]
