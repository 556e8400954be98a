"""Stdout as a destination: what is printed, and what of it may come twice."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from stackfile.errors import ProviderError, Rejected
from stackfile.sdk.operations import RunRequest
from tests.unit.stackfile_local.world import World


def run(world: World, write: Callable[[bytes], object]) -> None:
    def keep(data: bytes) -> None:
        write(data)

    asyncio.run(world.local.run(RunRequest((), True, lambda: False, keep), lambda progress: None))


def drain(world: World, **body: Any) -> None:
    world.make("destinations", name="out", connector="stdout", stream="stream:s", **body)


def test_values_are_lines_and_come_once_over_several_runs(world: World) -> None:
    world.stream_of("s", {"a": 1}, {"a": "é"})
    drain(world)
    printed = io.BytesIO()
    run(world, printed.write)
    world.append("s", [3])
    run(world, printed.write)
    assert printed.getvalue().decode() == '{"a":1}\n{"a":"é"}\n[3]\n'


def test_csv_has_its_columns_once_in_a_run_also_when_something_is_declared_meanwhile(world: World) -> None:
    world.stream_of("s", {"a": 1, "b": None})
    drain(world, format="csv")
    printed = io.BytesIO()

    def later() -> None:
        if len(printed.getvalue()) > 0 and not world.clock.naps:
            world.stream("another")
            world.append("s", {"b": 2, "a": True}, {"c": 1})
            world.clock.naps = [lambda: None]

    def write(data: bytes) -> None:
        printed.write(data)

    request = RunRequest((), False, lambda: printed.getvalue().count(b"\n") > 2, write)
    asyncio.run(world.local.run(request, lambda progress: later()))
    assert printed.getvalue().decode() == "a,b\n1,\ntrue,2\n"
    (dead,) = world.values("out.destination.dead_letter")
    assert (dead["reason"], dead["value"]) == ("there is no column `c`", {"c": 1})


def test_it_is_told_before_anything_moves_that_stdout_is_taken(world: World) -> None:
    world.stream("s")
    drain(world)
    told: list[bytes] = []
    run(world, told.append)
    assert told == [b""]


def test_what_could_not_be_printed_is_printed_by_the_next_run(world: World) -> None:
    world.stream_of("s", 1)
    drain(world)

    def closed(data: bytes) -> None:
        if data:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(ProviderError) as caught:
        run(world, closed)
    assert str(caught.value) == "destination out: cannot write to stdout: Broken pipe"
    printed = io.BytesIO()
    run(world, printed.write)
    assert printed.getvalue() == b"1\n"


def test_only_csv_has_columns(world: World) -> None:
    world.stream("s")
    with pytest.raises(Rejected) as caught:
        drain(world, columns=["a"])
    assert str(caught.value) == "destination out: columns: only CSV has columns, and this is ndjson"
