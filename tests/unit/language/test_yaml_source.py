from __future__ import annotations

import math
from typing import Any

import pytest
import yaml

from stackfile.errors import DiagnosticError
from stackfile.language.builder import FAST_LOADER
from stackfile.language.findings import Fault, Findings
from stackfile.language.source import UNSET, Document, Template
from stackfile.language.yamltext import read_data, read_document, read_values
from stackfile.values import Path

LOADERS = [pytest.param(FAST_LOADER, id="libyaml"), pytest.param(yaml.SafeLoader, id="python")]


def read(text: str | bytes, loader: Any = FAST_LOADER) -> Document:
    findings = Findings()
    document = read_document(text.encode() if isinstance(text, str) else text, "stack.yaml", findings, loader)
    findings.raise_if_any()
    return document


def refused(text: str | bytes, loader: Any = FAST_LOADER) -> list[str]:
    try:
        read(text, loader)
    except DiagnosticError as error:
        return [f"{one.span} {one.code}: {one.message}".removeprefix("stack.yaml:") for one in error.diagnostics]
    return []


SCALARS: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "nULL": "nULL",
    "true": True,
    "FALSE": False,
    "yes": "yes",
    "no": "no",
    "on": "on",
    "Off": "Off",
    "y": "y",
    "12": 12,
    "-7": -7,
    "+3": 3,
    "010": 10,
    "0o17": 15,
    "0x1F": 31,
    "0b11": "0b11",
    "1_000": "1_000",
    "12:30:45": "12:30:45",
    "2026-11-21": "2026-11-21",
    "1.5": 1.5,
    "-.5": -0.5,
    "1.": 1.0,
    "6.02e23": 6.02e23,
    "1e3": 1000.0,
    ".": ".",
    "-": None,
    "1.2.3": "1.2.3",
    "0xZZ": "0xZZ",
    "7d": "7d",
    "'12'": "12",
    '"true"': "true",
    "'00123'": "00123",
    "18446744073709551615": 2**64 - 1,
    "-9223372036854775808": -(2**63),
    "9007199254740993": 9007199254740993,
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "value"), [(t, v) for t, v in SCALARS.items() if t != "-"])
def test_plain_scalars_follow_yaml_1_2(text: str, value: object, loader: Any) -> None:
    root = read(f"key: {text}", loader).root
    assert isinstance(root, dict)
    assert root["key"] == value
    assert type(root["key"]) is type(value)


@pytest.mark.parametrize(
    "text", [".inf", "-.INF", ".nan", "18446744073709551616", "1e999", "9" * 5000, "0x" + "f" * 20]
)
def test_numbers_that_json_cannot_carry_are_refused_in_their_place(text: str) -> None:
    found = refused(f"key: {text}")
    assert [line.split(":")[:3] for line in found] == [["1", "6 number-wrong", found[0].split(":")[2]]]


