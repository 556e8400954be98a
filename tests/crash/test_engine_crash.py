"""A run that is killed at any instant and run again gives every event once, to every kind of output."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.crash.engine_flow import declare, found, run, run_in_small_batches, wanted

EFFECTS = frozenset(("execute", "executemany", "executescript", "fsync", "pwrite", "ftruncate", "open", "link"))
"""Calls out of Python that can leave something behind. Between two of them nothing lasting happens."""

FEW = 400
MANY = 60_000
PLACES = 30
ROUNDS = 12


def run_and_die(base: Path, at: int) -> int:
    """Runs in a forked process that is killed right before effect number `at`. Returns how many effects there were
    when it was not killed, else 0."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0

        def count(frame: FrameType, event: str, call: Any) -> None:
            nonlocal seen
            if event == "c_call" and call.__name__ in EFFECTS:
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                seen += 1

        try:
            sys.setprofile(count)
            run_in_small_batches(base)
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


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("engine") / "few"
    declare(base, FEW)
    return base


def test_a_run_that_is_not_killed_gives_what_is_wanted(declared: Path, tmp_path: Path) -> None:
    base = shutil.copytree(declared, tmp_path / "base")
    assert run_and_die(base, -1) > PLACES
    assert found(base) == wanted(FEW)


def test_a_kill_right_before_an_effect_loses_nothing_and_doubles_nothing(declared: Path, tmp_path: Path) -> None:
    effects = run_and_die(shutil.copytree(declared, tmp_path / "counted"), -1)
    expected = wanted(FEW)
    for at in sorted(random.Random(7).sample(range(effects), PLACES)):
        base = shutil.copytree(declared, tmp_path / str(at))
        assert run_and_die(base, at) == 0
        run_in_small_batches(base)
        assert found(base) == expected, f"killed before effect {at} of {effects}"
        shutil.rmtree(base)


def test_kills_during_one_run_after_another_lose_nothing_and_double_nothing(declared: Path, tmp_path: Path) -> None:
    expected = wanted(FEW)
    for seed in range(10):
        chance = random.Random(seed)
        base = shutil.copytree(declared, tmp_path / str(seed))
        for _ in range(5):
            run_and_die(base, chance.randrange(20, 400))
        run_in_small_batches(base)
        assert found(base) == expected, f"seed {seed}"


def test_kill_9_of_a_real_process_at_random_moments(tmp_path: Path) -> None:
    base = tmp_path / "base"
    declare(base, MANY)
    chance = random.Random(2013)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.crash.engine_flow", str(base)]
    killed = 0
    for _ in range(ROUNDS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(8)):
                process.stdout.readline()
            try:
                process.wait(timeout=chance.uniform(0, 0.15))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    assert killed > ROUNDS // 2
    run(base)
    assert found(base) == wanted(MANY)
