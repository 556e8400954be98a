"""Waiting until an object does its work: on a clock that passes only while somebody sleeps."""

from __future__ import annotations

import asyncio

import pytest

from stackfile.address import Address
from stackfile.engine.brake import Brake
from stackfile.engine.waiting import NotReady, Patience
from stackfile.errors import Unreachable
from stackfile.events import Event, StageWaiting
from stackfile.plan.plan import Verb
from stackfile.sdk.provider import Live
from tests.unit.engine.shelf import Boxes, Shelf

STAGE = (Address("sources", "tea"), Verb.CREATE)


class Waiting:
    """One object that goes through these states, one with each look."""

    def __init__(self, *states: str, limit: float = 60.0) -> None:
        self.shelf, self.events, self.brake = Shelf(status=list(states)), list[Event](), Brake()
        self.shelf.put("box", {"name": "tea"})
        self.patience = Patience(self.shelf.clock, self.events.append, limit, self.brake)

    def until_ready(self) -> Live:
        async def story() -> Live:
            kind = Boxes(self.shelf)
            live = await kind.read("box-1")
            assert live is not None
            return await self.patience.until_ready(STAGE, "create", kind, live)

        return asyncio.run(story())

    @property
    def waited(self) -> list[float]:
        return [event.waited for event in self.events if isinstance(event, StageWaiting)]


def test_a_ready_object_is_not_waited_for() -> None:
    waiting = Waiting("ready")
    assert waiting.until_ready().id == "box-1"
    assert (waiting.waited, waiting.shelf.clock.seconds) == ([], 0)


def test_each_look_comes_twice_as_late_up_to_a_limit() -> None:
    waiting = Waiting(*["pending"] * 8, "ready")
    assert waiting.until_ready().fields["status"] == "ready"
    assert waiting.waited == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5, 35.5]


def test_what_is_waited_for_is_told() -> None:
    waiting = Waiting("pending", "ready")
    waiting.until_ready()
    now = Shelf().clock.now()
    assert waiting.events == [StageWaiting(STAGE[0], "create", "it is pending", 0, 60, now)]


@pytest.mark.parametrize(
    ("states", "limit", "says"),
    [
        (["pending"] * 9, 5.0, "not ready after 5 s; last: it is pending"),
        (["failed"], 5.0, "it is failed"),
        (["pending", "failed"], 5.0, "it is failed"),
        (["failed"], 0.0, "it is failed"),
    ],
)
def test_what_does_not_get_ready_is_told(states: list[str], limit: float, says: str) -> None:
    with pytest.raises(NotReady) as caught:
        Waiting(*states, limit=limit).until_ready()
    assert str(caught.value) == says


def test_no_wait_takes_it_as_it_is() -> None:
    waiting = Waiting("pending", limit=0)
    assert waiting.until_ready().fields["status"] == "pending"
    assert waiting.shelf.clock.seconds == 0


def test_an_object_that_disappears_is_not_waited_for() -> None:
    waiting = Waiting("pending")
    waiting.shelf.before["read box"] = []
    kind = Boxes(waiting.shelf)

    async def story() -> None:
        live = await kind.read("box-1")
        assert live is not None
        waiting.shelf.objects["box"].clear()
        await waiting.patience.until_ready(STAGE, "create", kind, live)

    with pytest.raises(NotReady, match="gone while it was waited for"):
        asyncio.run(story())


def test_a_service_that_is_silent_for_a_while_is_asked_again() -> None:
    waiting = Waiting("pending", "ready")

    async def story() -> Live:
        kind = Boxes(waiting.shelf)
        live = await kind.read("box-1")
        assert live is not None
        waiting.shelf.before["read box"] = [Unreachable("connection refused"), Unreachable("connection refused")]
        return await waiting.patience.until_ready(STAGE, "create", kind, live)

    assert asyncio.run(story()).fields["status"] == "ready"
    assert [e.says for e in waiting.events if isinstance(e, StageWaiting)][1:] == ["connection refused"] * 2


def test_a_brake_ends_the_wait_at_once() -> None:
    waiting = Waiting(*["pending"] * 9)

    async def story() -> Live:
        kind = Boxes(waiting.shelf)
        live = await kind.read("box-1")
        assert live is not None
        waiting.brake.pull()
        return await waiting.patience.until_ready(STAGE, "create", kind, live)

    assert asyncio.run(story()).fields["status"] == "pending"
    assert waiting.shelf.clock.seconds == 0


def test_a_brake_cuts_a_sleep_short() -> None:
    async def story() -> bool:
        brake = Brake()
        asyncio.get_running_loop().call_soon(brake.pull)
        await brake.cut_short(asyncio.sleep(3600))
        return brake.pulled

    assert asyncio.run(story())
