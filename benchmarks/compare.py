"""All tables of the engine in `benchmarks/README.md`, measured in one run.

    make bench-engine [BENCH_ARGS="--write --quick --only pipelines"]

`--write` puts them into the README, each between its marks; `--quick` takes fewer events and shorter times.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import endurance
import engine
import logs
import pipelines

README = Path(__file__).with_name("README.md")

TABLES: dict[str, Callable[[bool], str]] = {
    "pipelines": lambda quick: pipelines.table(rounds=1 if quick else 2),
    "engine": lambda quick: engine.table(200_000 if quick else 1_000_000),
    "logs": lambda quick: logs.table(1.0 if quick else 3.0),
    "endurance": lambda quick: endurance.table(1_000_000 if quick else 10_000_000),
}


def measured(name: str, quick: bool) -> str:
    """The table under a line that says when and where, and how busy the machine was before."""
    load = os.getloadavg()[0]
    day, python = datetime.now(UTC).date(), platform.python_version()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    where = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {python}"
    return f"Measured {day} on {where}, load average {load:.1f} at the start.\n\n{TABLES[name](quick)}"


def written(text: str, name: str, table: str) -> str:
    marks = re.compile(rf"(<!-- {name}: .*?-->\n).*?(<!-- end -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    parser.add_argument("--quick", action="store_true", help="to see that it runs: the figures say little")
    parser.add_argument("--only", choices=list(TABLES), action="append", help="may be given several times")
    given = parser.parse_args()
    for name in given.only or TABLES:
        table = measured(name, given.quick)
        print(f"## {name}\n\n{table}\n", flush=True)
        if given.write:
            README.write_text(written(README.read_text(), name, table))


if __name__ == "__main__":
    main()
