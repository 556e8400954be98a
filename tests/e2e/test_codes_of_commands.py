"""Exit codes, and what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.shell import LONGEST, STACK, Folder, steady, surroundings

CODES = {
    "done": (["validate"], 0),
    "an empty plan": (["plan", "--detailed-exitcode"], 0),
    "differences, and nobody asked": (["plan", "--var", "keep=9d"], 0),
    "differences": (["plan", "--var", "keep=9d", "--detailed-exitcode"], 2),
    "a failure": (["output", "nothing"], 1),
    "a refusal": (["destroy", "--yes"], 3),
    "nobody to ask": (["apply", "--var", "keep=9d"], 3),
    "an unknown option": (["plan", "--quick"], 64),
    "an unknown command": (["paln"], 64),
    "a missing argument": (["state", "show"], 64),
    "an address that is none": (["state", "show", "streams"], 64),
    "a variable without a value": (["plan", "--var", "keep"], 64),
    "an unknown permission": (["apply", "--allow", "losses"], 64),
    "a number out of range": (["apply", "--parallelism", "0"], 64),
    "a time that is none": (["apply", "--lock-timeout", "soon"], 64),
    "a folder that is not there": (["-C", "nowhere", "plan"], 64),
    "a sandbox that is not there": (["sandbox", "nothing"], 1),
    "a fault that is none": (["sandbox", "nothing", "--fault", "lots"], 64),
}


@pytest.mark.parametrize(("arguments", "code"), CODES.values(), ids=CODES)
def test_a_command_ends_with_the_code_of_what_happened(running: Folder, arguments: list[str], code: int) -> None:
    said = running(*arguments)
    assert said.code == code, said.both
    assert "Traceback" not in said.both
    if code == 64:
        assert said.out == ""
        assert said.err.startswith("error[usage]: ")
        assert said.err.splitlines()[-1].startswith("  how it is used: stack ")


@contextmanager
def apply_at_its_question(folder: Folder) -> Iterator[subprocess.Popen[bytes]]:
    """An apply that holds the lock and waits for an answer."""
    leader, follower = pty.openpty()
    env = surroundings({"STACK_RUN_URL": "https://ci.example.com/runs/8812"})
    process = subprocess.Popen(
        [STACK, "apply"], cwd=folder.path, env=env, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    try:
        heard = b""
        while b"Only `yes` is a yes" not in heard:
            heard += os.read(leader, 65536)
        yield process
    finally:
        process.kill()
        process.wait()
        os.close(leader)


LOCKED = """\
error[lock-held]: stack shop (default) is locked
  by     ana, `stack apply`, https://ci.example.com/runs/8812
  since  MOMENT, SECONDS; heartbeat SECONDS ago: it is alive
  Wait for it: stack apply --lock-timeout 10m. If its job is surely dead the lease ends by itself
  30 s after the last heartbeat; before that: stack lock break ID
