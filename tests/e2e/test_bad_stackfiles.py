"""What is wrong with a stackfile is told at its place, with a way out: exit 1, nothing on disk, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import Folder

HEAD = "version: 1\nname: bad\ndefaults: {provider: local}\n"
DEEP = "(" * 10_000 + "1" + ")" * 10_000
BOMB = "x-a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"x-{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)

CASES: dict[str, tuple[str, str, str]] = {
    "not YAML": ("name: [bad\n", "yaml-syntax", "not YAML"),
    "a tab": ("streams:\n\ta: {}\n", "yaml-tab", "indent with spaces"),
    "two documents": (HEAD + "---\nversion: 1\n", "yaml-documents", "stack.yaml:4:1"),
    "a key twice": (HEAD + "streams:\n  a: {}\n  a: {}\n", "key-duplicate", "first in line 5"),
    "a template without quotes": (
        HEAD + "streams:\n  a:\n    retention: {{ var.x }}\n",
        "template-unquoted",
        'write:  retention: "{{ var.x }}"',
    ),
    "an unknown section": (HEAD + "strems: {}\n", "section-unknown", "did you mean `streams`?"),
    "an unknown field": (HEAD + "streams:\n  a: {partitons: 2}\n", "field-unknown", "did you mean `partitions`?"),
    "an unknown provider": (
        "version: 1\nname: bad\nstreams:\n  a: {provider: locl}\n",
        "provider-unknown",
        "did you mean `local`?",
    ),
    "an unknown connector": (
        HEAD + "sources:\n  a: {connector: fil, path: x.csv}\n",
        "connector-unknown",
        "did you mean `file`?",
    ),
    "an unknown variable": (
        HEAD + 'variables: {days: {type: string, default: 7d}}\nstreams:\n  a: {retention: "{{ var.dys }}"}\n',
        "variable-unknown",
        "did you mean `days`?",
    ),
    "an unknown function": (
        HEAD + "streams:\n  a: {retention: \"{{ lowr('7d') }}\"}\n",
        "function-unknown",
        "no function `lowr`",
    ),
    "a wrong type": (HEAD + "streams:\n  a: {partitions: many}\n", "type-wrong", "valid integer"),
    "a required field that is missing": (HEAD + "sources:\n  a: {connector: file}\n", "field-missing", "add:  path:"),
    "a reference that leads nowhere": (
        HEAD + "streams: {clicks: {}}\nsources:\n  a: {connector: file, path: x.csv, stream: streams.click}\n",
        "reference-unknown",
        "did you mean streams.clicks (stack.yaml:4:11)?",
    ),
    "a reference to the wrong kind": (
        HEAD + "destinations: {b: {connector: file, path: o.csv}}\n"
        "sources:\n  a: {connector: file, path: x.csv, stream: destinations.b}\n",
        "reference-kind",
        "takes a stream",
    ),
    "an id where a resource is wanted": (
        HEAD + 'streams: {b: {}}\nsources:\n  a: {connector: file, path: x.csv, stream: "{{ streams.b.id }}"}\n',
        "reference-not-id",
        "write: streams.b",
    ),
    "a resource that needs itself": (
        HEAD + 'streams:\n  b: {retention: "{{ streams.b.id }}"}\n',
        "reference-self",
        "cannot refer to itself",
    ),
    "a cycle": (
        HEAD
        + 'streams:\n  a: {retention: "{{ streams.b.retention }}"}\n  b: {retention: "{{ streams.a.retention }}"}\n',
        "cycle",
        "streams.a -> streams.b -> streams.a",
    ),
    "for_each over what only apply can tell": (
        HEAD + 'streams:\n  b: {}\n  a: {for_each: "{{ [streams.b.created_at] }}"}\n',
        "for-each-not-known",
        "must be known at plan",
    ),
    "for_each with a key twice": (HEAD + "streams:\n  a: {for_each: [x, x]}\n", "for-each-duplicate", "`x`"),
    "for_each over a secret": (
        HEAD + "variables: {k: {type: string, sensitive: true, default: sesame7}}\n"
        'streams:\n  a: {for_each: ["{{ var.k }}"]}\n',
        "for-each-sensitive",
        "sensitive",
    ),
    "an alias bomb": ("version: 1\nname: bad\n" + BOMB, "yaml-alias-bomb", "aliases"),
    "a power without end": (HEAD + 'locals: {x: "{{ 9**9**9 }}"}\n', "template-failed", "too large"),
    "a text without end": (HEAD + "locals: {x: \"{{ 'a'*10**10 }}\"}\n", "template-failed", "two numbers"),
    "a template that is too deep": (HEAD + f'locals: {{x: "{{{{ {DEEP} }}}}"}}\n', "template-too-deep", "brackets"),
    "a filter that is too long": (
        HEAD + "streams: {a: {}, b: {}}\npipelines:\n"
        f'  p: {{source: streams.a, destination: streams.b, operations: [{{filter: "{DEEP}"}}]}}\n',
        "type-wrong",
        "16,384 characters",
    ),
    "a section that is to come": (HEAD + "include: [a.yaml]\n", "not-yet", "`include` is not supported yet"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_told_and_nothing_is_done(case: str, tmp_path: Path) -> None:
    text, code, says = CASES[case]
    folder = Folder(tmp_path)
    folder.write("stack.yaml", text)
    said = folder("plan")
    assert said.code == 1, said.both
    assert said.out == ""
    assert f"error[{code}]" in said.err
    assert says in said.err
    assert "Traceback" not in said.err
    assert "sesame7" not in said.err
    assert [file.name for file in tmp_path.iterdir()] == ["stack.yaml"]


def test_a_scalar_of_a_megabyte_is_a_scalar(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", HEAD + f"x-big: {'a' * 1_000_000}\nstreams: {{a: {{}}}}\n")
    assert folder("validate").code == 0


def test_bytes_that_are_no_utf_8_are_told_at_their_place(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", b"version: 1\nname: bad\nx-a: \xff\xfe\n")
    said = folder("validate")
    assert said.code == 1
    assert "error[yaml-encoding]: not UTF-8: byte 0xff\n  --> stack.yaml:3:6\n" in said.err


def test_a_stackfile_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    said = Folder(tmp_path)("plan")
    assert said.code == 1
    assert said.err.startswith("error[stackfile-missing]")
    assert "stack init" in said.err


HARM: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "of another stack": (lambda text: text.replace(b'"stack":"bad"', b'"stack":"god"'), "state-damaged"),
    "cut short": (lambda text: text[:200], "state-damaged"),
    "with a bit that fell over": (lambda text: text[:150] + bytes([text[150] ^ 1]) + text[151:], "state-damaged"),
    "newer": (lambda text: text.replace(b'"format_version":1', b'"format_version":9'), "state-newer"),
}


@pytest.mark.parametrize("how", HARM)
def test_a_state_that_is_not_as_it_was_written_is_refused_with_the_way_back(how: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("stack.yaml", HEAD + "streams: {a: {}}\n")
    assert folder("apply", "--yes").code == 0
    harm, code = HARM[how]
    state = tmp_path / ".stack/default/state.json"
    state.write_bytes(harm(state.read_bytes()))
    harmed = state.read_bytes()
    said = folder("apply", "--yes")
    assert said.code == 1
    assert f"error[{code}]" in said.err
    assert state.read_bytes() == harmed
    if code == "state-damaged":
        assert "The last good copy is serial 2" in said.err
