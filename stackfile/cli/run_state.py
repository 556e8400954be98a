"""stack pause, stop, start, resume: the run state of objects by hand; and release, which ends a hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.origin import holder, who
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import lock_timeout, matching, patterns
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.run_state import WANTED, Choose, Order, change_run_state
from stackfile.engine.run_state import release as take_holds
from stackfile.errors import DiagnosticError
from stackfile.events import Emit, StageWaiting
from stackfile.plan.holding import Outcome
from stackfile.portable.quantities import parse_duration
from stackfile.report.run_state import outcomes_json, outcomes_text
from stackfile.state.format import Hold

F = TypeVar("F", bound=Callable[..., Any])


def _arguments(function: F) -> F:
    """What the four verbs take."""
    for option in (
        lock_timeout,
        click.option("--until", metavar="TIME", help="How long the hold counts: 3h, or 2026-11-21T09:00Z."),
        click.option("--hold", metavar="REASON", help="Keep it so until it is released; plans leave it alone."),
        click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, callback=patterns),
    ):
        function = option(function)
    return function


@stack_command
@_arguments
def pause(options: Options, /, addresses: tuple[str, ...], **given: Any) -> Exit:
    """Pause what moves data; it goes on where it was. Addresses may be globs."""
    return _operate(options, "pause", addresses, **given)


@stack_command
@_arguments
def stop(options: Options, /, addresses: tuple[str, ...], **given: Any) -> Exit:
    """Stop what moves data. Addresses may be globs."""
    return _operate(options, "stop", addresses, **given)


@stack_command
@_arguments
def start(options: Options, /, addresses: tuple[str, ...], **given: Any) -> Exit:
    """Start what was stopped. Addresses may be globs."""
    return _operate(options, "start", addresses, **given)


@stack_command
@_arguments
def resume(options: Options, /, addresses: tuple[str, ...], **given: Any) -> Exit:
    """Resume what was paused. Addresses may be globs."""
    return _operate(options, "resume", addresses, **given)


@stack_command
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, callback=patterns)
@lock_timeout
def release(options: Options, addresses: tuple[str, ...], lock_timeout: float) -> Exit:
    """End holds; the stackfile decides again. Nothing live changes now."""
    desk = open_desk(options)
    held_by = holder("stack release", desk.run)
    return _tell(options, loop.run(take_holds(desk.stack, _choose_held(desk, addresses), held_by, lock_timeout)))


def _operate(
    options: Options, verb: str, addresses: tuple[str, ...], hold: str | None, until: str | None, lock_timeout: float
) -> Exit:
    desk = open_desk(options, _wait_lines(options))
    order = Order(
        verb, _choose(desk, addresses), _hold(verb, hold, until, desk.stack.clock.now()), frozenset(_exact(addresses))
    )
    held_by = holder(f"stack {verb}", desk.run)
    return _tell(options, loop.run(change_run_state(desk.stack, order, held_by, lock_timeout)))


def _wait_lines(options: Options) -> Emit:
    """Says what is waited for, and how long by now."""
    from stackfile.report.events_text import event_line

    return lambda event: options.say(event_line(event)) if isinstance(event, StageWaiting) else None


def _choose(desk: Desk, addresses: tuple[str, ...]) -> Choose:
    return lambda state: _chosen(desk, addresses, state.records)


def _choose_held(desk: Desk, addresses: tuple[str, ...]) -> Choose:
    """With those whose object is not made anew yet."""
    return lambda state: _chosen(desk, addresses, {**state.records, **state.holds})


def _chosen(desk: Desk, addresses: tuple[str, ...], there: Collection[Address]) -> Collection[Address]:
    for address in _exact(addresses):
        if address in desk.configuration.resources and address not in there:
            says = f"{address} is in the stackfile, and not in the state: it was not applied yet"
            raise DiagnosticError.of("not-applied", says, "First: stack apply")
    return matching(addresses, there)


def _exact(addresses: Sequence[str]) -> list[Address]:
    found = []
    for text in addresses:
        try:
            found.append(Address.parse(text))
        except ValueError:
            continue  # a glob
    return found


def _hold(verb: str, reason: str | None, until: str | None, now: datetime) -> Hold | None:
    if reason is None:
        if until is not None:
            raise _wrong("--until is of a hold: add --hold with the reason", "--until")
        return None
    if not reason.strip():
        raise _wrong("a hold needs a reason that tells others why, such as a ticket", "--hold")
    return Hold(WANTED[verb], reason.strip(), who(), _moment(until, now) if until is not None else None)


def _moment(text: str, now: datetime) -> datetime:
    """The moment that a duration or a time of the day means, to the second."""
    try:
        at = now + timedelta(milliseconds=parse_duration(text))
    except ValueError:
        at = _time(text)
    if at <= now:
        raise _wrong(f"{text} is past: it is {now:%Y-%m-%dT%H:%MZ}", "--until")
    return at.astimezone(UTC).replace(microsecond=0)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(f"{text} is no time: write 3h, or 2026-11-21T09:00Z", "--until") from None
    if at.tzinfo is None:
        raise _wrong(f"{text} does not say where: write {text}Z for UTC", "--until")
    return at


def _wrong(says: str, option: str) -> click.BadParameter:
    return click.BadParameter(says, click.get_current_context(), param_hint=option)


def _tell(options: Options, outcomes: Sequence[Outcome]) -> Exit:
    if options.json:
        options.put(json.dumps(outcomes_json(outcomes), sort_keys=True))
    else:
        options.put(complete(options, outcomes_text(outcomes)))
    return Exit.FAILED if any(one.failure for one in outcomes) else Exit.DONE