"""


def test_a_lock_that_is_held_stops_others_and_can_be_looked_at_and_broken(shop: Folder) -> None:
    with apply_at_its_question(shop):
        lock = shop("lock", "show", "--json").json
        refused = shop("apply", "--yes")
        assert (refused.code, refused.out) == (75, "")
        # The lease's own times are a part of what is promised; those of this moment are not.
        told = refused.err.replace("  30 s after", "  30_s after")
        assert steady(told.replace(f"break {lock['id']}", "break ID")).replace("30_s", "30 s") == LOCKED
        assert shop("apply", "--yes", "--lock-timeout", "100ms").code == 75
        assert shop("destroy", "--yes").code == 75
        assert shop("recover").code == 75
        assert shop("plan").code == 0
        shown = steady(shop("lock", "show").out).replace(f"Lock {lock['id']}\n", "Lock ID\n")
        assert shown == (
            "Lock ID\n"
            "  by     ana, `stack apply`, https://ci.example.com/runs/8812\n"
            "  since  MOMENT, SECONDS; heartbeat SECONDS ago: it is alive\n"
            "  run    RUN\n"
        )
        other = shop("lock", "break", "zzz")
        assert other.code == 1
        assert other.err.startswith(f"error[lock-other]: stack shop (default) is locked by {lock['id']}, not by zzz\n")
        broken = shop("lock", "break", lock["id"])
        assert (broken.code, broken.out) == (0, "")
        assert broken.err == (
            f"Lock {lock['id']} of ana is broken; that run can write nothing more to the state.\n"
            "What it left half done is cleared up by the next: stack apply\n"
        )
        assert shop("apply", "--yes").code == 0


def test_an_interrupted_run_until_idle_is_130(shop: Folder) -> None:
    shop.write("orders.ndjson", '{"order": 1, "amount": 120}\n' * 400_000)
    shop.done("apply", "--yes")
    process = shop.start("run", "--until-idle", "--json")
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, err) == (130, "")
    assert json.loads(first)["type"] == "run_progress"
    ends = {line["run"]["name"]: line["run"] for line in map(json.loads, rest.splitlines())}
    assert ends["sources.orders"]["read"] < 400_000


def test_what_a_run_cannot_read_fails_it_and_is_named(shop: Folder) -> None:
    shop.done("apply", "--yes")
    (shop.path / "orders.ndjson").unlink()
    said = shop("run", "--until-idle")
    assert (said.code, said.out) == (1, "")
    assert said.err == "error[provider-failed]: source orders: there is no file orders.ndjson\n"


def test_data_is_on_stdout_and_talk_is_on_stderr(running: Folder) -> None:
    for arguments in (["plan"], ["show"], ["output"], ["output", "keep"], ["state", "list"], ["graph"], ["status"]):
        said = running(*arguments)
        assert (said.code, said.err, bool(said.out)) == (0, "", True), arguments
    for arguments in (["recover"], ["init"]):
        said = running(*arguments)
        assert (said.code, said.out, bool(said.err)) == (0, "", True), arguments
    said = running("state", "show", "streams.nothing")
    assert (said.code, said.out, bool(said.err)) == (1, "", True)


def test_v_tells_how_many_requests_were_made(running: Folder) -> None:
    said = running("plan", "-v")
    assert (said.code, said.err) == (0, "requests: local 4\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_a_shell_is_data(stack: Folder, shell: str) -> None:
    said = stack("completion", shell)
    assert (said.code, said.err) == (0, "")
    assert f"_STACK_COMPLETE={shell}_complete" in said.out


def test_bash_completes_what_the_script_asks_for(stack: Folder) -> None:
    script = stack("completion", "bash").out
    words = 'COMP_WORDS=(stack state s); COMP_CWORD=2; COMPREPLY=(); _stack_completion "$0"; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{words}", STACK], env=surroundings(), capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("show\n", 0)


def test_commands_work_from_elsewhere(running: Folder) -> None:
    above = Folder(running.path.parent)
    assert steady(above("-C", "shop", "plan").out) == steady(running("plan").out)
    assert steady(above("plan", "-C", "shop").out) == steady(running("plan").out)
    assert above("-f", "shop/stack.yaml", "validate").out == "shop/stack.yaml is valid: stack shop, 5 resources.\n"
    proposed = above("-C", "shop", "plan", "--var", "keep=9d", "--target", "streams.orders").out.splitlines()[-1]
    assert proposed == "To apply: stack apply -C shop --var keep=... --target streams.orders"
    missing = running("-f", "other.yaml", "plan")
    assert (missing.code, missing.err) == (
        1,
        "error[stackfile-missing]: there is no other.yaml here\n"
        "  Name another one with -f, or begin with: stack init\n",
    )


def test_looking_at_the_state_needs_no_variables_and_no_stackfile_without_mistakes(running: Folder) -> None:
    running.replace("keep: {default: 7d}", "keep: {type: string, sensitive: true}")
    assert running("plan").code == 1
    for arguments in (["show"], ["output"], ["state", "list"], ["state", "show", "streams.orders"], ["lock", "show"]):
        assert running(*arguments).code == 0, arguments
