"""A saved plan and a resumed run, each killed on the way: what is stale is said, and what is open is made, once."""

from __future__ import annotations

import signal

import pytest

from tests.crash.killable import GUARDS, RESOURCES, Place, Version
from tests.crash.test_apply_kill9 import APPLY, BEGUN, Turn, killed_at

NO_CHANGES = f"No changes. {RESOURCES} resources match the stackfile."


@pytest.mark.parametrize("at", [1, 90])
def test_a_killed_run_is_resumed_without_another_yes(place: Place, at: int) -> None:
    place.write(BEGUN)
    code, _ = killed_at(place, Turn(None, BEGUN, 200), at)
    assert code == -signal.SIGKILL
    code, said = place.run("apply", "--resume")
    assert code == 0, said
    assert " left 200 changes open; " in said
    place.expect_whole(RESOURCES)
    assert place.succeed("plan", "--detailed-exitcode").splitlines()[-1] == NO_CHANGES
    code, said = place.run("apply", "--resume")
    assert (code, said.startswith("Nothing to resume")) == (0, True)


def test_a_resumed_run_is_killed_too_and_resumed_again(place: Place) -> None:
    place.write(BEGUN)
    place.succeed(*APPLY)
    after = Version(partitions=1)
    place.write(after)
    killed_at(place, Turn(BEGUN, after, 398, (*APPLY, *GUARDS)), 120)
    killed_at(place, Turn(BEGUN, after, 398, ("apply", "--resume", *GUARDS)), 30)
    code, said = place.run("apply", "--resume", *GUARDS)
    assert code == 0, said
    place.expect_whole(RESOURCES)
    assert place.succeed("plan", "--detailed-exitcode").splitlines()[-1] == NO_CHANGES


@pytest.mark.parametrize("at", [1, 150])
def test_a_saved_plan_that_was_killed_is_stale_and_a_plain_apply_finishes_it(place: Place, at: int) -> None:
    place.write(BEGUN)
    place.succeed("plan", "--out", "plan.json")
    code, _ = killed_at(place, Turn(None, BEGUN, 200, ("apply", "plan.json")), at)
    assert code == -signal.SIGKILL
    code, said = place.run("apply", "plan.json")
    assert code == 3
    assert "of 200 changes in plan.json no longer hold" in said
    assert "the state moved since the plan; nothing is left to do for it" in said
    place.succeed(*APPLY)
    place.expect_whole(RESOURCES)
    assert place.succeed("plan", "--detailed-exitcode").splitlines()[-1] == NO_CHANGES
