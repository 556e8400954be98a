"""stack init writes what works, and never over what is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackfile.cli.init import stack_name


def stack(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackfile", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_init_writes_a_stackfile_its_data_and_the_line_for_git(tmp_path: Path) -> None:
    done = stack(tmp_path, "init")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "Wrote stack.yaml, orders.ndjson, .stack/ in .gitignore.\n"
        "Next: stack plan, stack apply, stack run --until-idle\n"
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == [".gitignore", "orders.ndjson", "stack.yaml"]
    assert (tmp_path / ".gitignore").read_text() == ".stack/\n"


def test_a_stackfile_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("mine")
    done = stack(tmp_path, "init")
    assert done.returncode == 0
    assert done.stderr == "stack.yaml is there already; nothing to do. Next: stack validate\n"
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("stack.yaml", "mine")]


def test_other_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson").write_text("mine")
    (tmp_path / ".gitignore").write_text("*.log\n.stack/\n")
    assert stack(tmp_path, "init").stderr.startswith("Wrote stack.yaml.\n")
    assert (tmp_path / "orders.ndjson").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "*.log\n.stack/\n"


@pytest.mark.parametrize(("before", "after"), [("*.log", "*.log\n.stack/\n"), ("*.log\n", "*.log\n.stack/\n")])
def test_the_line_for_git_follows_what_is_there(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    stack(tmp_path, "init")
    assert (tmp_path / ".gitignore").read_text() == after


def test_another_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    assert stack(tmp_path, "init", "-f", "teams/a.yaml").returncode == 0
    assert sorted(file.name for file in (tmp_path / "teams").iterdir()) == [".gitignore", "a.yaml", "orders.ndjson"]
    assert not list(tmp_path.glob("*.yaml"))


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    done = stack(tmp_path, "init", "-f", "teams/a.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error[folder-missing]: no folder teams\n  mkdir -p teams\n"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("orders", "orders"), ("My Orders!", "my-orders"), ("2026", "stack-2026"), ("", "stack"), ("été", "t")],
)
def test_the_stack_is_named_after_its_folder(folder: str, name: str) -> None:
    assert stack_name(folder) == name


def test_the_starter_works_as_it_is(tmp_path: Path) -> None:
    for command in ("init", "validate", "apply --yes", "run --until-idle", "plan --detailed-exitcode"):
        done = stack(tmp_path, *command.split())
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "large_orders.ndjson").read_text() == (
        '{"order":1,"customer":"ANA","amount":120}\n{"order":3,"customer":"CLEO","amount":310}\n'
    )
