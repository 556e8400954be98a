"""A flow through every kind of input and output, and what must be in each output in the end, counted apart."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackfile.sdk.operations import RunProgress
from stackfile_local.engine import stride
from stackfile_local.engine.readers import file as file_reader
from tests.unit.stackfile_local.world import SetClock, World

NO_NUMBER = 97
NO_JSON = 101


class HurriedClock(SetClock):
    """A second passes whenever somebody looks, so every batch is told."""

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds


def line(n: int) -> str:
    if n % NO_JSON == 0:
        return '{"n": oops'
    return json.dumps({"n": "many" if n % NO_NUMBER == 0 else n, "k": f"k{n % 13}", "text": "é" * (n % 30)})


def declare(base: Path, events: int) -> None:
    """file -> s (3 partitions) -> a table without key, a table with one, an NDJSON file, a CSV file, a stream;
    and the file once more, directly into a table."""
    base.mkdir()
    (base / "in.ndjson").write_text("".join(f"{line(n)}\n" for n in range(events)))
    world = World(base)
    stream, kept = world.stream("s", partitions=3, compression="gzip"), world.stream("kept", partitions=2)
    world.source("in.ndjson", stream=stream.id, key="k")
    half: list[dict[str, Any]] = [{"map": {"less": "value.n - 1"}}, {"filter": "value.n % 2 == 0"}]
    world.pipeline("rows", stream, world.table("rows.db"), operations=half)
    world.pipeline("last", stream, world.table("last.db", key=["k"]), operations=[{"select": ["k", "n"]}])
    world.pipeline("lines", stream, world.file("out.ndjson"), operations=half)
    world.pipeline("cells", stream, world.file("cells.csv", columns=["k", "n"]))
    world.pipeline("keep", stream, kept, operations=half)
    world.pipeline("direct", world.source("in.ndjson", name="again"), world.table("direct.db"), operations=half)
    world.close()


def run_in_small_batches(base: Path) -> None:
    """As `run`, with several batches also for few events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_reader, "BLOCK", 8192)
        for name in ("FIRST", "MOST"):
            patch.setattr(stride, name, 90)
        run(base)


def run(base: Path, tell: Callable[[RunProgress], None] = lambda progress: None) -> None:
    world = World(base, clock=HurriedClock())
    world.run(tell=tell)
    world.close()


def wanted(events: int) -> dict[str, Any]:
    good = [n for n in range(events) if n % NO_JSON]
    numbers = [n for n in good if n % NO_NUMBER]
    half = [n for n in numbers if n % 2 == 0]
    bad, odd = events - len(good), len(good) - len(numbers)
    return {
        "s": sorted(json.loads(line(n))["k"] + str(json.loads(line(n))["n"]) for n in good),
        "rows.db": [(n, n - 1) for n in half],
        "last.db": sorted(f"k{k}" for k in range(13)),
        "out.ndjson": [(n, n - 1) for n in half],
        "cells.csv": len(good) + 1,
        "kept": half,
        "direct.db": [(n, n - 1) for n in half],
        "dead": {"in.source": bad, "rows": odd, "lines": odd, "keep": odd, "direct": odd + bad},
        "progress": {
            "in": (events, len(good), bad),
            "rows": (len(good), len(half), odd),
            "last": (len(good), len(good), 0),
            "lines": (len(good), len(half), odd),
            "cells": (len(good), len(good), 0),
            "keep": (len(good), len(half), odd),
            "direct": (events, len(half), bad + odd),
        },
    }


def found(base: Path) -> dict[str, Any]:
    world = World(base)
    values = world.ndjson("out.ndjson")
    numbers = "SELECT n, less FROM events ORDER BY n"
    progress = "SELECT o.name, p.read, p.written, p.failed FROM progress p JOIN objects o ON o.seq = p.owner"
    result = {
        "s": sorted(value["k"] + str(value["n"]) for value in world.values("s")),
        "rows.db": world.rows("rows.db", numbers),
        "last.db": [k for (k,) in world.rows("last.db", "SELECT k FROM events ORDER BY k")],
        "out.ndjson": sorted((value["n"], value["less"]) for value in values),
        "cells.csv": len((base / "cells.csv").read_text().splitlines()),
        "kept": sorted(value["n"] for value in world.values("kept")),
        "direct.db": world.rows("direct.db", numbers),
        "dead": {
            name: len(world.values(f"{name}.dead_letter")) for name in ("in.source", "rows", "lines", "keep", "direct")
        },
        "progress": {name: tuple(counts) for name, *counts in world.local.store.rows(progress)},
    }
    world.close()
    return result


if __name__ == "__main__":
    run(Path(sys.argv[1]), lambda progress: print(progress.name, progress.read, flush=True))
