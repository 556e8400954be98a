"""A flow into tables of a PostgreSQL database, and what must be in them in the end, counted apart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stackfile.sdk.operations import RunProgress
from stackfile_local.engine import stride
from tests.crash.engine_flow import HurriedClock
from tests.unit.stackfile_local.world import World

NO_NUMBER = 97
NO_OBJECT = 101


def value(n: int) -> Any:
    if n % NO_OBJECT == 0:
        return "text"
    return {"n": "many" if n % NO_NUMBER == 0 else n, "k": f"k{n % 13}"}


def declare(base: Path, events: int, settings: dict[str, Any]) -> None:
    """s (3 partitions) -> a table that is added to; one with a key; one of counts, by a stateful pipeline."""
    base.mkdir()
    world = World(base)
    stream = world.stream("s", partitions=3)
    for start in range(1, events + 1, 1000):
        world.append("s", *map(value, range(start, min(start + 1000, events + 1))))
    shared = {"connector": "postgres", **settings}
    world.make("destinations", name="rows", table="rows", stream=stream.id, **shared)
    last = world.make("destinations", name="last", table="last", key=["k"], **shared)
    world.pipeline("last", stream, last, operations=[{"select": ["k"]}])
    counts = world.make("destinations", name="counts", table="counts", key=["k"], columns={"c": "bigint"}, **shared)
    world.pipeline("counts", stream, counts, operations=[{"aggregate": {"by": ["k"], "set": {"c": "count()"}}}])
    world.close()


def run(base: Path, tell: Callable[[RunProgress], None] = lambda progress: None) -> None:
    world = World(base, clock=HurriedClock())
    world.run(tell=tell)
    world.close()


def run_in_small_batches(base: Path, tell: Callable[[RunProgress], None] = lambda progress: None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FIRST", "MOST"):
            patch.setattr(stride, name, 90)
        run(base, tell)


def wanted(events: int) -> dict[str, Any]:
    objects = [n for n in range(1, events + 1) if n % NO_OBJECT]
    numbers = [n for n in objects if n % NO_NUMBER]
    by_key = {f"k{k}": sum(1 for n in objects if n % 13 == k) for k in range(13)}
    return {
        "rows": numbers,
        "last": sorted(by_key),
        "counts": sorted(by_key.items()),
        "dead": {"rows.destination": events - len(numbers)},
    }


def found(base: Path, database: psycopg.Connection[tuple[Any, ...]]) -> dict[str, Any]:
    world = World(base)
    result = {
        "rows": [n for (n,) in database.execute("SELECT n FROM rows ORDER BY n").fetchall()],
        "last": sorted(k for (k,) in database.execute("SELECT k FROM last").fetchall()),
        "counts": sorted(database.execute("SELECT k, c FROM counts WHERE k IS NOT NULL").fetchall()),
        "dead": {"rows.destination": len(world.values("rows.destination.dead_letter"))},
    }
    world.close()
    return result


if __name__ == "__main__":
    run_in_small_batches(Path(sys.argv[1]), lambda progress: print(progress.name, progress.read, flush=True))
