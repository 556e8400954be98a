"""What a new object gets once where the file says nothing: it is owned only while somebody was stopped before that."""

from __future__ import annotations

import pytest

from tests.unit.plan.world import World

NOTHING = "nothing"
STARTED = "~ pipelines.p\n    status: created -> running"
CASES = {
    "it never began": ("pipelines: {p: {}}", "created", STARTED),
    "it runs": ("pipelines: {p: {}}", "running", NOTHING),
    "somebody stopped it": ("pipelines: {p: {}}", "stopped", NOTHING),
    "the file says so": ("pipelines: {p: {status: running}}", "created", STARTED),
    "the file says otherwise": ("pipelines: {p: {status: created}}", "created", NOTHING),
}


@pytest.mark.parametrize(("text", "live", "expected"), CASES.values(), ids=CASES)
def test_an_object_that_was_made_and_not_begun_is_begun(text: str, live: str, expected: str) -> None:
    world = World.applied("pipelines: {p: {}}")
    world.drift("pipelines.p", status=live)
    assert world.plan(text) == expected


def test_once_begun_it_is_nobodys() -> None:
    world = World.applied("pipelines: {p: {status: running}}")
    assert world.plan("pipelines: {p: {}}") == NOTHING
    world.drift("pipelines.p", status="stopped")
    assert world.plan("pipelines: {p: {}}") == NOTHING


def test_a_change_says_so_though_the_file_does_not() -> None:
    world = World.applied("pipelines: {p: {}}")
    world.drift("pipelines.p", status="created")
    [change] = world.make_plan("pipelines: {p: {}}").changes
    assert change.desired is not None
    assert (change.desired["status"], change.applied["status"]) == ("running", "running")