NOT_YAML = {
    "a tab": ("a:\n\tb: 1", ["2:1 yaml-tab: YAML does not allow tabs here"]),
    "two documents": (
        "a: 1\n---\nb: 2",
        ["2:1 yaml-documents: a stackfile is one document, and here begins a second one"],
    ),
    "a key told twice": ("a: 1\nb: 2\na: 3", ["3:1 key-duplicate: `a` is there twice"]),
    "a key told twice in quotes": ('a: 1\n"a": 3', ["2:1 key-duplicate: `a` is there twice"]),
    "a deep key told twice": ("a: {b: 1, c: 2, b: 3}", ["1:17 key-duplicate: `b` is there twice"]),
    "invalid UTF-8": (b"a: 1\nb: \xff\xfe", ["2:4 yaml-encoding: not UTF-8: byte 0xff"]),
    "a control character": ("a: 1\nb: \x07", ["2:4 yaml-character: YAML does not allow the character U+0007"]),
    "an open bracket": (
        "a: [1, 2\nb: 3",
        ["2:2 yaml-syntax: not YAML: no `,` or closing bracket here: a bracket that begins above is still open"],
    ),
    "open quotes": (
        "a: 'b\nc: 1",
        ["2:5 yaml-syntax: not YAML: the quotes or brackets that begin above never end"],
    ),
    "a colon too many": (
        "a: b: c",
        ["1:5 yaml-syntax: not YAML: a `:` where no key can be: quote the text, or check the indentation"],
    ),
    "wrong indentation": (
        "a:\n  b: 1\n c: 2",
        ["3:2 yaml-syntax: not YAML: no key here: check the indentation, and quotes that end too early"],
    ),
    "an at sign": ("a: @b", ["1:4 yaml-syntax: not YAML: no value can begin with this character: quote it"]),
    "an unknown escape": (
        r'a: "b\d"',
        ["1:6 yaml-syntax: not YAML: no such escape in double quotes: write \\\\ or use single quotes"],
    ),
    "a python tag": (
        "a: !!python/object:os.system x",
        ["1:4 yaml-tag: the tag !!python/object:os.system is not known here"],
    ),
    "a tag for text": ("a: !!str 1", ["1:4 yaml-tag: the tag !!str is not known here"]),
    "a tag on a map": ("a: !vault {b: 1}", ["1:4 yaml-tag: the tag !vault is not known here"]),
    "!unset with a value": ("a: !unset 1", ["1:4 yaml-tag: !unset takes no value"]),
    "an alias of nothing": ("a: *b", ["1:4 yaml-alias: no anchor &b above"]),
    "an anchor in itself": ("a: &a [*a]", ["1:8 yaml-alias: no anchor &a above"]),
    "a merge of text": ("a:\n  <<: text", ["2:7 yaml-merge: << takes a map or a list of maps, such as *anchor"]),
    "a map for a key": ("{a: b}: c", ["1:1 key-wrong: a key must be text, not a map or a list"]),
    "a list for a key": (
        "? [a]\n: b\nc: 1\nc: 2",
        ["1:3 key-wrong: a key must be text, not a map or a list", "4:1 key-duplicate: `c` is there twice"],
    ),
    "an alias for a key": ("a: &b c\n*b : d", ["2:1 key-wrong: a key is written as text, not as an alias"]),
    "a template for a key": ('"{{ a }}": 1', ["1:1 template-in-key: a key cannot hold a template"]),
    "lists too deep": ("a: " + "[" * 5000, ["1:103 yaml-depth: nested more than 100 levels deep"]),
    "maps too deep": ("{a: " * 5000, ["1:401 yaml-depth: nested more than 100 levels deep"]),
    "keys too deep": (
        "? " * 5000,
        [
            "1:3 key-wrong: a key must be text, not a map or a list",
            "1:203 yaml-depth: nested more than 100 levels deep",
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), NOT_YAML.values(), ids=NOT_YAML)
def test_what_is_no_stackfile_yaml_is_told_in_its_place(text: str | bytes, expected: list[str]) -> None:
    assert refused(text) == expected


@pytest.mark.parametrize("text", [case[0] for case in NOT_YAML.values()], ids=NOT_YAML)
def test_without_libyaml_the_same_texts_are_refused(text: str | bytes) -> None:
    found = refused(text, yaml.SafeLoader)
    assert [line.split()[1] for line in found] == [line.split()[1] for line in refused(text)]


UNQUOTED = {
    "alone": ("a: {{ var.x }}", 'write:  a: "{{ var.x }}"'),
    "in a list": ("- {{ var.x }}", 'write:  - "{{ var.x }}"'),
    "with brackets": ("a: {{ sources.pg[each.key] }}", 'write:  a: "{{ sources.pg[each.key] }}"'),
    "with a filter": ("a: {{ var.x | upper }}", 'write:  a: "{{ var.x | upper }}"'),
    "with text behind": ("a: {{ var.x }}-y", 'write:  a: "{{ var.x }}-y"'),
    "with a comment behind": ("a: {{ var.x }}   # why", 'write:  a: "{{ var.x }}"'),
    "with double quotes inside": ('a: {{ var["x"] }}', "write:  a: '{{ var[\"x\"] }}'"),
    "with both quotes inside": ("""a: {{ x["a"] ~ 'b' }}""", """write:  a: "{{ x[\\"a\\"] ~ 'b' }}\""""),
    "in a flow map": ("a: {b: {{ var.x }}, c: 1}", 'write:  a: {b: "{{ var.x }}", c: 1}'),
    "in a flow list": ("a: [{{ var.x }}, 1]", 'write:  a: ["{{ var.x }}", 1]'),
    "with more lines below": ("a: {{ var.x.y }}-z\nb: 1", 'write:  a: "{{ var.x.y }}-z"'),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "write"), UNQUOTED.values(), ids=UNQUOTED)
def test_an_unquoted_template_is_recognised_and_the_text_to_write_is_given(text: str, write: str, loader: Any) -> None:
    with pytest.raises(DiagnosticError) as raised:
        read(text, loader)
    (found,) = raised.value.diagnostics
    assert (found.code, found.message) == ("template-unquoted", "quote a value that starts with {{")
    assert found.help == (write,)
    assert found.span is not None
    assert found.source is not None
    assert found.source[found.span.column - 1 :].startswith("{{")


def test_unquoted_templates_are_told_all_at_once() -> None:
    found = refused("a: {{ x }}\nb: 1\nc: {d: {{ y }}}")
    assert [line.split()[0] for line in found] == ["1:4", "3:8"]


def test_a_map_for_a_key_of_a_flow_map_is_no_template() -> None:
    assert refused("a: { {b: 1}, c }") == ["1:6 key-wrong: a key must be text, not a map or a list"]
    assert refused("a: [{b: {c: 1}}]") == []


