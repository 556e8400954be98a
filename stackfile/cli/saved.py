"""Saved plans as files: writes what `stack plan --out` made, and reads what apply and show are given."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stackfile.cli.options import Options
from stackfile.cli.origin import holder, origin
from stackfile.cli.selecting import flags_of, global_words
from stackfile.cli.session import Desk
from stackfile.cli.writing import write_whole
from stackfile.engine.preview import Planned
from stackfile.errors import Diagnostic, DiagnosticError, Refused
from stackfile.plan.guard import Allowances
from stackfile.plan.hold import Today
from stackfile.plan.question import Question
from stackfile.plan.veil import Veil
from stackfile.state.secrets import Seal

if TYPE_CHECKING:
    from stackfile.plan.saved import SavedPlan


NO_ENVIRONMENT: Final = "default"
"""The environment of a stackfile that has none."""


async def keep_key(desk: Desk) -> None:
    """Sees to it that the key of the stack's digests lasts: before the first apply there is none yet, and a plan that
    is saved needs one. Raises LockHeld where somebody makes the first apply just now."""
    if (await desk.stack.store.read()).state is None:
        lease = await desk.stack.store.acquire(holder("stack plan", desk.run))
        await lease.release()


def today(desk: Desk, planned: Planned, seal: Seal) -> Today:
    configuration = desk.configuration
    desk.hush()
    schemas = {address: resource.schema for address, resource in configuration.resources.items()}
    return Today(planned.plan, planned.known, configuration, seal, Veil(schemas, desk.options.redactor.mask))


def write_plan(file: Path, now: Today, question: Question, allowed: Allowances, base: Path) -> None:
    """Raises OSError for a file that cannot be written; then what was there before is there still."""
    from stackfile.plan.planfile import print_plan
    from stackfile.plan.saving import to_save
    from stackfile.report.plan_json import plan_json

    made_from = origin(base, now.plan.made_at or datetime.now(UTC))
    saved = to_save(now, question, allowed, made_from)
    write_whole(file, print_plan(saved, plan_json(saved.plan)), 0o644)


def read_plan(file: Path) -> SavedPlan:
    """Raises DiagnosticError for a file that is no saved plan, Refused for one that was edited."""
    from stackfile.plan.planfile import parse_plan

    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise DiagnosticError.of(
            "plan-missing", f"there is no {file} here", f"Make it: stack plan --out {file}"
        ) from None
    except IsADirectoryError:
        raise DiagnosticError.of("plan-missing", f"{file} is a folder", "Name the plan's file in it.") from None
    return parse_plan(data, str(file))


def of_its_environment(options: Options, saved: SavedPlan, file: Path) -> Options:
    """The options with the environment of the plan. Raises Refused where they name another one."""
    env = saved.plan.env
    if options.env not in (None, env):
        says = f"{file} is a plan for environment {env}, not for {options.env}"
        help = (f"Leave out --env and STACK_ENV, or plan for that one: stack plan --env {options.env} --out {file}",)
        raise Refused([Diagnostic("plan-other-stack", says, help=help)])
    return replace(options, env=env) if env != NO_ENVIRONMENT else options


def apply_command(options: Options, file: Path, reviewed: bool = False) -> str:
    """The command that applies a saved plan, to be typed in the same folder."""
    return shlex.join(
        ["stack", "apply", *(["--reviewed"] if reviewed else []), str(file), *global_words(replace(options, env=None))]
    )


def plan_command(options: Options, saved: SavedPlan, file: Path) -> str:
    """The command that makes a saved plan anew."""
    env = ["--env", saved.plan.env] if saved.plan.env != NO_ENVIRONMENT else []
    destroy = ["--destroy"] if saved.plan.destroy else []
    return shlex.join(
        [
            "stack",
            "plan",
            *env,
            *destroy,
            *flags_of(saved.question),
            *global_words(replace(options, env=None)),
            "--out",
            str(file),
        ]
    )
