"""Refusals that no plan knows of: a protected environment, and a folder that is older than what runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from stackfile.cli.options import Options
from stackfile.cli.origin import behind, origin
from stackfile.cli.selecting import flags_of, global_words
from stackfile.cli.session import Desk
from stackfile.errors import Diagnostic, Refused, Severity
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.report.moments import minute
from stackfile.report.text import count, safe
from stackfile.state.format import State

PLAN_FILE: Final = Path("plan.json")
"""What proposed commands call a plan that is saved."""


def refuse_unreviewed(desk: Desk, plan: Plan) -> None:
    """For a plan that nobody could review. Raises Refused where the environment is protected."""
    configuration = desk.configuration
    if not configuration.protected:
        return
    command = save_command(desk.options, Question(destroy=plan.destroy))
    help = (
        f"Save a plan, review it, apply it:  {command}, then:  stack apply plan.json",
        "In a job that runs after the merge:  stack apply --reviewed plan.json",
    )
    says = f"environment {safe(configuration.env)} is protected: it takes saved or reviewed plans only"
    raise Refused([Diagnostic("environment-protected", says, help=help)])


def save_command(options: Options, question: Question) -> str:
    """The command that saves a plan of this question for a review."""
    destroy = ["--destroy"] if question.destroy else []
    asked = (*global_words(options), *destroy, *flags_of(question))
    return shlex.join(["stack", "plan", *asked, "--out", str(PLAN_FILE)])


def older(desk: Desk, state: State, plan: Plan) -> Diagnostic | None:
    """The warning of a folder whose commit is an ancestor of the one that was applied last."""
    number = _behind(desk, state, plan)
    if not number:
        return None
    help = (
        _which(desk, state, number),
        "apply will refuse. Update the folder, or mean it: stack apply --allow-older-commit",
    )
    return Diagnostic("older-commit", "this folder is older than what runs", Severity.WARNING, help=help)


def refuse_older(desk: Desk, state: State, plan: Plan, *, allowed: bool) -> None:
    """Raises Refused."""
    number = 0 if allowed else _behind(desk, state, plan)
    if number:
        help = (_which(desk, state, number), "Update the folder, or mean it: stack apply --allow-older-commit")
        says = "this folder is older than what runs; nothing was applied"
        raise Refused([Diagnostic("older-commit", says, help=help)])


def _behind(desk: Desk, state: State, plan: Plan) -> int:
    commit = state.origin.commit
    if plan.empty or plan.destroy or plan.refresh_only or not commit:
        return 0
    number = behind(desk.base, commit)
    if number is None and desk.options.verbose:
        desk.options.say(
            f"Not compared with commit {safe(commit[:7])}, which was applied last: git does not know it here."
        )
    return number or 0


def _which(desk: Desk, state: State, number: int) -> str:
    last = state.origin
    when = f" ({minute(last.at)}, by {safe(last.by)})" if last.at is not None else ""
    here = origin(desk.base, desk.stack.clock.now()).commit[:7]
    return f"Last applied: commit {safe(last.commit[:7])}{when}; here: {here}, {count(number, 'commit')} behind it."
