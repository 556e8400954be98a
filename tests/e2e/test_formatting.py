"""stack fmt over files and folders."""

from __future__ import annotations

import stat
import subprocess

from tests.e2e.shell import LONGEST, STACK, Folder

UNTIDY = "name: x   # ours\nversion: 1\n"
TIDY = "version: 1\nname: x  # ours\n"


def test_the_starter_needs_no_formatting(stack: Folder) -> None:
    stack.done("init")
    assert stack("fmt", "--check").told() == ""


def test_a_file_is_formatted_once_and_named(stack: Folder) -> None:
    file = stack.write("stack.yaml", UNTIDY)
    file.chmod(0o640)
    assert stack("fmt", "--check").told() == "stack.yaml\n--- exit 2\n"
    assert stack.read("stack.yaml") == UNTIDY
    assert stack("fmt").told() == "stack.yaml\n"
    assert stack.read("stack.yaml") == TIDY
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert stack("fmt").told() == ""
    assert sorted(stack.files()) == ["stack.yaml"]


def test_the_difference_is_shown(stack: Folder) -> None:
    stack.write("stack.yaml", UNTIDY)
    assert stack("fmt", "--check", "--diff").told() == (
        "--- stack.yaml\n+++ stack.yaml\n@@ -1,2 +1,2 @@\n"
        "-name: x   # ours\n version: 1\n+name: x  # ours\n--- exit 2\n"
    )


def test_what_a_stackfile_includes_is_formatted_too(stack: Folder) -> None:
    stack.write("a/stack.yaml", "version: 1\nname: x\ninclude: [teams/*.yaml]\n")
    stack.write("a/teams/one.yaml", "streams:\n    s: {}\n")
    stack.write("b/stack.yaml", UNTIDY)
    stack.write("b/other.yaml", "b:\n    c: 1\n")
    stack.write(".cache/stack.yaml", UNTIDY)
    assert stack("fmt", ".").told() == "a/teams/one.yaml\nb/stack.yaml\n"
    assert stack("fmt", "-C", "a", "--check").told() == ""
    assert stack("fmt", ".", "--json").json == {
        "files": [
            {"file": "a/stack.yaml", "changed": False},
            {"file": "a/teams/one.yaml", "changed": False},
            {"file": "b/stack.yaml", "changed": False},
        ],
        "written": False,
    }


def test_a_file_with_a_mistake_is_told_and_left_and_the_others_are_formatted(stack: Folder) -> None:
    stack.write("a.yaml", "name: x\nname: y\n")
    stack.write("b.yaml", UNTIDY)
    stack.write("c.yaml", "version: 1\n? name\n: x\n")
    said = stack("fmt", "a.yaml", "b.yaml", "c.yaml")
    assert (said.code, said.out) == (1, "b.yaml\n")
    assert "error[key-duplicate]: `name` is there twice\n  --> a.yaml:2:1\n" in said.err
    assert said.err.endswith(
        "error[fmt-unsafe]: c.yaml stays as it is: a key stands behind ?\n"
        "  Write that part in a plainer way, then give the same command again.\n"
    )
    assert stack.read("a.yaml") == "name: x\nname: y\n"


def test_from_stdin_to_stdout(stack: Folder) -> None:
    def through(text: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = [str(STACK), "fmt", "-", *more]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=LONGEST, check=False)

    assert through(UNTIDY).stdout == TIDY
    assert (through(UNTIDY, "--check").returncode, through(TIDY, "--check").returncode) == (2, 0)
    assert through("a: [").returncode == 1


def test_a_path_that_leads_nowhere(stack: Folder) -> None:
    (stack.path / "empty").mkdir()
    assert stack("fmt", "nowhere.yaml").err.startswith("error[stackfile-missing]: there is no nowhere.yaml here\n")
    assert stack("fmt", "empty").err.startswith("error[stackfile-missing]: there is no stack.yaml in empty\n")
