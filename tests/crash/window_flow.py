"""Windows, running groups and ids over one stream, into every kind of output, and what must be there in the end."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stackfile_local.engine import stride
from stackfile_local.engine.readers import file as file_reader
from tests.crash.engine_flow import HurriedClock
from tests.unit.stackfile_local.world import World

START = 1_700_000_040_000
WINDOW: list[dict[str, Any]] = [
    {"window": {"tumbling": "1m", "time": "value.t", "lateness": "5s"}},
    {"aggregate": {"by": ["k"], "set": {"n": "count()", "s": "sum(value.x)"}}},
]
SESSION: list[dict[str, Any]] = [
    {"window": {"session": "2s", "time": "value.t", "lateness": "5s"}},
    {"aggregate": {"by": ["k"], "set": {"n": "count()"}}},
]


def event(n: int) -> dict[str, Any]:
    """Three a second, some of them a little out of order; every tenth one comes twice."""
    time = START + n * 333 - (n % 5) * 400
    return {"id": n - 1 if n % 10 == 9 else n, "k": f"k{n % 7}", "t": time, "x": n % 100 / 10}


def declare(base: Path, events: int) -> None:
    base.mkdir()
    (base / "in.ndjson").write_text("".join(f"{json.dumps(event(n))}\n" for n in range(events)))
    world = World(base)
    stream = world.stream("s", partitions=3)
    world.source("in.ndjson", stream=stream.id, key="k")
    minutes, late = world.stream("minutes", partitions=2), world.stream("late")
    world.pipeline("minutes", stream, minutes, operations=WINDOW, late=late.id)
    world.pipeline("table", stream, world.table("rows.db"), operations=WINDOW)
    world.pipeline("lines", stream, world.file("out.ndjson"), operations=SESSION)
    world.pipeline("hours", minutes, world.table("hours.db"), operations=_hours())
    world.pipeline("once", stream, world.table("once.db"), operations=[{"dedupe": {"by": ["id"], "within": "1h"}}])
    big = world.stream("big")
    route: list[dict[str, Any]] = [{"route": {"big": "value.x > 5"}}]
    world.pipeline("rest", stream, world.table("rest.db"), operations=route, routes=[big.id])
    world.close()


def _hours() -> list[dict[str, Any]]:
    return [{"window": {"tumbling": "1h"}}, {"aggregate": {"set": {"n": "sum(value.n)"}}}]


def run(base: Path) -> None:
    world = World(base, clock=HurriedClock())
    world.run(tell=lambda progress: print(progress.name, progress.read, flush=True))
    world.close()


def run_in_small_batches(base: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_reader, "BLOCK", 4096)
        for name in ("FIRST", "MOST"):
            patch.setattr(stride, name, 60)
        run(base)


def wanted(events: int) -> dict[str, Any]:
    given = [event(n) for n in range(events)]
    minutes = Counter((each["t"] // 60_000, each["k"]) for each in given)
    return {
        "windows": sorted(minutes.values()),
        "total": events,
        "groups": len(minutes),
        "sum": round(sum(each["x"] for each in given), 6),
        "ids": sorted({each["id"] for each in given}),
        "routed": (sum(each["x"] > 5 for each in given), sum(each["x"] <= 5 for each in given)),
        "late": 0,
    }


def found(base: Path) -> list[dict[str, Any]]:
    """Once by each way to an output; each as `wanted` says it."""
    world = World(base)
    minutes = world.values("minutes")
    rows = world.rows("rows.db", "SELECT n, s, windowStart, k FROM events")
    ids = sorted(id for (id,) in world.rows("once.db", "SELECT id FROM events"))
    routed = (len(world.values("big")), world.rows("rest.db", "SELECT count(*) FROM events")[0][0])
    late = len(world.values("late"))
    tables = [
        ([v["n"] for v in minutes], [v["s"] for v in minutes], {(v["windowStart"], v["k"]) for v in minutes}),
        ([row[0] for row in rows], [row[1] for row in rows], {row[2:] for row in rows}),
    ]
    hours = sum(n for (n,) in world.rows("hours.db", "SELECT n FROM events"))
    sessions = sum(value["n"] for value in world.ndjson("out.ndjson"))
    world.close()
    assert hours == sessions == sum(tables[0][0])
    return [
        {
            "windows": sorted(counts),
            "total": sum(counts),
            "groups": len(groups),
            "sum": round(sum(sums), 6),
            "ids": ids,
            "routed": routed,
            "late": late,
        }
        for counts, sums, groups in tables
    ]


if __name__ == "__main__":
    run(Path(sys.argv[1]))
