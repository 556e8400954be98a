"""Both jobs in bytewax: its own file source and sink, one worker, no recovery store."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.files import FileSink, FileSource
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main
from clocked import clocked


def mapped(lines: Any, out: str) -> None:
    events = op.map("parse", lines, json.loads)
    kept = op.filter("filter", events, lambda value: value["x"] > 100)
    changed = op.map("map", kept, lambda value: {**value, "y": value["x"] * 2})
    printed = op.map("print", changed, lambda value: (value["k"], json.dumps(value)))
    op.output("out", printed, FileSink(out))


def counted(lines: Any, out: str) -> None:
    events = op.map("parse", lines, json.loads)
    clock = win.EventClock(
        ts_getter=lambda value: datetime.fromtimestamp(value["t"] / 1000, UTC),
        wait_for_system_duration=timedelta(0),
    )
    windower = win.TumblingWindower(length=timedelta(minutes=1), align_to=datetime(2020, 1, 1, tzinfo=UTC))
    counts = win.count_window("count", events, clock, windower, lambda value: value["k"])
    printed = op.map(
        "print", counts.down, lambda one: (one[0], json.dumps({"k": one[0], "window": one[1][0], "n": one[1][1]}))
    )
    op.output("out", printed, FileSink(out))


def main() -> None:
    job, source, out = sys.argv[1:]
    flow = Dataflow("bench")
    lines = op.input("in", flow, FileSource(source, batch_size=10_000))
    {"map": mapped, "count": counted}[job](lines, out)
    clocked(lambda: run_main(flow))


main()
