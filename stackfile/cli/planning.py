"""Makes a plan, shows it, and saves it where that was asked for."""

from __future__ import annotations

from dataclasses import replace

from stackfile.cli import loop
from stackfile.cli.fences import PLAN_FILE, older, save_command
from stackfile.cli.keeping import Keeping
from stackfile.cli.options import Options
from stackfile.cli.origin import commit_of
from stackfile.cli.planned import print_markdown, print_plan
from stackfile.cli.saved import apply_command, keep_key, today, write_plan
from stackfile.cli.selecting import command_line
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.preview import Planned, preview
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.report.change_text import Notes


def make_plan(options: Options, question: Question, keeping: Keeping) -> Plan:
    desk = open_desk(replace(options, no_secrets=keeping.no_secrets))
    planned = loop.run(_plan(desk, question, keeping))
    desk.hush()
    warning = older(desk, planned.known.state, planned.plan)
    if warning is not None:
        planned = replace(planned, plan=replace(planned.plan, diagnostics=(*planned.plan.diagnostics, warning)))
    notes = _notes(desk, question, keeping)
    if keeping.form == "markdown" and not options.json:
        print_markdown(options, planned, notes, commit_of(desk.base))
    else:
        print_plan(replace(options, json=options.json or keeping.form == "json"), planned, notes)
    return planned.plan


def _notes(desk: Desk, question: Question, keeping: Keeping) -> Notes:
    options = desk.options
    if keeping.out is not None:
        return Notes(apply=apply_command(options, keeping.out), allowed=keeping.allowed, saved_to=str(keeping.out))
    if desk.configuration.protected:
        reviewed = f"{save_command(options, question)}, then: {apply_command(options, PLAN_FILE)}"
        return Notes(apply=reviewed, allowed=keeping.allowed)
    return Notes(apply=command_line(options, question), allowed=keeping.allowed)


async def _plan(desk: Desk, question: Question, keeping: Keeping) -> Planned:
    if keeping.out is None:
        return await preview(desk.stack, question)
    await keep_key(desk)
    planned = await preview(desk.stack, question)
    now = today(desk, planned, await desk.stack.store.seal())
    write_plan(keeping.out, now, question, keeping.allowed, desk.base)
    return planned
