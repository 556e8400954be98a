"""Runs of the engine that are killed: right before a chosen effect, or a real process at any moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

EFFECTS = frozenset(("execute", "executemany", "executescript", "fsync", "pwrite", "ftruncate", "open", "link"))
"""Calls out of Python that can leave something behind. Between two of them nothing lasting happens."""


def killed_before(at: int, work: Callable[[], None], effects: frozenset[str] = EFFECTS) -> int:
    """Works in a forked process that is killed right before effect number `at`. Returns how many effects there were
    when it was not killed, else 0."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0

        def count(frame: FrameType, event: str, call: Any) -> None:
            nonlocal seen
            if event == "c_call" and call.__name__ in effects:
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        try:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the process ends with it
            sys.setprofile(count)
            work()
            sys.setprofile(None)
            os.write(write, str(seen).encode())
        finally:
            os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read) as told:
        text = told.read()
    assert os.WIFSIGNALED(status) == (text == ""), "the run failed by itself"
    return int(text or 0)


def killed_at_random(module: str, base: Path, rounds: int, lines: int, chance: random.Random) -> int:
    """Starts a module on `base` again and again, and kills the process a moment after up to so many lines of it.
    Returns how often it was killed before its end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    killed = 0
    for _ in range(rounds):
        command = [sys.executable, "-m", module, str(base)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(lines)):
                process.stdout.readline()
            try:
                process.wait(timeout=chance.uniform(0, 0.15))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    return killed
