"""Windows, groups and ids of a run that is killed at any instant and run again: every event counts once."""

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

from tests.crash.test_engine_crash import EFFECTS
from tests.crash.window_flow import declare, found, run, run_in_small_batches, wanted

FEW = 400
MANY = 20_000
PLACES = 20
ROUNDS = 10


def run_and_die(base: Path, at: int) -> bool:
    """Runs in a forked process that is killed right before effect number `at`; whether it came to that."""
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
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the process ends with it
            sys.setprofile(count)
            run_in_small_batches(base)
            sys.setprofile(None)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("windows") / "few"
    declare(base, FEW)
    return base


def test_a_run_that_is_not_killed_gives_what_is_wanted(declared: Path, tmp_path: Path) -> None:
    base = shutil.copytree(declared, tmp_path / "base")
    assert not run_and_die(base, -1)
    assert found(base) == [wanted(FEW)] * 2


def test_a_kill_right_before_an_effect_counts_every_event_once(declared: Path, tmp_path: Path) -> None:
    killed = 0
    for at in sorted(random.Random(11).sample(range(1500), PLACES)):
        base = shutil.copytree(declared, tmp_path / str(at))
        killed += run_and_die(base, at)
        run_in_small_batches(base)
        assert found(base) == [wanted(FEW)] * 2, f"killed before effect {at}"
        shutil.rmtree(base)
    assert killed > PLACES // 2


def test_kills_during_one_run_after_another_count_every_event_once(declared: Path, tmp_path: Path) -> None:
    for seed in range(6):
        chance = random.Random(seed)
        base = shutil.copytree(declared, tmp_path / str(seed))
        for _ in range(5):
            run_and_die(base, chance.randrange(20, 400))
        run_in_small_batches(base)
        assert found(base) == [wanted(FEW)] * 2, f"seed {seed}"


def test_kill_9_of_a_real_process_counts_every_event_once(tmp_path: Path) -> None:
    base = tmp_path / "base"
    declare(base, MANY)
    chance = random.Random(2014)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.crash.window_flow", str(base)]
    killed = 0
    for _ in range(ROUNDS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(5)):
                process.stdout.readline()
            try:
                process.wait(timeout=chance.uniform(0, 0.15))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    assert killed > ROUNDS // 2
    run(base)
    assert found(base) == [wanted(MANY)] * 2
