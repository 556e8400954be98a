"""A real `stack` of 200 resources, killed at random moments, some of them twice: the next run makes it good.

STACKFILE_KILLS says how many moments; each has its own seed.
"""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass

import pytest

from tests.crash.killable import GUARDS, RESOURCES, Place, Version

MOMENTS = int(os.environ.get("STACKFILE_KILLS", "8"))
APPLY = ("apply", "--yes")
BEGUN = Version()


@dataclass(frozen=True)
class Turn:
    """What a run is asked to do, `stages` in all, and what there is before it and after it."""

    before: Version | None
    after: Version
    stages: int
    command: tuple[str, ...] = APPLY
    objects: int = RESOURCES


TURNS = (
    Turn(None, BEGUN, 200),
    Turn(BEGUN, Version(retention="30d", minimum=50), 150),
    Turn(BEGUN, Version(partitions=1), 398, (*APPLY, *GUARDS)),
    Turn(BEGUN, Version(first=60), 259, (*APPLY, *GUARDS)),
    Turn(BEGUN, BEGUN, 200, ("destroy", "--yes", *GUARDS), 0),
)
"""Create, update, replace with all that holds what is replaced, some go and others come, destroy."""


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_killed_run_is_made_good_by_the_next(moment: int, place: Place) -> None:
    chance, turn = random.Random(moment), TURNS[moment % len(TURNS)]
    if turn.before is not None:
        place.write(turn.before)
        place.succeed(*APPLY)
    place.write(turn.after)
    at = chance.randint(0, turn.stages)
    code, said = killed_at(place, turn, at)
    assert code == -signal.SIGKILL or at > turn.stages - 100, said
    if chance.random() < 0.4:
        killed_at(place, turn, chance.randint(0, 10))
    place.succeed(*turn.command)
    place.expect_whole(turn.objects)
    if turn.objects:
        said = place.succeed("plan", "--detailed-exitcode")
        assert said.splitlines()[-1] == f"No changes. {RESOURCES} resources match the stackfile."


def killed_at(place: Place, turn: Turn, ended: int) -> tuple[int, str]:
    """How a run ends that is killed when so many stages have ended, or soon after."""
    with place.start(*turn.command) as run:
        run.until("Lock taken")
        run.until("  done  ", ended)
        run.signal(signal.SIGKILL)
        return run.end()
