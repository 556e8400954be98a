"""What apply and destroy share: the plan is shown, guards are answered, the walk is told, the ledger closes it."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stackfile.cli import loop
from stackfile.cli.answers import answer
from stackfile.cli.courses import Agreed, Course
from stackfile.cli.edge import tell
from stackfile.cli.exit_codes import Exit
from stackfile.cli.fences import refuse_older, refuse_unreviewed
from stackfile.cli.last_run import note_begun, note_ended
from stackfile.cli.options import Options
from stackfile.cli.origin import holder, origin
from stackfile.cli.planned import print_plan
from stackfile.cli.progress import Progress
from stackfile.cli.selecting import Walk, command_line, global_words
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.account import account
from stackfile.engine.apply import Applied, Orders
from stackfile.engine.brake import Brake
from stackfile.engine.operate import Approval, execute
from stackfile.engine.preview import Planned
from stackfile.errors import Diagnostic, Refused
from stackfile.events import RunStarted, Stopping
from stackfile.plan.guard import Allowances, refusals, replaced_by_drift
from stackfile.plan.plan import Plan, Skipped
from stackfile.plan.question import Question
from stackfile.report.change_text import Notes
from stackfile.sdk.traits import Impact
from stackfile.state.secrets import Seal


@dataclass
class Signals:
    """The first SIGINT or SIGTERM lets running calls end, the second ends the process."""

    progress: Progress
    desk: Desk
    brake: Brake = field(default_factory=Brake)

    def watch(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._arrived)

    def _arrived(self) -> None:
        if self.brake.pulled:
            os._exit(Exit.INTERRUPTED)
        self.brake.pull()
        self.progress.emit(Stopping(self.progress.running, self.desk.stack.clock.now()))


def carry_out(options: Options, course: Course, walk: Walk) -> Exit:
    """Plans, asks where nobody has seen the plan, applies and prints the ledger."""
    question = course.question
    progress = Progress(options)
    desk = open_desk(options, progress.emit)
    signals = Signals(progress, desk)
    command = "stack destroy" if question.destroy else "stack apply"
    approver = _Approver(desk, walk, course, progress, signals)
    approval = Approval(
        approve=approver.approve,
        orders=_orders(walk, signals),
        holder=holder(command, desk.run),
        origin=origin(desk.base, desk.stack.clock.now()),
        lock_timeout=walk.lock_timeout,
        hold=approver.hold,
    )
    try:
        applied = loop.run(execute(desk.stack, question, approval))
    finally:
        progress.close()
    desk.hush()
    if applied is None:
        options.say("Nothing was changed.")
        return Exit.FAILED
    return _close(desk, applied, progress, _again(desk, question))


def _again(desk: Desk, question: Question) -> str:
    """The command that makes what a failed run left open."""
    if question.destroy or question.refresh_only:
        return command_line(desk.options, question)
    return shlex.join(["stack", "apply", "--resume", *global_words(desk.options)])


def _orders(walk: Walk, signals: Signals) -> Orders:
    orders = Orders(walk.parallelism, walk.fail_fast, brake=signals.brake)
    return replace(orders, wait=0.0) if walk.no_wait else orders


def _close(desk: Desk, applied: Applied, progress: Progress, again: str) -> Exit:
    note_ended(desk, applied)
    if not applied.plan.empty:
        ledger = account(applied, desk.configuration, desk.run, again, shlex.join(global_words(desk.options)))
        progress.ledger(ledger)
        progress.outputs(applied.state.outputs)
        if applied.unsaved is not None:
            tell(desk.options, applied.unsaved.diagnostics)
        if ledger.interrupted:
            return Exit.INTERRUPTED
    silent = [one for one in applied.plan.skipped if one.says != "excluded"]
    if silent and not applied.plan.empty:
        tell(desk.options, [_left_out(one) for one in silent])
    return Exit.DONE if applied.complete and not silent else Exit.FAILED


def _left_out(one: Skipped) -> Diagnostic:
    number = len(one.addresses)
    what = "1 resource of it was" if number == 1 else f"{number:,} resources of it were"
    help = ("Once it answers again, the same command does the rest.",)
    return Diagnostic("provider-left-out", f"{one.provider} did not answer, and {what} left out", help=help)


@dataclass
class _Approver:
    """Shows the plan, unless somebody has seen it, and gets the word to go on."""

    desk: Desk
    walk: Walk
    course: Course
    progress: Progress
    signals: Signals
    allowed: Allowances = field(init=False)
    settled: Agreed | None = None

    def __post_init__(self) -> None:
        asked = Allowances(replace=self.course.question.wishes.replace)
        self.allowed = self.walk.allowed.over(self.course.allowed).over(asked)

    def hold(self, planned: Planned, seal: Seal) -> Planned:
        """The part of the plan that the course is about. Raises Refused."""
        self.settled = self.course.settle(self.desk, planned, seal)
        plan = self.settled.planned.plan
        if not plan.empty and not plan.refresh_only:
            if not self.settled.agreed:
                refuse_unreviewed(self.desk, plan)
            refuse_older(self.desk, planned.known.state, plan, allowed=self.walk.allow_older_commit)
        return self.settled.planned

    def approve(self, planned: Planned) -> bool:
        """False for a person's no. Raises Refused where a guard stands, or where nobody is there to ask."""
        options, plan = self.desk.options, planned.plan
        self.desk.hush()
        self.progress.planned(plan)
        agreed = self.settled is not None and self.settled.agreed
        if self.settled is not None:
            self._say(self.settled.before)
        if not options.json and (not agreed or plan.empty):
            print_plan(options, planned, Notes(apply=""))
        if plan.empty:
            return True
        asks = not self.walk.yes and not agreed
        if asks and options.can_ask:
            self._refuse(plan, replace(self.allowed, data_loss=("*",), replace=("*",)))
            self._ask_about_loss(plan)
            self._ask_about_drift(plan)
        self._refuse(plan, self.allowed)
        if asks and not self._ask(plan):
            return False
        self._begin(plan)
        return True

    def _begin(self, plan: Plan) -> None:
        at_once = self.walk.parallelism
        now = self.desk.stack.clock.now()
        self.progress.emit(RunStarted(self.desk.run, holder("", "").by, len(plan.changes), at_once, now))
        note_begun(self.desk, plan, self.course.question)
        if self.settled is not None:
            self._say(self.settled.once_begun)
        self.progress.started(plan)
        self.signals.watch()

    def _say(self, lines: Sequence[str]) -> None:
        if lines and not self.desk.options.json:
            self.desk.options.say("\n".join(lines))

    def _refuse(self, plan: Plan, allowed: Allowances) -> None:
        refused = refusals(plan, allowed)
        if refused:
            raise Refused(refused)

    def _ask_about_loss(self, plan: Plan) -> None:
        """An interactive yes to data loss names the resource. After the first no there is nothing more to ask."""
        for change in plan.changes:
            if change.impact is Impact.DATA_LOSS and not self.allowed.allows_loss(change.address):
                typed = answer(f"{change.address} loses data. To allow it type its address: ")
                if typed != str(change.address):
                    return
                self.allowed = replace(self.allowed, data_loss=(*self.allowed.data_loss, typed))

    def _ask_about_drift(self, plan: Plan) -> None:
        """So does a yes to a replacement that nobody but drift wants."""
        for change in plan.changes:
            if replaced_by_drift(change) and not self.allowed.allows_replace(change.address):
                says = f"{change.address} is replaced only because of a change outside the stackfile."
                typed = answer(f"{says} To allow it type its address: ")
                if typed != str(change.address):
                    return
                self.allowed = replace(self.allowed, replace=(*self.allowed.replace, typed))

    def _ask(self, plan: Plan) -> bool:
        options = self.desk.options
        if not options.can_ask:
            flags = [f"--allow {shlex.quote(f'data_loss={text}')}" for text in self.allowed.data_loss]
            says = "nobody is there to say yes"
            command = self.course.command(options)
            help = (f"If the plan is what you want: {' '.join([command, '--yes', *flags])}",)
            raise Refused([Diagnostic("needs-yes", says, help=help)])
        what = "Apply these changes"
        if plan.destroy or plan.refresh_only:
            what = "Destroy all of this" if plan.destroy else "Take this into the state"
        return answer(f"{what}? Only `yes` is a yes: ") == "yes"
