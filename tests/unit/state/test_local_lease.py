"""Leases of the local backend over time: holders that are silent, asleep or cancelled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stackfile.errors import Fenced, LockHeld, StateError
from stackfile.state.files import Files
from stackfile.testing.entries import ANA, CI, LAKE, PG, intent, record, result
from stackfile.testing.store import begun, raises, state_of
from tests.unit.state.place import Place, only, told


def test_a_silent_holder_is_waited_out_even_without_a_timeout(place: Place) -> None:
    async def story() -> None:
        gone = await place.open(host="there").acquire(ANA)
        place.world.pass_time(31)
        began = place.world.seconds
        lease = await place.open().acquire(CI)
        assert 40 <= place.world.seconds - began < 41
        await raises(Fenced, gone.check())
        await lease.check()

    told(story)


def test_a_holder_that_slept_past_its_deadline_goes_on_if_nobody_came(place: Place) -> None:
    async def story() -> None:
        lease = await begun(place.open())
        place.world.pass_time(1000)
        await lease.check()
        lock = (await place.open().read()).lock
        assert lock is not None
        assert (lock.heartbeat, lock.alive) == (1, True)

    told(story)


def test_an_observer_that_saw_the_heartbeat_move_waits_for_its_timeout_only(place: Place) -> None:
    async def story() -> None:
        holder = await place.open(host="there").acquire(ANA)
        place.world.pass_time(31)
        place.world.meanwhile = holder.check
        error = await raises(LockHeld, place.open().acquire(CI))
        assert "7k2" in error.diagnostics[0].help[-1]
        assert place.world.seconds < 40

    told(story)


def test_an_acquire_that_was_cancelled_leaves_no_lock(place: Place) -> None:
    async def story() -> None:
        taking = asyncio.create_task(place.open().acquire(ANA))
        await asyncio.sleep(0)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        await (await place.open().acquire(CI)).release()

    told(story)


def test_an_append_that_was_cancelled_does_not_stop_the_others(place: Place) -> None:
    async def story() -> None:
        lease = await begun(place.open())
        first = asyncio.create_task(lease.append([intent(PG)]))
        second = asyncio.create_task(lease.append([intent(LAKE)]))
        await asyncio.sleep(0)
        first.cancel()
        await second
        await lease.append([result(LAKE, record(LAKE))])
        assert set((await state_of(place.open())).records) == {LAKE}

    told(story)


def test_a_lease_that_ends_while_an_intent_is_written_keeps_its_request_from_being_sent(place: Place) -> None:
    class Slow(Files):
        lock = place.root / "nothing"

        def append(self, path: Path, data: bytes, at: int) -> None:
            super().append(path, data, at)
            self.remove(self.lock)

    async def story() -> None:
        files = Slow()
        lease = await begun(place.open(files))
        files.lock = place.root / "lock.json"
        writing = (lease.append([intent(PG)]), lease.announce([intent(LAKE)]), lease.append([intent(PG)]))
        ended = await asyncio.gather(*writing, return_exceptions=True)
        assert [type(one) for one in ended] == [type(None), Fenced, type(None)]
        assert len((await place.open().read()).intents) == 3

    told(story)


def test_files_that_a_stuck_process_keeps_to_itself_are_not_waited_for_without_end(place: Place) -> None:
    class Impatient(Files):
        patience = 0.0

    async def story() -> None:
        lease = await place.open().acquire(ANA)
        with Files().guarded(place.root / "guard"):
            for doing in (place.open(Impatient()).break_lock(lease.info.id), place.open(Impatient()).acquire(CI)):
                error = only(await raises(StateError, doing))
                assert (error.code, error.message) == (
                    "state-busy",
                    f"another process is in the middle of a write to {place.root} and does not go on",
                )
        await lease.check()

    told(story)
