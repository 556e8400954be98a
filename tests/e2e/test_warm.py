"""Commands of tests are forks of a process with its modules loaded, and say what the installed program says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e import warmed
from tests.e2e.shell import LONGEST, STACK, Folder, Said, steady, surroundings


def alone(folder: Path, *arguments: str) -> Said:
    """What the program says that is started for this alone."""
    command = [str(STACK), *arguments]
    done = subprocess.run(command, cwd=folder, env=surroundings(), capture_output=True, text=True, check=False)
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    "command",
    ["plan --detailed-exitcode", "validate --json", "apply", "nothing", "explain cycle", "status", "--version"],
)
def test_a_command_says_what_it_says_in_a_process_of_its_own(shop: Folder, command: str) -> None:
    assert shop(*command.split()).told() == alone(shop.path, *command.split()).told()


def test_a_shell_is_given_the_same(shop: Folder) -> None:
    env = surroundings()
    env["PATH"] = f"{warmed.program()}:{env['PATH']}"
    asked = ["bash", "-c", "stack plan --detailed-exitcode; echo $?; stack apply | cat"]
    done = subprocess.run(asked, cwd=shop.path, env=env, capture_output=True, text=True, check=False, timeout=LONGEST)
    apply = shop("apply")
    assert steady(done.stdout) == steady(f"{shop('plan').out}2\n{apply.out}")
    assert done.stderr == apply.err


def test_whoever_leaves_has_the_command_killed(shop: Folder) -> None:
    shop.done("apply", "--yes")
    env = surroundings()
    env["PATH"] = f"{warmed.program()}:{env['PATH']}"
    asked = ["bash", "-c", "echo go; exec stack run"]
    with subprocess.Popen(asked, cwd=shop.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"go\n"
        process.stderr.readline()
        process.kill()
    assert shop("run", "--until-idle").code == 0
