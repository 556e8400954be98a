"""Laws of the language: order does not matter, nothing but diagnostics comes out, and YAML is read as YAML."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.builder import FAST_LOADER
from stackfile.language.findings import Findings
from stackfile.language.load import load
from stackfile.language.source import Document, Raw
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.language.yamltext import read_data, read_document
from stackfile.values import Path, Tree
from tests.laws.stackfile_mutations import STACK, shuffled, spoiled
from tests.unit.language.fakes import FakeCatalog, diagnostics, diagnostics_of, loaded

CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff")
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöü0123456789_ .-/"), max_size=12).map(
    lambda text: f"v_{text}x"
)
TEXTS = st.text(CHARACTERS, max_size=20)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def trees(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | NUMBERS | texts
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
    )


@given(trees(TEXTS))
def test_json_is_read_as_json(tree: Any) -> None:
    assert read_data(json.dumps(tree, ensure_ascii=False)) == tree


@given(trees(WORDS), st.booleans() | st.none(), st.integers(20, 120))
def test_documents_without_what_yaml_1_1_reads_otherwise_are_read_as_pyyaml_does(
    tree: Any, flow: bool | None, width: int
) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, width=width, allow_unicode=True)
    assert read_data(text) == yaml.safe_load(text)


def document(text: str, loader: Any) -> Document:
    return read_document(text.encode(), "f", Findings(), loader)


def places(found: Document) -> list[str]:
    """Every key and value with its place."""

    def walk(raw: Raw, path: Path) -> None:
        lines.append(f"{path} {found.key_place(path)[0]} {found.value_place(path)[0]}")
        for step, inner in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
            walk(inner, (*path, step))

    lines: list[str] = []
    walk(found.root, ())
    return lines


@given(trees(WORDS), st.booleans() | st.none())
def test_both_parsers_give_the_same_tree_and_places(tree: Any, flow: bool | None) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True)
    one, other = document(text, FAST_LOADER), document(text, yaml.SafeLoader)
    assert one.root == other.root
    starts = [[line.split()[:-1] for line in places(found)] for found in (one, other)]
    assert starts[0] == starts[1]


def meaning(configuration: Configuration) -> dict[str, object]:
    """All that a configuration says, places aside."""

    def nothing(address: Address) -> None:
        return None

    found: dict[str, object] = {
        str(address): (
            one.provider, one.kind, one.each, one.named, one.lifecycle, sorted(map(str, one.dependencies)),
            configuration.resolve(one, nothing),
        )
        for address, one in configuration.resources.items()
    }  # fmt: skip
    outputs = {name: configuration.resolve_output(one, nothing) for name, one in configuration.outputs.items()}
    providers = {name: (use.service, use.settings) for name, use in configuration.providers.items()}
    return found | {"outputs": outputs, "providers": providers, "secrets": sorted(configuration.secrets)}


def load_tree(tree: Any) -> Configuration:
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    return load(text.encode(), "stack.yaml", Inputs(), FakeCatalog())


ORDERED = meaning(load_tree(STACK))


@given(st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(chance: random.Random) -> None:
    assert meaning(load_tree(shuffled(STACK, chance))) == ORDERED


@given(st.randoms(use_true_random=False))
def test_a_stackfile_with_spoiled_parts_loads_or_gives_diagnostics(chance: random.Random) -> None:
    with suppress(DiagnosticError):
        configuration = load_tree(spoiled(chance))
        seen: Tree = {"id": "i", "name": "n", "partitions": 3}
        known = dict.fromkeys(configuration.resources, seen)
        for address, resource in configuration.resources.items():
            assert address not in resource.dependencies
            for kept in (None, "kept"):
                configuration.resolve(resource, lambda address: None, kept)
                configuration.resolve(resource, known.get, kept)
        for output in configuration.outputs.values():
            configuration.resolve_output(output, known.get)


TEXT = yaml.safe_dump(STACK, sort_keys=False)
PIECES = (
    "{{", "}}", "{{ }}", "{{ x }}", "[", "]", "{", "}", ":", " ", "\n", "\n  ", "\t", "- ", "? ", "!unset ",
    "!raw ", "!x ", "&a ", "*a", "<<: *a\n", "'", '"', "|", ">", "#", "---\n", "null", "true", "5", "1e400",
    ".nan", "99999999999999999999", "for_each: ", "enabled: ", "provider: ", "type: ", "name: ", "depends_on: ",
    "lifecycle: ", "each.key", "self.name", "streams.plain", "streams.many", "sources.file.id", "var.n",
    "local.a", "local.c", "{id: x}", "existing: {}", "x-a: ", "\ufeff", "\x00", "\u2028", "\U0001f600", "é",
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.lists(st.sampled_from(PIECES), max_size=3).map("".join)),
    min_size=1,
    max_size=6,
)


def edited(text: str, edits: Sequence[tuple[float, int, str]]) -> str:
    for where, removed, added in edits:
        at = int(where * len(text))
        text = text[:at] + added + text[at + removed :]
    return text


def check_places(text: str) -> None:
    """Loads a text, and holds every diagnostic to its place."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in diagnostics_of(text.encode("utf-8", "surrogatepass")):
        assert found.code
        assert "\n" not in found.message
        if found.span is not None:
            assert found.source is not None
            assert lines[found.span.line - 1].startswith(found.source)
            assert 1 <= found.span.column <= len(found.source) + 1
            assert found.span.column < found.span.end_column <= len(found.source) + 2


