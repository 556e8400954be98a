"""What a plan costs, counted: full comparisons and imported modules. Times would depend on the machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackfile.cli.group import answer
from stackfile.cli.options import Options
from stackfile.cli.session import open_desk
from stackfile.engine.preview import preview
from stackfile.plan import decide, diff, drift, ignored
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question

SIZES = (3, 60)


def stackfile(groups: int, changed: int = 0) -> str:
    """A stack of three resources a group; in the first `changed` groups one field of the stream differs."""
    lines = ["version: 1", "name: counted", "defaults: {provider: local}", "streams:"]
    for n in range(groups):
        lines.append(f"  raw_{n}: {{retention: {'8d' if n < changed else '7d'}}}")
        lines.append(f"  clean_{n}: {{partitions: 2}}")
    lines.append("sources:")
    lines += [f"  file_{n}: {{connector: file, stream: streams.raw_{n}, path: in.ndjson}}" for n in range(groups)]
    lines.append("pipelines:")
    for n in range(groups):
        lines += [f"  tidy_{n}:", f"    source: streams.raw_{n}", f"    destination: streams.clean_{n}"]
        lines.append("    operations: [{filter: value.amount > 10}]")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module", params=SIZES)
def applied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """The number of groups of a stack, and its stackfile, after an apply."""
    groups: int = request.param
    file = tmp_path_factory.mktemp(f"stack{groups}") / "stack.yaml"
    file.write_text(stackfile(groups))
    assert answer(["apply", "--yes", "-f", str(file)]) == 0
    return groups, file


def planned(file: Path) -> Plan:
    desk = open_desk(Options(file=file))
    return asyncio.run(preview(desk.stack, Question())).plan


def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each full comparison from now on, whoever asks for it."""
    calls: list[object] = []
    compare = diff.diff

    def counting(*arguments: object) -> object:
        calls.append(arguments)
        return compare(*arguments)  # type: ignore[arg-type]

    for module in (decide, drift, ignored):
        monkeypatch.setattr(module, "diff", counting)
    return calls


@pytest.mark.parametrize("changed", [0, 2])
def test_only_what_changed_is_compared_in_full(
    changed: int, applied: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups, file = applied
    file.write_text(stackfile(groups, changed))
    comparisons = counted(monkeypatch)
    plan = planned(file)
    file.write_text(stackfile(groups))
    assert len(comparisons) == len(plan.changes) == changed


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    """The modules that a command of its own process has loaded at its end."""
    program = (
        "import sys\n"
        "from stackfile.cli.main import run\n"
        f"sys.argv = ['stack', *{arguments!r}]\n"
        "try:\n    run()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_a_plan_loads_nothing_that_it_does_not_use(applied: tuple[int, Path]) -> None:
    _, file = applied
    unused = {"httpx", "deepdiff", "rich", "jinja2", "stackfile.engine.apply", "stackfile_local.engine.log"}
    loaded = loaded_by(["plan"], file.parent)
    assert "stackfile.plan.planner" in loaded
    assert not unused & loaded
