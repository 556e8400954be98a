"""Death at every effect of a lease's life, in process: what is read back is legal, and whoever comes next goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.state.files import Files
from stackfile.state.format import Author, State
from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.lock import LeaseTimes
from stackfile.state.store import Lease, Store, Stored
from stackfile.testing.entries import ANA, BEGIN, CI, LAKE, PG, intent, phase, record, result
from stackfile.testing.faults import Killed, Side
from stackfile.testing.files import MortalFiles, UnpoweredFiles
from stackfile.testing.store import state_of
from stackfile.testing.world import World

STILL = LeaseTimes(beat=3600)

Seen = tuple[frozenset[str], tuple[tuple[str, tuple[str, ...], str | None], ...]]
"""What a reader can tell: the resources, and the open intents with their phases and ids."""


def seen(stored: Stored) -> Seen:
    records = stored.state.records if stored.state is not None else {}
    intents = tuple((str(intent.entry.address), intent.phases, intent.id) for intent in stored.intents)
    return frozenset(map(str, records)), intents


class Run:
    """One lease's life, step by step. `after` tells what a reader sees after each step that was acknowledged."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lease: Lease | None = None
        self.done = 0

    async def acquire(self) -> None:
        self.lease = await self.store.acquire(ANA)

    @property
    def held(self) -> Lease:
        assert self.lease is not None
        return self.lease

    async def compact(self) -> None:
        await self.held.compact(await state_of(self.store))

    @property
    def steps(self) -> Sequence[tuple[Callable[[], Awaitable[None]], Seen]]:
        nothing, pg, lake = frozenset[str](), frozenset({"sources.pg"}), frozenset({"sources.pg", "streams.lake[eu]"})
        waiting = ("streams.lake[eu]", (), None)
        return (
            (self.acquire, (nothing, ())),
            (lambda: self.held.append([BEGIN]), (nothing, ())),
            (lambda: self.held.append([intent(PG)]), (nothing, (("sources.pg", (), None),))),
            (
                lambda: self.held.append([phase(PG, "created", "id1")]),
                (nothing, (("sources.pg", ("created",), "id1"),)),
            ),
            (lambda: self.held.append([result(PG, record(PG))]), (pg, ())),
            (lambda: self.held.append([intent(LAKE)]), (pg, (waiting,))),
            (self.compact, (pg, (waiting,))),
            (lambda: self.held.append([result(LAKE, record(LAKE))]), (lake, ())),
            (self.compact, (lake, ())),
            (lambda: self.held.release(), (lake, ())),
        )

    async def go(self) -> None:
        for step, _ in self.steps:
            await step()
            self.done += 1

    @property
    def legal(self) -> set[Seen]:
        """After the last acknowledged step, or after the one that was under way."""
        views = [(frozenset[str](), ()), *(view for _, view in self.steps)]
        return {views[self.done], views[min(self.done + 1, len(views) - 1)]}


class Grave:
    """A folder in which processes die."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world = folder, World()

    def open(self, files: Files) -> LocalStore:
        surroundings = Surroundings(files, self.world.process(), STILL)
        return LocalStore(self.folder / ".stack" / "prod", "orders", "prod", surroundings=surroundings)

    def live(self, files: MortalFiles) -> Run:
        """Runs until death, if it comes."""
        run = Run(self.open(files))

        async def living() -> None:
            try:
                await run.go()
            except Killed:
                return

        asyncio.run(living())
        self.world.kill_all()
        return run

    def read(self) -> Stored:
        return asyncio.run(self.open(MortalFiles()).read())

    def finish(self, files: MortalFiles) -> bool:
        """Somebody else takes over and brings all to its end. Tells whether that was acknowledged before death."""

        async def finishing() -> bool:
            store = self.open(files)
            acknowledged = False
            try:
                lease = await store.acquire(CI)
                if (await store.read()).state is None:
                    await lease.append([BEGIN])
                await lease.append([result(address, record(address)) for address in (PG, LAKE)])
                acknowledged = True
                await lease.compact(await state_of(store))
                await lease.release()
            except Killed:
                pass
            return acknowledged

        done = asyncio.run(finishing())
        self.world.kill_all()
        return done

    def check_finished(self, before: Stored, told: str) -> None:
        """The next one can finish; tokens and serials went on from where they were."""
        assert self.finish(MortalFiles()), told
        after = self.read()
        assert after.state is not None, told
        serial = before.state.serial if before.state is not None else 1
        assert after.state.serial in (serial, serial + 1), told
        assert after.last_token == before.last_token + 1, told
        records = {address: record(address) for address in (PG, LAKE)}
        author = Author(CI.by, CI.command)
        assert after.state == State("orders", "prod", "lineage-1", after.state.serial, records, author=author), told
        assert (after.intents, after.lock) == ((), None), told


def effects(folder: Path) -> int:
    """How many effects a whole life has."""
    folder.mkdir()
    files = MortalFiles()
    run = Grave(folder).live(files)
    assert run.done == len(run.steps)
    return files.count


Way = Callable[[int, Path], MortalFiles]

WAYS: dict[str, Way] = {
    "killed before the effect": lambda at, _: MortalFiles(at=at, side=Side.BEFORE),
    "killed after the effect": lambda at, _: MortalFiles(at=at, side=Side.AFTER),
    "killed in the middle of a write": lambda at, _: MortalFiles(at=at, torn=True),
    "power lost before the effect": lambda at, root: UnpoweredFiles(at=at, side=Side.BEFORE, root=root),
    "power lost after the effect": lambda at, root: UnpoweredFiles(at=at, side=Side.AFTER, root=root),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_death_at_any_effect_loses_nothing_that_was_acknowledged(way: Way, tmp_path: Path) -> None:
    last = effects(tmp_path / "whole")
    assert last > 60
    for at in range(1, last + 1):
        grave, run = died(way, at, tmp_path / str(at))
        told = f"effect {at} of {last}, after {run.done} steps"
        stored = grave.read()
        assert seen(stored) in run.legal, told
        grave.check_finished(stored, told)


def died(way: Way, at: int, folder: Path) -> tuple[Grave, Run]:
    folder.mkdir()
    grave, files = Grave(folder), way(at, folder)
    run = grave.live(files)
    assert files.dead
    if isinstance(files, UnpoweredFiles):
        files.lose_power()
    return grave, run


@given(
    first=st.integers(1, 80),
    first_way=st.sampled_from(list(WAYS.values())),
    second=st.integers(1, 50),
    second_way=st.sampled_from([way for name, way in WAYS.items() if name.startswith("killed")]),
)
def test_whoever_takes_over_may_die_too(
    first: int, first_way: Way, second: int, second_way: Way, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("grave")
    grave, _ = died(first_way, first, folder / "place")
    before = grave.read()
    acknowledged = grave.finish(second_way(second, folder))
    stored = grave.read()
    wanted = {"sources.pg", "streams.lake[eu]"} if acknowledged else seen(before)[0]
    assert wanted <= seen(stored)[0]
    assert stored.last_token >= before.last_token
    grave.check_finished(stored, f"effect {first}, then {second}")