@given(EDITS)
def test_an_edited_stackfile_loads_or_gives_diagnostics_with_places(edits: list[tuple[float, int, str]]) -> None:
    check_places(edited(TEXT, edits))


@given(st.text(st.characters(), max_size=60) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_text_gives_diagnostics(text: str) -> None:
    check_places(text)


@given(st.binary(max_size=60))
def test_any_bytes_give_diagnostics(text: bytes) -> None:
    assert diagnostics_of(text)


TOKENS = (
    "var", "local", "env", "streams", "providers", "stack",
    "var.n", "var.regions", "local.c", "streams.plain.id", "streams.many", "streams.plain", "each.key", "env.X",
    "1", "0", "'a'", "[", "]", "(", ")", "{", "}", ".", ",", ":", "|", "+", "-", "*", "**", "/", "%", "~", "==",
    "<", "in", "is", "not", "and", "or", "if", "else", "upper", "join", "map", "default", "length", "try(",
    "sensitive(", "nonsensitive(", "range(", "json(", "file(", "product(", "defined", "none", "true",
    "__class__", "=", "x", "first", "sort", "items", "tojson",
)  # fmt: skip


@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=10).map(" ".join))
def test_any_expression_gives_a_value_or_a_diagnostic(expression: str) -> None:
    body = f"""
outputs: {{o: {{value: {json.dumps("{{ " + expression + " }}")}, sensitive: true}}}}
streams: {{plain: {{}}, many: {{for_each: [x, y]}}}}
variables: {{n: {{default: 3}}, regions: {{default: [eu]}}}}
locals: {{c: "{{{{ streams.plain.id }}}}"}}
"""
    for known in ({}, {Address("streams", "plain"): {"id": "s"}}):
        with suppress(DiagnosticError):
            configuration = loaded(body)
            configuration.resolve_output(configuration.outputs["o"], known.get)


@given(
    st.sampled_from(("labels", "config")),
    st.sampled_from(("{{ var.secret }}", "a {{ var.secret }}", "{{ var.secret | upper }}", "{{ [var.secret] + 1 }}")),
)
def test_no_rendering_of_a_configuration_holds_a_secret(field: str, value: str) -> None:
    body = f"""
streams: {{s: {{{field}: {{x: {json.dumps(value)}}}}}}}
variables: {{secret: {{default: hush-hush, sensitive: true}}}}
"""
    shown = repr(diagnostics(body))
    if shown == "()":
        configuration = loaded(body)
        (resource,) = configuration.resources.values()
        shown = repr(configuration.resolve(resource, lambda address: None))
    assert "hush" not in shown.lower()
