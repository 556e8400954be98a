from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from stackfile.cli.options import Options, global_options, options_of


def parsed(arguments: Sequence[str]) -> Options:
    """What `stack ARGUMENTS` would hand to the command `probe`, which has a group above it."""
    seen: list[Options] = []

    def probe() -> None:
        seen.append(options_of(click.get_current_context()))

    shared = click.Command("probe", callback=lambda **_: probe(), params=list(global_options()))
    group = click.Group("stack", commands={"probe": shared}, params=list(global_options()))
    group.main(list(arguments), standalone_mode=False)
    return seen[0]


@pytest.mark.parametrize(
    ("sentence", "arguments", "options"),
    [
        ("nothing said", "probe", Options()),
        ("before the command", "-f a.yaml --env prod --json probe", Options(Path("a.yaml"), env="prod", json=True)),
        ("after the command", "probe -f a.yaml --env prod --json", Options(Path("a.yaml"), env="prod", json=True)),
        ("the later one counts", "--env dev -f a.yaml probe --env prod", Options(Path("a.yaml"), env="prod")),
        ("lists add up", "--var a=1 probe --var b=2", Options(variables=(("a", "1"), ("b", "2")))),
        ("a value may hold =", "probe --var a=b=c", Options(variables=(("a", "b=c"),))),
        ("a value may be empty", "probe --var a=", Options(variables=(("a", ""),))),
        ("files add up", "--var-file a probe --var-file b", Options(var_files=(Path("a"), Path("b")))),
        ("verbosity adds up", "-v probe -vv", Options(verbose=3)),
        ("no colour, no questions", "--no-color probe --no-input", Options(colour=False, ask=False)),
        ("another folder", "-C / probe", Options(folder=Path("/"))),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value and not value.startswith("-") else "",
)
def test_global_options_stand_before_and_after_the_command(sentence: str, arguments: str, options: Options) -> None:
    assert parsed(arguments.split()) == options


@pytest.mark.parametrize("text", ["tables", "=x", "a b=x", "1a=x", ""])
def test_an_assignment_that_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        parsed(["probe", "--var", text])
    assert refused.value.format_message() == (
        "Invalid value for '--var': write it as name=value, for example --var region=eu"
    )


def test_the_environment_comes_from_stack_env_unless_an_option_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_ENV", "dev")
    assert parsed(["probe"]).env == "dev"
    assert parsed(["--env", "prod", "probe"]).env == "prod"
    monkeypatch.setenv("STACK_ENV", "")
    assert parsed(["probe"]).env is None


@pytest.mark.parametrize(
    ("name", "value", "colour"),
    [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False), ("TERM", "xterm", True)],
)
def test_the_environment_may_forbid_colour(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, colour: bool
) -> None:
    monkeypatch.setenv(name, value)
    assert parsed(["probe"]).colour is colour


def test_colour_needs_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert Options().coloured(Terminal())
    assert not Options().coloured(io.StringIO())
    assert not Options(colour=False).coloured(Terminal())


def test_nobody_is_asked_without_a_terminal() -> None:
    assert not Options().can_ask


def test_data_and_talk_go_apart_each_with_one_newline(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options()
    options.put("data")
    options.put("more\n")
    options.say("talk")
    assert capsys.readouterr() == ("data\nmore\n", "talk\n")


def test_secrets_are_in_neither(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options()
    options.redactor.add(["hunter2hunter2"])
    options.put("the password is hunter2hunter2")
    options.say("not hunter2hunter2, surely")
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    assert out.startswith("the password is ")
