"""The table of commands, and `stack` as somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from stackfile.cli.commands import ROOT, Section
from stackfile.cli.group import root
from stackfile.cli.options import GlobalOption


def every_entry() -> Iterator[tuple[str, ...]]:
    for name, entry in ROOT.items():
        if isinstance(entry, Section):
            yield from ((name, inner) for inner in entry.commands)
        else:
            yield (name,)


def stack(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackfile", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


@pytest.mark.parametrize("words", list(every_entry()), ids=" ".join)
def test_every_command_of_the_table_is_there_and_takes_the_global_options(words: tuple[str, ...]) -> None:
    command: click.Command = root()
    context = click.Context(command, info_name="stack")
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        assert found is not None
        command, context = found, click.Context(found, info_name=word, parent=context)
    assert sum(isinstance(param, GlobalOption) for param in command.params) == 9
    assert command.help


def test_help_lists_every_command_with_what_the_table_says() -> None:
    shown = stack("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert [f"{name} {entry.help}" for name, entry in ROOT.items()] == lines[lines.index("Commands:") + 1 :][
        : len(ROOT)
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            "paln",
            64,
            "error[usage]: no command `stack paln`; did you mean `stack plan`?\n  how it is used: stack --help\n",
        ),
        ("qqq", 64, "error[usage]: no command `stack qqq`\n  how it is used: stack --help\n"),
        (
            "state lits",
            64,
            "error[usage]: no command `stack state lits`; did you mean `stack state list`?\n"
            "  how it is used: stack state --help\n",
        ),
        (
            "version extra",
            64,
            "error[usage]: Got unexpected extra argument (extra)\n  how it is used: stack version --help\n",
        ),
        (
            "-C nowhere version",
            64,
            "error[usage]: Invalid value for '-C' / '--chdir': Directory 'nowhere' does not exist.\n"
            "  how it is used: stack --help\n",
        ),
    ],
)
def test_a_wrong_command_line_says_how_to_mend_it(arguments: str, code: int, said: str) -> None:
    done = stack(*arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


def test_no_command_at_all_shows_the_help_and_is_wrong_usage() -> None:
    done = stack()
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == stack("--help").stdout


@pytest.mark.parametrize("arguments", ["--help", "completion bash", "version -v", "paln"])
def test_a_reader_that_left_is_no_fault_to_tell(arguments: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "stackfile", *arguments.split()]
    talk = writer if arguments == "paln" else subprocess.PIPE
    done = subprocess.run(command, check=False, text=True, stdout=writer, stderr=talk)
    os.close(writer)
    assert (done.returncode, done.stderr or "") == (1, "")


def test_the_global_folder_is_where_a_command_works(tmp_path: Path) -> None:
    assert stack("-C", str(tmp_path), "init").returncode == 0
    assert (tmp_path / "stack.yaml").exists()


def test_completion_offers_commands_and_options_without_importing_them() -> None:
    asked = {"_STACK_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    assert stack(COMP_WORDS="stack stat", **asked).stdout == "plain,status\nplain,state\n"
    asked["COMP_CWORD"] = "2"
    assert stack(COMP_WORDS="stack state ", **asked).stdout.startswith("plain,list\nplain,show\nplain,mv\n")
    assert "plain,--var-file\n" in stack(COMP_WORDS="stack version --", **asked).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(shell: str) -> None:
    done = stack("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_STACK_COMPLETE={shell}_complete" in done.stdout


def test_the_version_is_printed_alike_however_it_is_asked_for(tmp_path: Path) -> None:
    asked = [["--version"], ["version"], ["version", "--no-color"], ["-C", str(tmp_path), "--version"]]
    assert {stack(*arguments).stdout for arguments in asked} == {"stackfile 0.1.0\n"}


def test_the_version_says_which_providers_are_installed() -> None:
    assert "\nprovider local, from stackfile 0.1.0\n" in stack("version", "-v").stdout