def test_scalars_with_braces_are_templates_and_others_are_not() -> None:
    root = read("a: '{{ x }}'\nb: text\nc: !raw '{{ x }}'\nd: !raw\n  e: ['{{ y }}']\nf: |\n  one {{ z }}\n").root
    assert root == {"a": "{{ x }}", "b": "text", "c": "{{ x }}", "d": {"e": ["{{ y }}"]}, "f": "one {{ z }}\n"}
    assert isinstance(root, dict)
    assert [key for key, value in root.items() if isinstance(value, Template)] == ["a", "f"]
    assert root["d"] == {"e": ["{{ y }}"]}


def test_containers_know_whether_a_template_is_inside() -> None:
    document = read("x: &x {a: ['{{ t }}']}\ny: {b: [1]}\nz: {c: *x}\nw: {<<: *x}\nv: {<<: {b: 1}}")
    assert isinstance(document.root, dict)
    assert {key for key, value in document.root.items() if document.has_templates(value)} == {"x", "z", "w"}


def test_unset_is_a_value_of_its_own() -> None:
    assert read("a: !unset").root == {"a": UNSET}
    assert read("a: !unset").has_unset
    assert not read("a: 1").has_unset


def test_raw_keeps_the_type_of_a_plain_scalar() -> None:
    assert read("a: !raw 5\nb: !raw '5'").root == {"a": 5, "b": "5"}


@pytest.mark.parametrize("loader", LOADERS)
def test_anchors_and_merges(loader: Any) -> None:
    text = """
x-one: &one {a: 1, b: {c: 2}}
x-two: &two {a: 9, d: 4}
merged: {<<: *one, a: 5}
first wins: {<<: [*one, *two]}
own key above: {a: 7, <<: *two}
quoted: {"<<": *one}
shared: [*one, *one]
"""
    root = read(text, loader).root
    assert isinstance(root, dict)
    assert root["merged"] == {"a": 5, "b": {"c": 2}}
    assert root["first wins"] == {"a": 1, "b": {"c": 2}, "d": 4}
    assert root["own key above"] == {"a": 7, "d": 4}
    assert root["quoted"] == {"<<": {"a": 1, "b": {"c": 2}}}
    assert root["shared"] == [{"a": 1, "b": {"c": 2}}] * 2


PLACES: dict[Path, tuple[str, str]] = {
    ("a",): ("a", "1"),
    ("b", "c"): ("c", "text"),
    ("b", "d", 1): ("two", "two"),
    ("e", "f"): ("f", "'quoted'"),
    ("g", "h"): ("h", "merged"),
    ("g", "i"): ("i", "own"),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("path", "expected"), PLACES.items())
def test_every_key_and_value_has_its_place(path: Path, expected: tuple[str, str], loader: Any) -> None:
    text = "a: 1\nb:\n  c: text\n  d: [one, two]\ne: {f: 'quoted'}\nx: &x {h: merged}\ng: {i: own, <<: *x}\n"
    document = read(text, loader)
    places = (document.key_place(path), document.value_place(path))
    assert tuple(line[span.column - 1 : span.end_column - 1] for span, line in places) == expected


def test_a_path_that_is_not_there_stands_where_the_nearest_key_above_does() -> None:
    document = read("a:\n  b: {c: 1}\n")
    assert str(document.value_place(("a", "b", "nope", 3))[0]) == "stack.yaml:2:3"
    assert str(document.value_place(("nope",))[0]) == "stack.yaml:1:1"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_and_columns_count_characters_whatever_ends_a_line(ends: str) -> None:
    document = read(ends.join(["# ünï \U0001f600", "a: {ü\U0001f600: 1, b: 2}", "c: 3"]))
    assert str(document.key_place(("a", "b"))[0]) == "stack.yaml:2:12"
    assert document.key_place(("c",))[1] == "c: 3"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    document = read(b"\xef\xbb\xbfa: 1")
    assert document.root == {"a": 1}
    assert str(document.key_place(("a",))[0]) == "stack.yaml:1:1"


def test_data_holds_no_templates() -> None:
    value = read_data("a: '{{ x }}'")
    assert value == {"a": "{{ x }}"}
    assert isinstance(value, dict)
    assert type(value["a"]) is str


def test_data_that_is_no_yaml_is_a_fault() -> None:
    with pytest.raises(Fault, match="not YAML"):
        read_data("[1, 2")


def test_a_file_of_variables_is_a_map() -> None:
    assert read_values(b"a: 1\nb: [x]", "prod.yaml") == {"a": 1, "b": ["x"]}
    assert read_values(b"# nothing yet", "prod.yaml") == {}
    with pytest.raises(DiagnosticError, match="a file of variables is a map"):
        read_values(b"- a", "prod.yaml")


def test_infinity_never_comes_out_of_a_number() -> None:
    root = read("a: 1.7976931348623157e308").root
    assert isinstance(root, dict)
    assert math.isfinite(float(str(root["a"])))
