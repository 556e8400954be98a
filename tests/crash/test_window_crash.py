"""Windows, groups and ids of a run that is killed at any instant and run again: every event counts once."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.crash.dying import killed_at_random, killed_before
from tests.crash.window_flow import declare, found, run, run_in_small_batches, wanted

FEW = 400
MANY = 20_000
PLACES = 20
ROUNDS = 10


def run_and_die(base: Path, at: int) -> int:
    return killed_before(at, lambda: run_in_small_batches(base))


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("windows") / "few"
    declare(base, FEW)
    return base


def test_a_run_that_is_not_killed_gives_what_is_wanted(declared: Path, tmp_path: Path) -> None:
    base = shutil.copytree(declared, tmp_path / "base")
    assert run_and_die(base, -1) > PLACES
    assert found(base) == [wanted(FEW)] * 2


def test_a_kill_right_before_an_effect_counts_every_event_once(declared: Path, tmp_path: Path) -> None:
    killed = 0
    for at in sorted(random.Random(11).sample(range(1500), PLACES)):
        base = shutil.copytree(declared, tmp_path / str(at))
        killed += run_and_die(base, at) == 0
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
    killed = killed_at_random("tests.crash.window_flow", base, ROUNDS, 5, random.Random(2014))
    assert killed, "every run had ended before it was to be killed"
    run(base)
    assert found(base) == [wanted(MANY)] * 2
