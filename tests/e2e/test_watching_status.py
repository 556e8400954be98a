"""`stack status --watch` and `stack engine top`: redrawn on a terminal, block by block on a pipe, until Ctrl-C."""

from __future__ import annotations

import signal

import pytest

from stackfile.report.screen import ENTER, LEAVE
from tests.e2e.shell import Folder, plain, steady

ENGINE = ".stack/default/engine"
LARGE = """\
LOCAL PIPELINE   STATE  READ  WRITTEN  LAG  ERRORS
pipelines.large  idle      3        2  0         0

1 shown: 1 well. Read at TIME UTC.
"""
AGAIN = """\
LOCAL PIPELINE   STATE  READ  WRITTEN  LAG  EVENTS/S  ERRORS
pipelines.large  idle      3        2  0           0       0

1 shown: 1 well. Read at TIME UTC.
"""


def test_a_terminal_is_drawn_over_until_ctrl_c_and_keeps_the_last_look(running: Folder) -> None:
    again = ("Ctrl-C ends.", "")
    said = running.dialogue(
        "status", "--watch=0.1", "pipelines.*", answers=[again, again, ("Ctrl-C ends.", signal.SIGINT)]
    )
    assert said.code == 0
    before, entered, drawn = said.out.partition(ENTER)
    assert (before, entered) == ("", ENTER)
    frames, left, after = drawn.partition(LEAVE)
    assert (frames.count("\x1b[H") >= 3, left) == (True, LEAVE)
    assert LEAVE not in after
    assert steady(after) == AGAIN


def test_a_pipe_gets_a_block_for_each_look(running: Folder) -> None:
    assert steady(running.done("status", "--watch=0.1", "--times", "2", "pipelines.*").out) == f"{LARGE}\n{AGAIN}\n"
    assert steady(running.done("status", "pipelines.*").out) == LARGE


def test_the_last_look_decides_the_exit_and_json_is_a_line_a_look(running: Folder) -> None:
    (running.path / "orders.ndjson").unlink()
    running("run", "--until-idle")
    said = running("status", "--watch=0.1", "-n", "2", "--json", "sources.*")
    assert said.code == 2
    assert [(line["well"], line["resources"][0]["state"]) for line in said.lines] == [(False, "failed")] * 2


def test_an_engine_is_watched_without_a_stackfile_also_while_another_process_runs_it(running: Folder) -> None:
    top = ("engine", "top", "--data", ENGINE, "--times", "1", "--json")
    (running.path / "stack.yaml").rename(running.path / "elsewhere.yaml")
    before = running.files(but=(ENGINE,))
    (found,) = running.done(*top).lines
    named = [(row["kind"], row["address"], row["state"]) for row in found["resources"]]
    assert named == [
        ("local source", "orders", "idle"),
        ("local destination", "file", "idle"),
        ("local pipeline", "large", "idle"),
        ("local stream", "large", "ready"),
        ("local stream", "orders", "ready"),
    ]
    assert running.files(but=(ENGINE,)) == before
    run = running.start("run", "-f", "elsewhere.yaml")
    try:
        assert run.stderr is not None
        assert "Running until Ctrl-C" in run.stderr.readline()
        states = {"idle"}
        while "idle" in states:
            states = {row["state"] for row in running.done(*top).json["resources"] if row["kind"] != "local stream"}
        assert states == {"running"}
    finally:
        run.send_signal(signal.SIGINT)
        run.communicate()
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["engine", "top", "--data", "nowhere"], 1, "error[engine-missing]: there is no engine in nowhere\n"),
        (["engine", "top", "--data", "a", "--url", "http://b"], 64, "--data is a folder"),
        (["status", "--times", "3"], 64, "--times is of --watch"),
        (["status", "--watch=soon"], 64, "Invalid value for '--watch'"),
        (["status", "--watch", "pipelines.none"], 1, "error[address-unknown]: the state holds no pipelines.none"),
    ],
)
def test_what_cannot_be_watched_is_told(running: Folder, arguments: list[str], code: int, says: str) -> None:
    said = running(*arguments)
    assert (said.code, says in plain(said.err)) == (code, True), said
    assert not (running.path / "nowhere").exists()
