"""The progress and the result of `stack run`, as lines for a log and as a table at the end."""

from __future__ import annotations

from collections.abc import Sequence

from stackfile.report.moments import duration
from stackfile.report.text import safe, table
from stackfile.sdk.operations import RunProgress

_HEADER = ("ADDRESS", "READ", "WRITTEN", "FAILED", "EVENTS/S", "TIME")


def events_per_second(progress: RunProgress) -> float:
    """Events read a second since the start of the run."""
    return progress.read / progress.seconds if progress.seconds > 0 else 0.0


def run_line(progress: RunProgress) -> str:
    """`run    flights  336,776 read, 126,484 written, 0 failed, 412,000 events/s, 0.8 s`."""
    if progress.problem:
        return f"{'stop':5}  {safe(progress.name)}  {safe(progress.problem)}"
    word = "done" if progress.done else "run"
    counts = f"{progress.read:,} read, {progress.written:,} written, {progress.failed:,} failed"
    rate = f"{events_per_second(progress):,.0f} events/s"
    return f"{word:5}  {safe(progress.name)}  {counts}, {rate}, {duration(progress.seconds)}"


def run_table(results: Sequence[RunProgress]) -> str:
    """The end of a run: a line for each pipeline or source. Names where bad records went are not known here."""
    if not results:
        return "Nothing to run: the stack has no pipeline or source that runs here.\n"
    rows = [
        (
            safe(one.name),
            f"{one.read:,}",
            f"{one.written:,}",
            f"{one.failed:,}",
            f"{events_per_second(one):,.0f}",
            duration(one.seconds),
        )
        for one in results
    ]
    return "\n".join(table([_HEADER, *rows], right=frozenset({1, 2, 3, 4}))) + "\n"
