"""The same two jobs over the same file in the local engine and in others, each in a process of its own.

    python benchmarks/pipelines.py [events]

`make bench-engine` makes the environment of the others beside ours: bytewax, pathway, duckdb, polars. What does not
install there is left out, with a word. Seconds are those of the job: the start of Python and imports are not counted.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = Path(f"{sys.prefix}-peers") / "bin" / "python"
JOBS = {"map": "filter and map", "count": "tumbling count by key"}
LINES = {"map": 949_555, "count": 17_000}
OURS, OTHERS = "stackfile", ("bytewax", "pathway", "polars", "duckdb")
_LONGEST = 120.0


@dataclass(frozen=True)
class Took:
    wall: float
    cpu: float


def write_events(path: Path, count: int) -> None:
    chance = random.Random(7)
    with path.open("w") as file:
        for n in range(count):
            key, x = chance.randrange(1000), chance.randrange(2000)
            file.write(f'{{"k":"key-{key}","x":{x},"t":{1_700_000_000_000 + n}}}\n')


def run(who: str, job: str, source: Path, folder: Path) -> Took | str:
    """What it took, or why it was left out."""
    python = Path(sys.executable) if who == OURS else PEERS
    if who != OURS and not python.exists():
        return "not installed"
    out = folder / f"{who}-{job}.ndjson"
    if who == "bytewax":
        out.touch()  # its sink opens what is there
    command = [str(python), str(HERE / "peers" / f"with_{who}.py"), job, str(source), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return f"took more than {_LONGEST:.0f} s"
    if done.returncode:
        return "not installed" if "ModuleNotFoundError" in done.stderr else "failed"
    with out.open("rb") as file:
        lines = sum(1 for _ in file)
    out.unlink()
    if lines != LINES[job]:
        return f"wrote {lines:,} lines where {LINES[job]:,} are right"
    said = json.loads(done.stdout.splitlines()[-1])
    return Took(said["wall"], said["cpu"])


def table(count: int = 1_000_000, rounds: int = 2) -> str:
    """The better of two rounds each."""
    rows = [
        "| 1M events, file to file | job | seconds | events/s | CPU s | stackfile is |",
        "|---|---|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_events(folder / "in.ndjson", count)
        for job, title in JOBS.items():
            ours = 0.0
            for who in (OURS, *OTHERS):
                found = [run(who, job, folder / "in.ndjson", folder) for _ in range(rounds)]
                took = min((one for one in found if isinstance(one, Took)), key=lambda one: one.wall, default=None)
                if took is None:
                    rows.append(f"| {who} | {title} | {found[0]} | | | |")
                    continue
                ours = took.wall if who == OURS else ours
                times = "" if who == OURS else f"{took.wall / ours:.2f} times as fast"
                rows.append(
                    f"| {who} | {title} | {took.wall:.2f} | {count / took.wall:,.0f} | {took.cpu:.2f} | {times} |"
                )
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
