"""The command that a plan proposes is the one that applies this plan, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackfile.cli.options import Options
from stackfile.cli.selecting import command_line, question
from stackfile.plan.wishes import Wishes


@pytest.mark.parametrize(
    ("options", "target", "exclude", "expected"),
    [
        (Options(), (), (), "stack apply"),
        (Options(), ("streams.a",), (), "stack apply --target streams.a"),
        (Options(), (), ("provider:local", "streams.*"), "stack apply --exclude provider:local --exclude 'streams.*'"),
        (Options(), ("streams.clicks[eu]",), (), "stack apply --target 'streams.clicks[eu]'"),
        (Options(folder=Path("shop")), (), (), "stack apply -C shop"),
        (Options(file=Path("my stack.yaml")), (), (), "stack apply -f 'my stack.yaml'"),
        (Options(env="prod"), (), (), "stack apply --env prod"),
        (Options(var_files=(Path("eu.yaml"),)), (), (), "stack apply --var-file eu.yaml"),
        (Options(variables=(("pin", "123"), ("pin", "4"))), (), (), "stack apply --var pin=..."),
    ],
)
def test_the_command_repeats_what_the_plan_was_asked_for(
    options: Options, target: tuple[str, ...], exclude: tuple[str, ...], expected: str
) -> None:
    assert command_line(options, question(target, exclude)) == expected


def test_a_plan_to_destroy_is_applied_by_destroy() -> None:
    asked = question(("streams.a",), (), destroy=True)
    assert command_line(Options(), asked) == "stack destroy --target streams.a"


def test_what_was_asked_for_single_resources_is_repeated() -> None:
    asked = question((), (), wishes=Wishes(("streams.a",), ("sources.*",)))
    assert command_line(Options(), asked) == "stack apply --replace streams.a --resend 'sources.*'"
