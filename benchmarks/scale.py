"""How `stack` scales: stacks of 1k, 10k and 50k local resources through validate, apply and plan, in real processes.

    python benchmarks/scale.py                 all sizes, as markdown
    python benchmarks/scale.py --quick         1k alone
    python benchmarks/scale.py --sizes 1000,10000

Each command runs as a process of its own; wall and CPU seconds and peak memory are those of that process.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

GROUP = 5
"""Resources of one group: two streams, a source, a destination, and the pipeline that joins them."""


@dataclass(frozen=True)
class Measured:
    """One process: seconds of wall and CPU time, peak memory in MB, exit code."""

    wall: float
    cpu: float
    peak: float
    code: int


def stackfile(resources: int, changed: int = 0) -> str:
    """A stack of about `resources` resources; in the first `changed` of its groups one field differs."""
    lines = ["version: 1", "name: scale", "defaults: {provider: local}", "streams:"]
    groups = range(resources // GROUP)
    for n in groups:
        retention = "8d" if n < changed else "7d"
        lines += [f"  raw_{n}:", "    partitions: 4", f"    retention: {retention}"]
        lines += [f"  clean_{n}:", "    partitions: 4", "    max_message_size: 1MiB"]
    lines.append("sources:")
    for n in groups:
        lines += [f"  file_{n}:", "    connector: file", f"    stream: streams.raw_{n}"]
        lines += [f"    path: in/{n}.ndjson", "    format: ndjson"]
    lines.append("destinations:")
    for n in groups:
        lines += [f"  out_{n}:", "    connector: file", f"    stream: streams.clean_{n}"]
        lines += [f"    path: out/{n}.ndjson", "    format: ndjson"]
    lines.append("pipelines:")
    for n in groups:
        lines += [f"  tidy_{n}:", f"    source: streams.raw_{n}", f"    destination: streams.clean_{n}"]
        lines += ["    operations:", "      - filter: value.amount > 10", "      - map: {page: lower(value.page)}"]
    return "\n".join(lines) + "\n"


def measure(command: Sequence[str], folder: Path) -> Measured:
    """As people run it: with modules that were compiled before, whatever the shell of the benchmark says of that."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read() if process.stderr is not None else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code not in (0, 2):
        sys.exit(f"{' '.join(command)} ended with {code}:\n{errors.decode()[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code)


def walk(resources: int, folder: Path, repeats: int) -> Iterator[tuple[str, Measured]]:
    """The life of one stack, step by step; reads are measured several times and the fastest counts."""
    stack = [sys.executable, "-m", "stackfile"]
    file = folder / "stack.yaml"
    file.write_text(stackfile(resources))

    def best(*arguments: str) -> Measured:
        return min((measure([*stack, *arguments], folder) for _ in range(repeats)), key=lambda one: one.wall)

    yield "validate", best("validate")
    yield "apply, all new", measure([*stack, "apply", "--yes"], folder)
    yield "plan, nothing to do", best("plan")
    percent = max(1, resources // 100)
    file.write_text(stackfile(resources, changed=percent))
    yield "plan, 1 % changed", best("plan")
    yield "apply, 1 % changed", measure([*stack, "apply", "--yes"], folder)


def start_up(repeats: int) -> Iterator[tuple[str, float]]:
    """Wall seconds of the smallest things, the median of several."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stack.yaml").write_text(stackfile(10))
        measure([sys.executable, "-m", "stackfile", "apply", "--yes"], folder)
        script = str(Path(sys.executable).with_name("stack"))
        for title, command in (
            ("python -c pass", [sys.executable, "-c", "pass"]),
            ("stack --version", [script, "--version"]),
            ("stack plan, 10 resources", [script, "plan"]),
        ):
            runs = sorted(measure(command, folder).wall for _ in range(repeats))
            yield title, runs[len(runs) // 2]


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def report(sizes: Sequence[int], repeats: int) -> None:
    print(f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}.\n")
    print("| command | ms |\n|---|--:|")
    for title, seconds in start_up(15):
        print(f"| {title} | {seconds * 1000:.0f} |")
    print("\n| resources | command | wall s | CPU s | peak MB | wall ms each |\n|--:|---|--:|--:|--:|--:|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for title, one in walk(size, Path(folder), repeats):
                per_change = size / 100 if title == "apply, 1 % changed" else size
                each = one.wall / per_change * 1000
                print(
                    f"| {size:,} | {title} | {one.wall:.2f} | {one.cpu:.2f} | {one.peak:.0f} | {each:.3f} |", flush=True
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1k alone, once")
    parser.add_argument("--sizes", default="1000,10000,50000")
    arguments = parser.parse_args()
    sizes = [1000] if arguments.quick else [int(size) for size in arguments.sizes.split(",")]
    report(sizes, repeats=1 if arguments.quick else 3)


if __name__ == "__main__":
    main()
