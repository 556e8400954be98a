"""Which plan an apply goes by: one made now, which a person must see; or a saved one, which somebody has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn, Protocol

from stackfile.address import Address
from stackfile.cli.options import Options
from stackfile.cli.origin import origin
from stackfile.cli.saved import apply_command, plan_command, today
from stackfile.cli.selecting import command_line
from stackfile.cli.session import Desk
from stackfile.engine.preview import Planned
from stackfile.errors import Diagnostic, Refused
from stackfile.plan.guard import Allowances
from stackfile.plan.hold import Standing, Today, compare
from stackfile.plan.planner import resource_graph
from stackfile.plan.question import Question
from stackfile.plan.reach import providers_of
from stackfile.plan.reviewed import review
from stackfile.plan.saved import SavedPlan
from stackfile.plan.select import Selection, select
from stackfile.report.reviewed import never_reviewed, review_lines
from stackfile.report.stale import Frame, checked_line, left_lines, stale
from stackfile.state.secrets import Seal


@dataclass(frozen=True, slots=True)
class Agreed:
    """The plan to go by. `agreed`: somebody has seen it, so nobody is asked. `before` is told before the run begins,
    `once_begun` when it has."""

    planned: Planned
    agreed: bool = False
    before: Sequence[str] = ()
    once_begun: Sequence[str] = ()


class Course(Protocol):
    """What the plan of an apply is held against, under the lease and before the first effect."""

    @property
    def question(self) -> Question: ...

    @property
    def allowed(self) -> Allowances:
        """What was allowed before this command."""

    def command(self, options: Options) -> str:
        """The command that takes this course once more."""

    def settle(self, desk: Desk, planned: Planned, seal: Seal) -> Agreed:
        """Raises Refused."""


@dataclass(frozen=True, slots=True)
class MadeNow:
    """The plan that is made now, as it comes."""

    question: Question
    allowed: Allowances = field(default_factory=Allowances)

    def command(self, options: Options) -> str:
        return command_line(options, self.question)

    def settle(self, desk: Desk, planned: Planned, seal: Seal) -> Agreed:
        return Agreed(planned)


@dataclass(frozen=True, slots=True)
class Strict:
    """A saved plan as it is, or not at all. `exclude` are patterns of what is left out of it."""

    saved: SavedPlan
    file: Path
    exclude: tuple[str, ...] = ()

    @property
    def question(self) -> Question:
        return replace(with_exclusions(self.saved.question, self.exclude), held=True)

    @property
    def allowed(self) -> Allowances:
        return self.saved.allowed

    def command(self, options: Options) -> str:
        return apply_command(options, self.file)

    def settle(self, desk: Desk, planned: Planned, seal: Seal) -> Agreed:
        _refuse_without_secrets(self.saved, self.file)
        _refuse_others(self.saved, planned, seal, self.file)
        now = today(desk, planned, seal)
        standing = compare(self.saved, replace(now, excluded=_left_out(now, self.exclude, self.saved.plan.destroy)))
        refused = stale(standing, self._frame(desk, planned))
        if refused:
            raise Refused(refused)
        return Agreed(replace(planned, plan=standing.plan), True, left_lines(standing.outputs), _checked(standing))

    def _frame(self, desk: Desk, planned: Planned) -> Frame:
        state, plan = planned.known.state, self.saved.plan
        options = replace(desk.options, env=None)
        return Frame(
            file=str(self.file),
            changes=len(plan.changes),
            made_at=plan.made_at,
            apply=apply_command(options, self.file),
            again=plan_command(options, self.saved, self.file),
            last=state.origin,
            serial=state.serial,
        )


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan made now, as long as it does nothing that was not reviewed in a saved one."""

    saved: SavedPlan
    file: Path
    exclude: tuple[str, ...] = ()

    @property
    def question(self) -> Question:
        return with_exclusions(self.saved.question, self.exclude)

    @property
    def allowed(self) -> Allowances:
        return self.saved.allowed

    def command(self, options: Options) -> str:
        return apply_command(options, self.file, reviewed=True)

    def settle(self, desk: Desk, planned: Planned, seal: Seal) -> Agreed:
        _refuse_another_stack(self.saved, planned, self.file)
        now = today(desk, planned, seal)
        left_out = _left_out(now, self.exclude, self.saved.plan.destroy)
        left_out |= {address for one in planned.plan.skipped for address in one.addresses}
        left_out |= {one.address for one in planned.plan.pending}
        found = review(self.saved.plan, now.veil.plan(planned.plan), left_out)
        here = origin(desk.base, desk.stack.clock.now()).commit
        lines = review_lines(found, here, self.saved.made_from.commit)
        options = replace(desk.options, env=None)
        again = plan_command(options, self.saved, self.file)
        refused = never_reviewed(found, self.command(options), again)
        if refused:
            if not desk.options.json:
                desk.options.say("\n".join(lines))
            raise Refused(refused)
        return Agreed(planned, True, lines)


def with_exclusions(question: Question, exclude: tuple[str, ...]) -> Question:
    selection = question.selection
    return replace(question, selection=Selection(selection.target, (*selection.exclude, *exclude)))


def _checked(standing: Standing) -> list[str]:
    return [checked_line(standing)] if standing.plan.changes else []


def _left_out(now: Today, exclude: tuple[str, ...], destroy: bool) -> frozenset[Address]:
    if not exclude:
        return frozenset()
    state = now.known.state
    graph = resource_graph(now.configuration, state, destroy=destroy)
    chosen = select(Selection((), exclude), graph, providers_of(now.configuration, state))
    return frozenset(graph.order) - chosen


def _refuse_without_secrets(saved: SavedPlan, file: Path) -> None:
    if saved.plan.uncompared:
        says = f"{file} was made without secrets ({', '.join(saved.plan.uncompared)}), and cannot be applied"
        help = (f"Where the secrets are: stack plan --out {file}, and then apply that.",)
        raise Refused([Diagnostic("plan-not-applicable", says, help=help)])


def _refuse_another_stack(saved: SavedPlan, planned: Planned, file: Path) -> None:
    ours, state = saved.plan, planned.known.state
    if (ours.stack, ours.env) != (state.stack, state.env):
        _other(f"{file} is a plan for stack {ours.stack} ({ours.env}), not for {state.stack} ({state.env})", file)


def _refuse_others(saved: SavedPlan, planned: Planned, seal: Seal, file: Path) -> None:
    """Raises Refused for a plan of another stack, another state, or another key."""
    _refuse_another_stack(saved, planned, file)
    ours, state = saved.plan, planned.known.state
    if ours.serial and ours.lineage != state.lineage:
        says = f"{file} was made from another state of this stack: its lineage is {ours.lineage}, not {state.lineage}"
        _other(says, file)
    if saved.kid != seal.kid:
        _other(f"{file} was made with another key of the state's secrets, so nothing in it can be compared", file)


def _other(says: str, file: Path) -> NoReturn:
    raise Refused([Diagnostic("plan-other-stack", says, help=(f"Plan again: stack plan --out {file}",))])
