"""Runs that end before their time, or cannot keep what they did: what is left, and what the next run makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from stackfile.address import Address
from stackfile.engine.apply import Orders
from stackfile.engine.brake import Brake
from stackfile.plan.ledger import Outcome
from stackfile.state.files import Files
from stackfile.state.format import StoredOutput
from stackfile.state.local import LocalStore, Surroundings
from stackfile.testing.bench import ENV, STACK, Bench, FakeClock, World
from stackfile.values import Tree
from tests.unit.engine.shelf import Shelves
from tests.unit.engine.stand import NO, TEA, TWO, Stand


class SlowClock(FakeClock):
    """A clock on which half a minute never passes."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= 30:
            await asyncio.Event().wait()
        await super().sleep(seconds)


def test_a_stop_starts_nothing_more_and_waits_for_nobodys_health(tmp_path: Path) -> None:
    stand, brake = Stand(tmp_path, SlowClock()), Brake()

    async def pull() -> None:
        brake.pull()

    stand.shelf.status = ["pending"] * 9
    stand.shelf.meanwhile["create box"] = pull
    applied = stand.attempt(TWO, Orders(parallelism=1, brake=brake))
    ledger = stand.ledger(TWO, applied)
    assert [(result.outcome, result.because) for result in ledger.results] == [
        (Outcome.DONE, ""),
        (Outcome.SKIPPED, "the run was interrupted"),
    ]
    assert (ledger.interrupted, len(applied.state.records), stand.shelf.clock.seconds) == (True, 1, 0)


def test_a_call_that_does_not_end_is_let_go_and_left_to_the_next_run(stand: Stand) -> None:
    brake = Brake()

    async def hang() -> None:
        brake.pull()
        await asyncio.Event().wait()

    stand.shelf.meanwhile["create box"] = hang
    applied = stand.attempt(TEA, Orders(brake=brake))
    (result,) = stand.ledger(TEA, applied).results
    assert (result.outcome, stand.shelf.clock.seconds) == (Outcome.INTERRUPTED, 30)
    assert stand.attempt(TEA).complete
    assert (stand.verdicts, len(stand.boxes)) == (["cleared"], 1)


def test_an_object_that_does_not_do_its_work_fails_its_stage_and_stays(stand: Stand) -> None:
    holder: Mapping[str, Tree] = {**TEA, "pipelines.note": {"text": "x", "about": "sources.tea"}}
    stand.shelf.status = ["failed"]
    applied = stand.attempt(holder)
    tea, note = stand.ledger(holder, applied).results
    assert (tea.outcome, tea.new_id, tea.failure and tea.failure.short) == (Outcome.HALF_DONE, "box-1", "not running")
    assert (note.outcome, note.waits_for) == (Outcome.SKIPPED, (Address("sources", "tea"),))
    assert stand.attempt(holder).complete


# Outputs


def test_outputs_of_what_failed_stay_as_they_were(stand: Stand) -> None:
    def stack(size: int) -> Mapping[str, Tree]:
        return {
            "sources.tea": {"size": size},
            "sources.rum": {"size": size},
            "outputs.tea": {"value": "{{ sources.tea.size }}"},
            "outputs.rum": {"value": "{{ sources.rum.size }}"},
        }

    stand.attempt(stack(1))
    stand.shelf.before["update box"] = [NO]
    applied = stand.attempt(stack(2))
    (failed,) = (report.stage[0].key for report in applied.reports.values() if report.error is not None)
    done = {"tea": "rum", "rum": "tea"}[failed]
    assert (applied.state.outputs[failed], applied.state.outputs[done]) == (StoredOutput(1), StoredOutput(2))
    assert stand.attempt(stack(2)).state.outputs[failed] == StoredOutput(2)


def test_outputs_of_what_was_never_made_are_not_there(stand: Stand) -> None:
    stack: Mapping[str, Tree] = {**TEA, "outputs.id": {"value": "{{ sources.tea.id }}"}}
    stand.shelf.before["create box"] = [NO]
    assert stand.attempt(stack).state.outputs == {}
    assert stand.attempt(stack).state.outputs == {"id": StoredOutput("box-1")}


# A state that cannot be written


class Full(Files):
    """A disk on which state.json cannot be replaced."""

    full = False

    def replace(self, path: Path, data: bytes, by_way_of: Path | None = None) -> None:
        if self.full and path.name == "state.json":
            raise OSError(28, "No space left on device")
        super().replace(path, data, by_way_of)


def test_a_state_that_cannot_be_saved_is_in_its_journal(tmp_path: Path) -> None:
    stand, files = Stand(tmp_path), Full()
    store = LocalStore(tmp_path, STACK, ENV, surroundings=Surroundings(files=files))
    world = stand.bench.world
    stand.bench = Bench.over(World(Shelves, {}, world.session, store, world.kept))
    stand.attempt({})

    async def fill() -> None:
        files.full = True

    stand.shelf.meanwhile["create box"] = fill
    applied = stand.attempt(TEA)
    assert applied.unsaved is not None
    assert "No space left on device" in applied.unsaved.diagnostics[0].message
    assert (applied.complete, stand.ledger(TEA, applied).saved) == (False, False)
    files.full = False
    assert stand.attempt(TEA).plan.empty
    assert len(stand.boxes) == 1


def test_a_run_whose_lock_was_taken_away_starts_nothing_more(stand: Stand) -> None:
    async def break_it() -> None:
        store = stand.bench.world.store
        lock = (await store.read()).lock
        assert lock is not None
        await store.break_lock(lock.id)

    stand.shelf.meanwhile["create box"] = break_it
    applied = stand.attempt(TWO, Orders(parallelism=1))
    ledger = stand.ledger(TWO, applied)
    assert [result.outcome for result in ledger.results] == [Outcome.INTERRUPTED, Outcome.SKIPPED]
    assert applied.unsaved is not None
    assert applied.unsaved.diagnostics[0].code == "lease-lost"
    assert stand.attempt(TWO).complete
    assert stand.verdicts == ["adopted"]
    assert sorted(box["name"] for box in stand.boxes) == ["rum", "tea"]
