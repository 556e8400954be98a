"""The last run of a folder: what it set out to do is noted before its first effect, what is open after its last."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from stackfile.cli.courses import Agreed, with_exclusions
from stackfile.cli.options import Options
from stackfile.cli.saved import today
from stackfile.cli.selecting import global_words
from stackfile.cli.session import DATA, Desk, open_outline
from stackfile.cli.writing import write_whole
from stackfile.engine.apply import Applied
from stackfile.engine.preview import Planned
from stackfile.language.load import environment_of
from stackfile.plan.guard import Allowances
from stackfile.plan.order import cut_to
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.plan.runfile import RunFile, continued, parse_run, print_run
from stackfile.plan.veil import Veil
from stackfile.report.text import count
from stackfile.state.secrets import Seal

NAME: Final = "last_run.json"


def note_begun(desk: Desk, plan: Plan, question: Question) -> None:
    """Everything is open, should this process die."""
    schemas = {address: resource.schema for address, resource in desk.configuration.resources.items()}
    veiled = Veil(schemas, desk.options.redactor.mask).plan(plan)
    run = RunFile(desk.run, veiled, tuple(change.address for change in plan.changes), question)
    desk.folder.mkdir(parents=True, exist_ok=True)
    write_whole(desk.folder / NAME, print_run(run), 0o644)


def note_ended(desk: Desk, applied: Applied) -> None:
    file, plan = desk.folder / NAME, applied.plan
    undone = {stage[0] for stage in plan.stages if stage not in applied.reports or applied.reports[stage].error}
    left = tuple(change.address for change in plan.changes if change.address in undone)
    run = _read(file) if left else None
    if run is not None and run.run == desk.run:
        write_whole(file, print_run(replace(run, open=left)), 0o644)
    elif not left and (plan.changes or plan.complete):
        file.unlink(missing_ok=True)


def read_run(options: Options) -> RunFile | None:
    """None where the last run left nothing open, or nothing can be read of it."""
    env = environment_of(open_outline(options), options.env).name
    return _read(options.file.parent / DATA / env / NAME)


def _read(file: Path) -> RunFile | None:
    try:
        return parse_run(file.read_bytes())
    except FileNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What the last run left open, planned anew. Nobody is asked again as long as that is what it set out to do."""

    run: RunFile
    exclude: tuple[str, ...] = ()
    allowed: Allowances = field(default_factory=Allowances)

    @property
    def question(self) -> Question:
        return with_exclusions(self.run.wanted, self.exclude)

    def command(self, options: Options) -> str:
        return shlex.join(["stack", "apply", "--resume", *global_words(options)])

    def settle(self, desk: Desk, planned: Planned, seal: Seal) -> Agreed:
        found = continued(self.run, today(desk, planned, seal).veil.plan(planned.plan))
        plan = cut_to(planned.plan, set(self.run.open))
        left, opened = len(plan.changes), len(self.run.open)
        says = f"Run {self.run.run} left {count(opened, 'change')} open; {left:,} still to be made."
        return Agreed(replace(planned, plan=plan), not found.new and left > 0, [says])
