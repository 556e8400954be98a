"""Commands of variables, as real processes: what they print, and how those end that do not end by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired

import pytest

from stackfile.cli.command_output import LARGEST, command_output

LONG = 60.0
SHORT = 0.3


def test_a_command_runs_in_the_folder_and_what_it_prints_is_had(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush-hush\n")
    assert command_output(["cat", "token"], tmp_path, LONG) == b"hush-hush\n"


def test_what_it_says_on_stderr_is_dropped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert command_output(["sh", "-c", "echo hush >&2; echo out"], tmp_path, LONG) == b"out\n"
    assert capfd.readouterr() == ("", "")


def test_it_gets_no_input(tmp_path: Path) -> None:
    assert command_output(["cat"], tmp_path, LONG) == b""


def test_another_exit_status_than_0_is_told_without_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(CalledProcessError) as caught:
        command_output(["sh", "-c", "echo hush; exit 3"], tmp_path, LONG)
    assert (caught.value.returncode, caught.value.output, caught.value.stderr) == (3, None, None)


def test_a_program_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        command_output(["no-such-program"], tmp_path, LONG)


def test_one_that_prints_for_ever_is_ended_where_it_is_too_much(tmp_path: Path) -> None:
    assert len(command_output(["yes"], tmp_path, LONG)) == LARGEST


HANGS = {
    "the command itself": "exec sleep 1000 > pipe",
    "a child of it": "sleep 1000 > pipe & wait",
    "a child that outlives it and holds its output": "sh -c 'exec 3> pipe; exec sleep 1000' &",
    "a command that has closed its output": "exec 3> pipe; exec sleep 1000 >&-",
}


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, script: str) -> None:
    """The other end of the pipe tells when the last process that has it open is gone: only then does a read end."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(TimeoutExpired) as caught:
            command_output(["sh", "-c", script], tmp_path, SHORT)
        os.set_blocking(reader, True)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)
    assert caught.value.timeout == SHORT
