"""Rules of the house that a machine can check: sizes, names, docstrings, and nothing of one machine in the project."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 350
LONGEST_FUNCTION = 60
BANNED_NAMES = {"base", "common", "helper", "helpers", "misc", "manager", "util", "utils"}
# Written so that this file does not hold what it looks for.
OF_ONE_MACHINE = re.compile("|".join(["/" + "work/", "/" + "root/", "/" + "tmp/dev", "/" + r"home/\w"]))


def project_files(*endings: str) -> list[Path]:
    """Files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in listed.split("\0") if name.endswith(endings))
    return sorted(file for file in files if file.is_file())


def python_files() -> list[Path]:
    return project_files(".py")


def shipped_files() -> list[Path]:
    return [file for file in python_files() if file.relative_to(ROOT).parts[0] in ("stackfile", "providers")]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    hidden = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring is not None else 0
    return (function.end_lineno or 0) - function.lineno + 1 - hidden


def test_no_file_is_too_long() -> None:
    lines = {name_of(file): len(file.read_text().splitlines()) for file in python_files()}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{name_of(file)}:{node.lineno} {node.name}": length(node)
        for file in python_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_every_shipped_file_says_why_it_exists_in_one_to_five_lines() -> None:
    said = {name_of(file): ast.get_docstring(ast.parse(file.read_text())) for file in shipped_files()}
    assert [name for name, docstring in said.items() if not docstring] == []


def test_no_module_is_named_for_what_it_is_not() -> None:
    parts = {name_of(file): set(file.relative_to(ROOT).with_suffix("").parts) for file in python_files()}
    assert [name for name, names in parts.items() if names & BANNED_NAMES] == []


def test_test_files_have_names_of_their_own() -> None:
    names = [file.name for file in python_files() if file.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_nothing_in_the_project_is_a_link() -> None:
    command = ["git", "ls-files", "--stage"]
    staged = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in staged if line.startswith("120000")] == []


def test_nothing_of_one_machine_is_in_the_project() -> None:
    found = {
        f"{name_of(file)}:{number}"
        for file in project_files("")
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    }
    assert found == set()


@pytest.mark.parametrize("folder", ["stackfile", "providers/stackfile_local", "providers/stackfile_streamkap"])
def test_packages_are_packages(folder: str) -> None:
    """A folder without an `__init__.py` would be left out of the floors' check."""
    folders = {file.parent for file in shipped_files() if folder in name_of(file)}
    assert [name_of(one) for one in folders if not (one / "__init__.py").exists()] == []
