"""Updates whose answer never comes: what became of them is looked at, and the next apply mends what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackfile.plan.plan import Action, Reason
from stackfile.testing.simulator import Fault
from tests.unit.stackfile_redpanda_connect.engine_room import NEVER, SLOWER, Room, config, streams

RUNS = streams(a=config())
WISH = streams(a=config(SLOWER))
GAP = "the object is gone: it was stopped for the update, and nothing ran in its place since"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def puts(room: Room) -> list[str]:
    return [call for call in room.calls if call == "PUT /streams/a"]


def test_one_that_was_made_is_recorded_after_a_look_and_sent_once(room: Room) -> None:
    room.apply(RUNS)
    room.service.faults.order("PUT /streams/a", Fault.LOST)
    assert "Apply complete!" in room.attempt(WISH)
    assert room.engine.starts == {"a": 2}
    assert room.plan(WISH).empty


def test_an_engine_that_dies_meanwhile_is_told_and_the_next_apply_makes_all_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.apply(RUNS)
    update = room.engine.update

    async def dies(id: str, *args: Any) -> None:
        if id != "a":
            return await update(id, *args)
        room.engine.restart()
        raise ConnectionResetError

    monkeypatch.setattr(room.engine, "update", dies)
    said = room.attempt(WISH)
    assert GAP in said
    [change] = room.plan(WISH).changes
    assert (change.action, change.reason) == (Action.CREATE, Reason.LOST)
    room.apply(WISH)
    assert room.plan(WISH).empty


def test_one_that_failed_unheard_is_made_anew_by_the_next_apply(room: Room) -> None:
    room.apply(RUNS)
    room.service.faults.order("PUT /streams/a", Fault.LOST)
    said = room.attempt(streams(a=config(NEVER)))
    assert GAP in said
    assert puts(room) == ["PUT /streams/a"]
    [change] = room.plan(WISH).changes
    assert (change.action, change.reason) == (Action.CREATE, Reason.LOST)
    room.apply(WISH)
    assert room.plan(WISH).empty


def test_an_old_stream_that_was_put_back_unheard_is_found_running(room: Room) -> None:
    room.apply(RUNS)
    room.service.faults.order("POST /streams/a", Fault.LOST)
    said = room.attempt(streams(a=config(NEVER)))
    assert "the old stream was started again and runs as before" in said
    assert room.plan(RUNS).empty
