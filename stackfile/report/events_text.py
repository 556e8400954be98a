"""Events of a run as lines for a log: one line each, that can be searched for, columns aligned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from stackfile.address import Address
from stackfile.events import (
    Event,
    ReadDone,
    Recovered,
    RunStarted,
    StageDone,
    StageFailed,
    StageStarted,
    StageWaiting,
    Stopping,
    TakenOver,
)
from stackfile.plan.plan import ReadSummary
from stackfile.report.moments import clock, duration, whole_duration
from stackfile.report.plan_text import read_sentence
from stackfile.report.recovery import recovery_line
from stackfile.report.text import count, pad, safe, width


def address_columns(addresses: Iterable[Address]) -> int:
    """How wide the column of addresses is to be, for `event_line`."""
    return max((width(safe(str(address))) for address in addresses), default=0)


def event_line(event: Event, columns: int = 0) -> str:
    """The event as text: one line, without its newline. `columns` is the width of the addresses' column."""
    if isinstance(event, StageStarted | StageWaiting | StageDone | StageFailed):
        return _stage_line(event, columns)
    if isinstance(event, Recovered):
        return recovery_line(event, columns)
    if isinstance(event, RunStarted):
        changes, most = count(event.changes, "change"), event.parallelism
        return f"Run {safe(event.run)}. Lock taken by {safe(event.holder)}. {changes}, at most {most} at once."
    if isinstance(event, TakenOver):
        return f"The lock of run {safe(event.run)}, which was killed, is taken over."
    if isinstance(event, ReadDone):
        return read_sentence(ReadSummary(event.objects, event.calls, event.seconds))
    return _stopping(event)


def _stage_line(event: StageStarted | StageWaiting | StageDone | StageFailed, columns: int) -> str:
    if isinstance(event, StageStarted):
        return _line("start", event.at, event.address, columns, event.verb)
    if isinstance(event, StageWaiting):
        says = f"{event.says or event.verb}, {whole_duration(event.waited)} of {whole_duration(event.limit)}"
        return _line("wait", event.at, event.address, columns, says)
    took = duration(event.seconds)
    if isinstance(event, StageDone):
        return _line("done", event.at, event.address, columns, f"{event.verb}   {took}")
    return _line("fail", event.at, event.address, columns, f"{event.verb}   {event.says} after {took}")


def _line(word: str, at: datetime, address: Address, columns: int, says: str) -> str:
    return f"{clock(at)}  {word:5}  {pad(safe(str(address)), columns)}  {safe(says)}"


def _stopping(event: Stopping) -> str:
    ends = f"{count(event.running, 'running call')} may end first" if event.running else "no call is running"
    return f"{clock(event.at)}  stop   nothing more is started; {ends}; a second signal stops at once"
