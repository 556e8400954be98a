from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.cli.options import Options
from stackfile.cli.proposing import complete, completed
from stackfile.errors import Diagnostic

PROD = Options(env="prod")
PROPOSED = {
    "nothing was said on the command line": (Options(), "plan anew: stack plan", "plan anew: stack plan"),
    "an environment": (PROD, "Plan again: stack plan", "Plan again: stack plan --env prod"),
    "a command with an argument": (
        PROD,
        "or: stack lock break 7k2",
        "or: stack lock break --env prod 7k2",
    ),
    "two commands": (PROD, "stack plan, stack apply", "stack plan --env prod, stack apply --env prod"),
    "all there is": (
        Options(Path("b.yaml"), Path("a b"), "prod", (("k", "secret"),), (Path("v.yaml"),)),
        "stack apply --yes",
        "stack apply -C 'a b' -f b.yaml --env prod --var-file v.yaml --var k=... --yes",
    ),
    "variables, where the state alone is looked at": (
        Options(env="prod", variables=(("k", "secret"),), var_files=(Path("v.yaml"),)),
        "stack state list",
        "stack state list --env prod",
    ),
    "a command that says it already": (PROD, "stack apply --env prod --yes", "stack apply --env prod --yes"),
    "a command that says a part of it": (
        Options(file=Path("b.yaml"), env="prod"),
        "stack apply p.json -f b.yaml",
        "stack apply --env prod p.json -f b.yaml",
    ),
    "what somebody typed": (PROD, "by ci, `stack apply`, since 3:00", "by ci, `stack apply`, since 3:00"),
    "commands about no stack": (
        PROD,
        "stack explain, stack --help",
        "stack explain, stack --help",
    ),
    "other words": (PROD, "stack planner and my.stack plan", "stack planner and my.stack plan"),
}


@pytest.mark.parametrize(("options", "text", "expected"), PROPOSED.values(), ids=PROPOSED)
def test_commands_in_a_text_name_the_stack_and_the_environment(options: Options, text: str, expected: str) -> None:
    assert complete(options, text) == expected


def test_only_the_help_of_a_diagnostic_proposes() -> None:
    one = Diagnostic("code", "stack plan said no", help=("Try: stack plan",))
    assert completed(PROD, [one]) == [Diagnostic("code", "stack plan said no", help=("Try: stack plan --env prod",))]
