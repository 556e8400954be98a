"""Variables: which of several sources counts, and what is said where none or a wrong one is there."""

from __future__ import annotations

import pytest

from tests.e2e.shell import Folder

ECHO = """\
version: 1
name: echo
variables:
  region: {type: string, from: {env: REGION}, default: from-default}
  size: {type: int, default: 1, allowed: [1, 2, 3]}
  tables: {type: list, default: [a]}
  token: {type: string, from: {file: token.txt}}
  built: {type: string, from: {command: [echo, by-a-command]}}
outputs:
  region: {value: "{{ var.region }}"}
  size: {value: "{{ var.size }}"}
  tables: {value: "{{ var.tables }}"}
  token: {value: "{{ var.token }}"}
  built: {value: "{{ var.built }}"}
"""

SOURCES: dict[str, tuple[list[str], dict[str, str], str]] = {
    "the default": ([], {}, "from-default"),
    "from, over the default": ([], {"REGION": "from-env"}, "from-env"),
    "STACK_VAR_, over from": ([], {"REGION": "from-env", "STACK_VAR_region": "from-stack-var"}, "from-stack-var"),
    "a file, over STACK_VAR_": (
        ["--var-file", "vars.yaml"],
        {"REGION": "from-env", "STACK_VAR_region": "from-stack-var"},
        "from-file",
    ),
    "the later file, over the earlier": (
        ["--var-file", "vars.yaml", "--var-file", "more.yaml"],
        {},
        "from-the-later-file",
    ),
    "--var, over all": (
        ["--var", "region=from-var", "--var-file", "vars.yaml"],
        {"REGION": "from-env", "STACK_VAR_region": "from-stack-var"},
        "from-var",
    ),
    "the later --var, over the earlier": (["--var", "region=a", "--var", "region=b=c"], {}, "b=c"),
}


@pytest.fixture
def echo(stack: Folder) -> Folder:
    stack.write("stack.yaml", ECHO)
    stack.write("token.txt", "by-a-file\n")
    stack.write("vars.yaml", "region: from-file\n")
    stack.write("more.yaml", "region: from-the-later-file\n")
    return stack


@pytest.mark.parametrize(("arguments", "env", "expected"), SOURCES.values(), ids=SOURCES)
def test_the_nearest_source_counts(echo: Folder, arguments: list[str], env: dict[str, str], expected: str) -> None:
    plan = echo("plan", "--json", *arguments, env=env).json
    assert plan["output_changes"]["region"]["after"] == expected


def test_every_source_gives_the_declared_type(echo: Folder) -> None:
    plan = echo("plan", "--json", "--var", "size=2", env={"STACK_VAR_tables": "[x, y]"}).json
    assert {name: one["after"] for name, one in plan["output_changes"].items()} == {
        "region": "from-default",
        "size": 2,
        "tables": ["x", "y"],
        "token": "by-a-file",
        "built": "by-a-command",
    }


WRONG: dict[str, tuple[list[str], dict[str, str], str]] = {
    "an unknown variable": (["--var", "regin=eu"], {}, "error[variable-unknown]: no variable `regin`"),
    "a value that is not allowed": (["--var", "size=7"], {}, "error[variable-not-allowed]: variables.size: `7` is not"),
    "a value of another type": (
        [],
        {"STACK_VAR_size": "many"},
        "error[type-wrong]: variables.size: the variable takes",
    ),
    "a file that is not there": (["--var-file", "none.yaml"], {}, "error[var-file-missing]: none.yaml: "),
    "a file that is a list": (["--var-file", "list.yaml"], {}, "error[type-wrong]: a file of variables is a map"),
}


@pytest.mark.parametrize(("arguments", "env", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_told(echo: Folder, arguments: list[str], env: dict[str, str], said: str) -> None:
    echo.write("list.yaml", "- region\n")
    got = echo("plan", *arguments, env=env)
    assert (got.code, got.out) == (1, "")
    assert got.err.startswith(said)
    assert "Traceback" not in got.err


def test_a_command_that_fails_is_named_and_what_it_said_is_not(stack: Folder) -> None:
    command = "[sh, -c, 'echo hush-out; echo hush-err >&2; exit 7']"
    stack.write(
        "stack.yaml", f"version: 1\nname: v\nvariables: {{p: {{sensitive: true, from: {{command: {command}}}}}}}\n"
    )
    said = stack("plan", "-vv")
    assert said.code == 1
    assert "variables.p: sh failed with exit status 7" in said.err
    assert "what it said is not shown" in said.err
    assert "hush-err\n" not in said.both
    assert "hush-out\n" not in said.both
