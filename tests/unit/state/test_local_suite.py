"""The local backend passes the suite of all backends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from stackfile.state.local import LocalStore, Surroundings
from stackfile.state.store import Store
from stackfile.testing.store import CASES, Bench, Case
from stackfile.testing.world import Process, World


class LocalBench:
    def __init__(self, folder: Path) -> None:
        self._folder, self._world = folder, World()
        self._processes: dict[int, Process] = {}

    def open(self, stack: str = "orders", env: str = "prod") -> Store:
        process = self._world.process()
        store = LocalStore(self._folder, stack, env, surroundings=Surroundings(machine=process))
        self._processes[id(store)] = process
        return store

    def kill(self, store: Store) -> None:
        self._world.kill(self._processes[id(store)])

    def pass_time(self, seconds: float) -> None:
        self._world.pass_time(seconds)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_local_store(case: Case, tmp_path: Path) -> None:
    bench: Bench = LocalBench(tmp_path / ".stack" / "prod")
    asyncio.run(_told(case, bench))


async def _told(case: Case, bench: Bench) -> None:
    await case(bench)
