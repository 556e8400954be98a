"""A run that is killed at any instant and run again gives every event once, to every kind of output."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.crash.dying import killed_at_random, killed_before
from tests.crash.engine_flow import declare, found, run, run_in_small_batches, wanted

FEW = 400
MANY = 60_000
PLACES = 30
ROUNDS = 12


def run_and_die(base: Path, at: int) -> int:
    return killed_before(at, lambda: run_in_small_batches(base))


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
    killed = killed_at_random("tests.crash.engine_flow", base, ROUNDS, 8, random.Random(2013))
    assert killed, "every run had ended before it was to be killed"
    run(base)
    assert found(base) == wanted(MANY)
