"""What a command may import before it has to: start-up time, counted in modules."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

REPORT = """
import json, sys
before = set(sys.modules)
sys.argv = ["stack", *sys.argv[1:]]
from stackfile.cli.main import run
try:
    run()
except SystemExit:
    pass
json.dump(sorted(set(sys.modules) - before), sys.stderr)
"""
HEAVY = {"asyncio", "deepdiff", "httpx", "jinja2", "msgspec", "pydantic", "rich", "ssl", "yaml"}


def imported(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules it imports."""
    command = [sys.executable, "-c", REPORT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, set(json.loads(done.stderr))


@pytest.mark.parametrize("spelling", ["--version", "version"])
def test_the_version_costs_no_import_but_its_own_file(spelling: str) -> None:
    printed, modules = imported(spelling)
    assert printed == "stackfile 0.1.0\n"
    assert modules - {"__future__", "gc", "json"} == {"stackfile", "stackfile.cli", "stackfile.cli.main"}


@pytest.mark.parametrize("arguments", [("--help",), ("state", "--help"), ("completion", "bash"), ("version", "--json")])
def test_commands_that_need_no_stack_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    _, modules = imported(*arguments)
    assert modules & HEAVY == set()


def test_help_imports_no_command() -> None:
    _, modules = imported("--help")
    shell = {"command", "commands", "edge", "exit_codes", "group", "main", "options"}
    assert {name for name in modules if name.startswith("stackfile.cli.")} <= {
        f"stackfile.cli.{name}" for name in shell
    }
