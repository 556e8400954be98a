"""Stackfiles of several files: what is found, in which order, and where it is said to stand."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

import pytest

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from tests.unit.language.fakes import FakeCatalog, marked

HEAD = "version: 1\nname: shop\ndefaults: {provider: local}\n"


def inputs(files: Mapping[str, str | bytes]) -> Inputs:
    """A folder: a name that ends in `/` is a folder in it."""

    def read_file(name: str) -> bytes:
        if f"{name}/" in files or name == ".":
            raise IsADirectoryError(21, "Is a directory")
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory")
        if name == "locked.yaml":
            raise PermissionError(13, "Permission denied")
        text = files[name]
        return text if isinstance(text, bytes) else text.encode()

    def list_files(pattern: str) -> Sequence[str]:
        return [
            name
            for name in sorted(files, reverse=True)
            if fnmatch.fnmatchcase(name, pattern) and not name.endswith("/")
        ]

    return Inputs(read_file=read_file, list_files=list_files)


def stack(files: Mapping[str, str | bytes], folder: str = "") -> Configuration:
    text = files["stack.yaml"]
    whole = HEAD.encode() + (text if isinstance(text, bytes) else text.encode())
    return load(whole, f"{folder}stack.yaml", inputs(files), FakeCatalog())


def told(files: Mapping[str, str | bytes], folder: str = "") -> list[str]:
    """Each diagnostic as `file:line:column code: message [what is marked] | label | help`."""
    try:
        stack(files, folder)
    except DiagnosticError as error:
        return [
            " | ".join(
                part for part in (f"{one.span} {one.code}: {one.message} [{marked(one)}]", one.label, *one.help) if part
            )
            for one in error.diagnostics
        ]
    return []


TEAM = "streams:\n  clicks: {partitions: 4}\n"


def test_what_is_included_is_a_part_of_the_stack() -> None:
    files = {
        "stack.yaml": (
            "include: [teams/*.yaml, shared.yaml]\nvariables: {size: {default: 2}}\n"
            "pipelines: {tidy: {source: streams.clicks, destination: streams.orders}}\nstreams: {own: }\n"
        ),
        "teams/web.yaml": f'{TEAM}locals: {{width: "{{{{ var.size }}}}"}}\noutputs: {{a: {{value: 1}}}}\n',
        "teams/sales.yaml": 'streams: {orders: {partitions: "{{ local.width + 1 }}"}}\n',
        "shared.yaml": "defaults:\n  streams: {retention: 7d}\n",
        "other.yaml": "nonsense: 1",
    }
    configuration = stack(files)
    assert list(map(str, configuration.resources)) == [
        "pipelines.tidy",
        "streams.own",
        "streams.orders",
        "streams.clicks",
    ]
    orders = configuration.resources[Address.parse("streams.orders")]
    desired = configuration.resolve(orders, lambda address: None)
    assert (desired["partitions"], desired["retention"]) == (3, "7d")
    assert list(configuration.outputs) == ["a"]
    assert str((configuration.span(orders) or [None])[0]) == "teams/sales.yaml:1:11"
    assert str((configuration.span(orders, ("partitions",)) or [None])[0]) == "teams/sales.yaml:1:32"
    assert str((configuration.span(orders, ("retention",)) or [None])[0]) == "shared.yaml:2:24"


def test_an_included_file_may_include_others_relative_to_itself() -> None:
    files = {
        "stack.yaml": "include: [teams/web/team.yaml]\n",
        "teams/web/team.yaml": "include: [parts/*.yaml, ../common.yaml]\n",
        "teams/web/parts/a.yaml": TEAM,
        "teams/common.yaml": "streams: {orders: }",
    }
    assert list(map(str, stack(files).resources)) == ["streams.clicks", "streams.orders"]


QUIET = {
    "a file that two globs match": "include: ['a*.yaml', '*a.yaml']",
    "a file that a glob matches and that is named": "include: ['*.yaml', a.yaml]",
    "a file that is named and that a glob matches": "include: [a.yaml, '*.yaml']",
    "a glob that matches the stackfile itself": "include: ['*.yaml']",
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_a_glob_never_brings_a_file_again(text: str) -> None:
    assert list(stack({"stack.yaml": text, "a.yaml": TEAM}).resources) == [Address("streams", "clicks")]


def test_empty_files_and_empty_sections_add_nothing() -> None:
    files = {
        "stack.yaml": "include: [a.yaml, b.yaml, c.yaml]\nstreams:\n",
        "a.yaml": "# soon\n",
        "b.yaml": "version: 1\nstreams:\nx-anchors: {a: 1}\n",
        "c.yaml": TEAM,
    }
    assert list(map(str, stack(files).resources)) == ["streams.clicks"]
    assert list(stack({"stack.yaml": "include:\nstreams: {a: }"}).resources) == [Address("streams", "a")]
    assert list(stack({"stack.yaml": "include: []\nstreams: {a: }"}).resources) == [Address("streams", "a")]


def item(text: str, column: int = 11) -> str:
    return f"stack.yaml:4:{column} {text}"


WRONG: Mapping[str, tuple[Mapping[str, str | bytes], list[str]]] = {
    "text for include": (
        {"stack.yaml": "include: teams/*.yaml"},
        [
            item("type-wrong: `include` takes a list of files, not text [teams/*.yaml] "
                 "| write:  include: [teams/*.yaml]", 10)
        ],
    ),
    "a map, nothing, an empty text and a template in include": (
        {"stack.yaml": "include: [{a: b}, null, '', '{{ stack.env }}.yaml']"},
        [
            item("type-wrong: `include` takes paths of files, not a map [{a: b}]"),
            item("type-wrong: `include` takes paths of files, not nothing [null]", 19),
            item("type-wrong: `include` takes paths of files, not nothing ['']", 25),
            item("template-misplaced: `include` must be known without a template ['{{ stack.env }}.yaml']", 29),
        ],
    ),
    "a file that is missing": (
        {"stack.yaml": "include: [teams/weg.yaml]", "teams/web.yaml": TEAM},
        [item("include-missing: there is no file teams/weg.yaml [teams/weg.yaml] | did you mean `web.yaml`?")],
    ),
    "a file under a file": (
        {"stack.yaml": "include: [locked.yaml]", "locked.yaml": ""},
        [item("include-missing: cannot read locked.yaml: Permission denied [locked.yaml]")],
    ),
    "a folder": (
        {"stack.yaml": "include: [teams, .]", "teams/": ""},
        [
            item("include-missing: teams is a folder [teams] | write teams/*.yaml"),
            item("include-missing: . is a folder [.] | write ./*.yaml", 18),
        ],
    ),
    "a glob that matches nothing": (
        {"stack.yaml": "include: [teams/*.yaml]"},
        [item("include-missing: no file matches teams/*.yaml [teams/*.yaml]")],
    ),
    "files outside of the folder": (
        {"stack.yaml": "include: [../other.yaml, /etc/hosts, a/../../*.yaml]"},
        [
            item(f"include-outside: {path} is outside of this folder [{path}] "
                 "| a stack is what is in its folder: link or copy the file into it", column)
            for path, column in (("../other.yaml", 11), ("/etc/hosts", 26), ("a/../../*.yaml", 38))
        ],
    ),
    "a file that includes itself": (
        {"stack.yaml": "include: [./stack.yaml]"},
        [
            item("include-cycle: a file cannot include itself: stack.yaml -> stack.yaml [./stack.yaml] | remove it")
        ],
    ),
    "files that include one another": (
        {"stack.yaml": "include: [a.yaml]", "a.yaml": "include: [b.yaml]", "b.yaml": "include: [a.yaml]"},
        [
            "b.yaml:1:11 include-cycle: a file cannot include itself: a.yaml -> b.yaml -> a.yaml [a.yaml] | remove it"
        ],
    ),
    "the same file named twice": (
        {"stack.yaml": "include: [a.yaml, ./a.yaml]", "a.yaml": ""},
        [item("include-duplicate: a.yaml is included twice [./a.yaml] | first at stack.yaml:4:11", 19)],
    ),
    "the same file named by two files": (
        {"stack.yaml": "include: [a.yaml, b.yaml]", "a.yaml": "", "b.yaml": "include: [a.yaml]"},
        ["b.yaml:1:11 include-duplicate: a.yaml is included twice [a.yaml] | first at stack.yaml:4:11"],
    ),
    "a file that is not UTF-8, and one that is no YAML": (
        {"stack.yaml": "include: [a.yaml, b.yaml]\nstreams: {a: {joins: streams.clicks}}", "a.yaml": b"a: \xff",
         "b.yaml": "a: [1"},
        [
            "a.yaml:1:4 yaml-encoding: not UTF-8: byte 0xff [\ufffd] | save the file as UTF-8",
            "b.yaml:1:6 yaml-syntax: not YAML: no `,` or closing bracket here: a bracket that begins above is still "
            "open [] | begins in line 1",
        ],
    ),
    "a list for an included file": (
        {"stack.yaml": "include: [a.yaml]", "a.yaml": "- a"},
        ["a.yaml:1:1 type-wrong: an included file is a map of sections [- a]"],
    ),
    "sections that only a stackfile has": (
        {"stack.yaml": "include: [a.yaml]", "a.yaml": "name: web\nstate: {backend: local}\nenvironments: {}\n"},
        [
            f"a.yaml:{line}:1 section-misplaced: `{name}` is said once for a stack, and not in a file that is included "
            f"[{name}] | move it to stack.yaml"
            for line, name in enumerate(("name", "state", "environments"), 1)
        ],
    ),
    "a section that is none, of a wrong type, and a version to come": (
        {"stack.yaml": "include: [a.yaml]", "a.yaml": "version: 2\nstreem: {}\nstreams: []\nlocals: text\n"},
        [
            "a.yaml:1:10 version-unknown: this program reads version 1 of the stackfile [2] | write 1",
            "a.yaml:2:1 section-unknown: no section `streem` [streem] | did you mean `streams`?",
            "a.yaml:3:10 type-wrong: `streams` takes a map, not a list [[]]",
            "a.yaml:4:9 type-wrong: `locals` takes a map, not text [text]",
        ],
    ),
    "keys that are there twice": (
        {
            "stack.yaml": "include: [a.yaml, b.yaml]\nvariables: {v: {default: 1}}\nstreams: {clicks: }\n",
            "a.yaml": "variables:\n  v: {default: 2}\nlocals: {l: 1}\nproviders: {local: }\noutputs: {o: {value: 1}}\n",
            "b.yaml": f"{TEAM}locals: {{l: 2}}\nproviders: {{local: }}\noutputs: {{o: {{value: 1}}}}\n"
            "defaults: {provider: local}\n",
        },
        [
            "a.yaml:2:3 key-duplicate: `v` is there twice in variables [v] | the first one is at stack.yaml:5:13",
            "b.yaml:2:3 key-duplicate: `clicks` is there twice in streams [clicks] "
            "| the first one is at stack.yaml:6:11",
            "b.yaml:3:10 key-duplicate: `l` is there twice in locals [l] | the first one is at a.yaml:3:10",
            "b.yaml:4:13 key-duplicate: `local` is there twice in providers [local] "
            "| the first one is at a.yaml:4:13",
            "b.yaml:5:11 key-duplicate: `o` is there twice in outputs [o] | the first one is at a.yaml:5:11",
            "b.yaml:6:12 key-duplicate: `provider` is there twice in defaults [provider] "
            "| the first one is at stack.yaml:3:12",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_included_files(files: Mapping[str, str | bytes], expected: list[str]) -> None:
    assert told(files) == expected


def test_mistakes_in_the_parts_of_an_included_file_are_told_where_they_stand() -> None:
    team = (
        "variables: {v: {typ: int, default: 1}}\nlocals: {l: '{{ var.w }}'}\nproviders: {eu: {type: nope}}\n"
        "streams:\n  clicks: {partitons: 4, retention: '{{ locl.l }}'}\n  c-d: \n"
        "sources: {s: {connector: file, path: x, stream: streams.clic}}\n"
        "outputs: {o: {value: '{{ streams.clicks.idd }}'}}\n"
    )
    found = told({"stack.yaml": "include: [a.yaml]\nstreams: {a-b: }\n", "a.yaml": team})
    assert [line.partition(": ")[0] for line in found] == [
        "stack.yaml:5:11 key-wrong",
        "a.yaml:1:17 field-unknown",
        "a.yaml:2:14 variable-unknown",
        "a.yaml:3:18 provider-unknown",
        "a.yaml:5:12 field-unknown",
        "a.yaml:5:38 name-unknown",
        "a.yaml:6:3 key-wrong",
        "a.yaml:7:49 reference-unknown",
        "a.yaml:8:23 attribute-unknown",
    ]
    assert found[7].endswith("no stream `clic` [streams.clic] | did you mean streams.clicks (a.yaml:5:3)?")


def test_files_are_named_as_the_stackfile_is() -> None:
    files = {"stack.yaml": "include: [teams/a.yaml, ../x.yaml, teams/b.yaml]", "teams/a.yaml": "streem: {}"}
    assert [line.partition(" [")[0] for line in told(files, "stacks/shop/")] == [
        "stacks/shop/stack.yaml:4:25 include-outside: ../x.yaml is outside of stacks/shop",
        "stacks/shop/stack.yaml:4:36 include-missing: there is no file stacks/shop/teams/b.yaml",
    ]
