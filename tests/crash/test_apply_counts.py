"""What an apply costs, counted: calls by the kinds in use, effects and journal bytes by change, none by the stack's
size."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackfile.sdk.provider import Session
from stackfile.state.local import LocalStore, Surroundings
from stackfile.testing.bench import ENV, STACK, Bench, FakeClock, Unsynced, World
from stackfile.testing.faults import Fuse
from stackfile.values import Tree
from stackfile_local import Local

FEW, MANY = 10, 300
NUMBERS_GROW = 16
"""Bytes by which the sequence numbers of two lines get longer."""


@dataclass
class Counted(Unsynced):
    """Files that count what is appended to the journal."""

    size: int = 0
    appends: int = 0

    def append(self, path: Path, data: bytes, at: int) -> None:
        self.size += len(data)
        self.appends += 1
        super().append(path, data, at)


def bench_of(root: Path, files: Counted) -> Bench:
    clock = FakeClock()

    def session(instance: str) -> Session:
        return Session(root, root, clock, instance)

    store = LocalStore(root / "state", STACK, ENV, surroundings=Surroundings(files=files))
    return Bench.over(World(Local, {}, session, store, lambda: b""))


def streams(count: int, retention: str = "7d") -> Mapping[str, Tree]:
    """Names of one length, so that what is written of each has one length too."""
    return {f"streams.s{number:04}": {"retention": retention} for number in range(count)}


async def changing_one_of(count: int, root: Path) -> tuple[int, int, list[str]]:
    """Bytes and appends of the journal, and the effects, of one update in a stack of this size."""
    files, fuse = Counted(), Fuse()
    bench = bench_of(root, files)
    await bench.apply(streams(count))
    files.size = files.appends = 0
    await bench.apply({**streams(count), "streams.s0000": {"retention": "30d"}}, fuse)
    await bench.close()
    return files.size, files.appends, fuse.log


def test_one_change_costs_the_same_in_a_small_and_a_large_stack(tmp_path: Path) -> None:
    few, *costs = asyncio.run(changing_one_of(FEW, tmp_path / "few"))
    many, *costs_of_many = asyncio.run(changing_one_of(MANY, tmp_path / "many"))
    effects = ["acquire", "append intent", "update stream", "append result", "compact", "release"]
    assert costs == costs_of_many == [2, effects]
    assert abs(few - many) < NUMBERS_GROW
    assert few < 4096


def test_each_of_many_changes_costs_what_one_does(tmp_path: Path) -> None:
    """Changes that are made at one time share their appends."""

    async def per_change(count: int) -> tuple[float, int]:
        files = Counted()
        bench = bench_of(tmp_path / str(count), files)
        await bench.apply({"streams.first": {}})  # the first change makes the engine, whose id is in all later lines
        files.size = files.appends = 0
        await bench.apply({"streams.first": {}, **streams(count)})
        await bench.close()
        return files.size / count, files.appends

    few, _ = asyncio.run(per_change(FEW))
    many, appends = asyncio.run(per_change(MANY))
    assert abs(few - many) < NUMBERS_GROW
    assert appends < 2 * MANY


def test_reading_costs_one_call_for_each_kind_in_use(tmp_path: Path) -> None:
    async def calls(count: int) -> int:
        bench = bench_of(tmp_path / str(count), Counted())
        resources = {**streams(count), "sources.in": {"connector": "file", "path": "in.csv"}}
        await bench.apply(resources)
        plan = await bench.plan(resources)
        await bench.close()
        assert plan.read.objects == (("local", count + 1),)
        return plan.read.calls

    assert [asyncio.run(calls(count)) for count in (1, FEW, MANY)] == [2, 2, 2]
