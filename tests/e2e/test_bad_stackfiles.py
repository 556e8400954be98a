"""Whatever is wrong with a stackfile is told at its place, with nothing changed and never a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.e2e.shell import STACK, Folder, Said, surroundings
from tests.e2e.tables.reading import table

CASES = {**table("bad_yaml.txt"), **table("bad_meaning.txt"), **table("bad_expressions.txt")}

BASE = "version: 1\nname: shop\ndefaults: {provider: local}\n"


def refused(stack: Folder, text: str | bytes) -> Said:
    """What an apply of such a stackfile says; that it changes nothing is a part of it."""
    stack.write("stack.yaml", text)
    before = stack.files()
    said = stack("apply", "--yes")
    assert stack.files() == before
    assert (said.code, said.out) == (1, "")
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_at_its_place(stack: Folder, text: str, expected: str) -> None:
    assert refused(stack, text).err == expected


LARGE = "x" * 1_000_000
DEEP = f"{'(' * 10_000}1{')' * 10_000}"
PIPELINE = (
    "streams: {orders: {}, large: {}}\n"
    "pipelines:\n"
    "  large: {source: streams.orders, destination: streams.large, operations: [{filter: "
)

HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "bytes that are no UTF-8": (
        f"{BASE}streams:\n  a: {{name: ".encode() + b"caf\xe9}\n",
        "error[yaml-encoding]: not UTF-8: byte 0xe9\n  --> stack.yaml:5:16\n",
    ),
    "UTF-16": (
        f"{BASE}streams: {{}}\n".encode("utf-16"),
        "error[yaml-encoding]: not UTF-8: byte 0xff\n  --> stack.yaml:1:1\n",
    ),
    "a NUL": (
        f"{BASE}streams:\n  a: {{name: a\0b}}\n",
        "error[yaml-character]: YAML does not allow the character U+0000\n  --> stack.yaml:5:14\n",
    ),
    "a value of 1 MB": (
        f"{BASE}streams:\n  a: {{name: {LARGE}}}\n",
        "error[type-wrong]: streams.a: `name` should match pattern '^[A-Za-z0-9._-]{1,249}$'\n  --> stack.yaml:5:13\n",
    ),
    "a duration of 1 MB": (
        f"{BASE}streams:\n  a: {{retention: {LARGE}}}\n",
        "error[type-wrong]: streams.a: `retention`: 'xxx",
    ),
    "a key of 1 MB": (f"{BASE}streams:\n  {LARGE}: {{}}\n", "error[yaml-syntax]: not YAML: a `:` where no key can be"),
    "a template of 1 MB": (
        f"{BASE}streams:\n  a: {{name: '{{{{ {LARGE} }}}}'}}\n",
        "error[template-too-long]: streams.a: an expression of more than 4000 characters, or one that never ends\n",
    ),
    "a template of 10,000 brackets": (
        f"{BASE}streams:\n  a: {{retention: '{{{{ {DEEP} }}}}'}}\n",
        "error[template-too-",
    ),
    "an operation of 10,000 brackets": (
        f'{BASE}{PIPELINE}"{DEEP}"}}]}}\n',
        "error[type-wrong]: pipelines.large: `operations[0].filter`: an expression has at most 16,384 characters",
    ),
    "an operation of 1,000 brackets": (
        f'{BASE}{PIPELINE}"{"(" * 1_000}true{")" * 1_000}"}}]}}\n',
        "error[type-wrong]: pipelines.large: `operations[0].filter`: ",
    ),
}


@pytest.mark.parametrize(("text", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_told_in_few_words(stack: Folder, text: str | bytes, expected: str) -> None:
    said = refused(stack, text)
    assert said.err.startswith(expected)
    assert len(said.err) < 1_500


BOMB = BASE + "x-0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
BOMB += "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 13))
PEAK = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True)"
PEAK += "; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def peak_megabytes(stack: Folder) -> float:
    """The most memory that `stack validate` takes. Measured from a process that is small itself: a child begins with
    its parent's size."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", PEAK, STACK, "validate"],
        cwd=stack.path,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / 1024


def test_a_bomb_of_aliases_takes_hardly_more_memory_than_a_good_file(stack: Folder) -> None:
    said = refused(stack, BOMB)
    assert said.err.startswith("error[yaml-alias-bomb]: aliases repeat more than a stackfile may hold\n")
    bomb = peak_megabytes(stack)
    stack.write("stack.yaml", f"{BASE}streams: {{orders: {{}}}}\n")
    assert bomb - peak_megabytes(stack) < 50


def test_two_resources_of_one_name_are_found_by_the_plan(stack: Folder) -> None:
    stack.write("stack.yaml", f"{BASE}streams:\n  a: {{name: x}}\n  b: {{name: x}}\n")
    said = stack("plan")
    assert (said.code, said.out, list(stack.files())) == (1, "", ["stack.yaml"])
    assert said.err == (
        'error[name-taken]: streams.b: cannot create stream "x" in local: streams.a gets that name too\n'
        "  --> stack.yaml:6:3\n"
        "   |\n"
        " 6 |   b: {name: x}\n"
        "   |   ^\n"
        "   |\n"
        "  Give one of the two another name; `name:` says it.\n"
    )


def test_a_stackfile_that_is_not_there_or_is_a_folder_is_told(stack: Folder) -> None:
    for arguments, expected in (
        (["plan"], "error[stackfile-missing]: there is no stack.yaml here\n"),
        (["-f", "shop.yaml", "plan"], "error[stackfile-missing]: there is no shop.yaml here\n"),
        (["-f", ".", "plan"], "error[stackfile-missing]: . is a folder\n  Try: -C .\n"),
    ):
        said = stack(*arguments)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(expected)
    assert stack.files() == {}
