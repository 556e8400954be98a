"""How reports scale: the text, the JSON and the markdown of a plan with many changes, made in this process.

python benchmarks/reports.py                 5,000 changes, as markdown
python benchmarks/reports.py --changes 20000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from scale import stackfile

from stackfile.cli.options import Options
from stackfile.cli.session import open_desk
from stackfile.engine.preview import preview
from stackfile.plan.question import Question
from stackfile.report.change_text import Notes
from stackfile.report.markdown import Around, plan_markdown
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text

RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=5000)
    changes = parser.parse_args().changes
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "stack.yaml"
        file.write_text(stackfile(changes), encoding="utf-8")
        plan = asyncio.run(preview(open_desk(Options(file=file)).stack, Question())).plan
    print(f"| {len(plan.changes):,} changes | CPU s | kB |\n|---|--:|--:|")
    reports: dict[str, Callable[[], str]] = {
        "text": lambda: plan_text(plan, Notes()),
        "JSON": lambda: json.dumps(plan_json(plan), sort_keys=True),
        "markdown": lambda: plan_markdown(plan, Around(Notes(), "")),
    }
    for says, report in reports.items():
        seconds, size = zip(*(_timed(report) for _ in range(RUNS)), strict=True)
        print(f"| {says} | {min(seconds):.2f} | {size[0] // 1000} |")


def _timed(report: Callable[[], str]) -> tuple[float, int]:
    began = time.process_time()
    size = len(report().encode())
    return time.process_time() - began, size


if __name__ == "__main__":
    main()
