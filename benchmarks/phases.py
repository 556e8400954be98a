"""Where the time of a no-op `stack plan` goes, in CPU seconds by phase, and the peak of memory.

    python benchmarks/phases.py                 10k resources, as markdown
    python benchmarks/phases.py --sizes 10,10000,50000

Each stack is applied in a process of its own first; then a fresh process plans it and reads its own clock at each step.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PHASES = ("imports", "load", "state", "refresh", "plan", "report")
REPEATS = 5


def plan_here() -> dict[str, float]:
    """Plans the stack in the working folder step by step; what each step took, and the peak in MB."""
    took: dict[str, float] = {}
    last = 0.0  # from the start of the process, so that the interpreter's own start counts as imports

    def done(phase: str) -> None:
        nonlocal last
        now = time.process_time()
        took[phase], last = now - last, now

    gc.set_threshold(50_000, 20, 100)  # as the command does
    from stackfile.cli.options import Options
    from stackfile.cli.session import open_desk
    from stackfile.engine.refresh import refresh
    from stackfile.plan.planner import make_plan
    from stackfile.plan.question import Question
    from stackfile.report.change_text import Notes
    from stackfile.report.plan_text import plan_text

    done("imports")
    stack = open_desk(Options()).stack
    done("load")

    async def steps() -> None:
        stored = await stack.store.read()
        state = stored.state or stack.empty_state()
        seal = await stack.store.seal()
        done("state")
        connections = stack.connections(state)
        observed = await refresh(stack.configuration, state, connections, stack.clock, frozenset())
        await connections.close()
        done("refresh")
        plan = make_plan(stack.configuration, state, observed, stack.catalog, seal, Question())
        done("plan")
        names = {record.id: address for address, record in state.records.items()}
        plan_text(plan, Notes(names=names))
        done("report")

    asyncio.run(steps())
    return {**took, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(resources: int) -> dict[str, float]:
    """The median of several processes."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.scale import stackfile

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "stack.yaml").write_text(stackfile(resources))
        apply = [sys.executable, "-m", "stackfile", "apply", "--yes"]
        subprocess.run(apply, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        here = [sys.executable, str(Path(__file__).resolve()), "--here"]

        def once() -> dict[str, float]:
            done = subprocess.run(here, cwd=folder, env=environment, check=True, capture_output=True)
            took: dict[str, float] = json.loads(done.stdout)
            return took

        runs = [once() for _ in range(REPEATS)]
    return {name: statistics.median(run[name] for run in runs) for name in (*PHASES, "peak")}


def report(sizes: Sequence[int]) -> None:
    print(f"| resources | {' | '.join(PHASES)} | sum | peak MB |\n|--:|{'--:|' * (len(PHASES) + 2)}")
    for size in sizes:
        took = measured(size)
        each = [took[phase] for phase in PHASES]
        cells = " | ".join(f"{seconds:.2f}" for seconds in (*each, sum(each)))
        print(f"| {size:,} | {cells} | {took['peak']:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000")
    parser.add_argument("--here", action="store_true", help="the stack in the working folder, once, as JSON")
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(plan_here()))
    else:
        report([int(size) for size in arguments.sizes.split(",")])


if __name__ == "__main__":
    main()
