"""What became of the calls of a run that was killed: a line for each, and the frame around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackfile.address import Address
from stackfile.events import Recovered
from stackfile.plan.ledger import KilledRun
from stackfile.report.moments import clock, whole_duration
from stackfile.report.text import WIDTH, count, pad, safe, width, wrapped

_VERDICTS = {
    "recorded": "recorded as done",
    "adopted": "adopted",
    "cleared": "cleared",
    "pending": "pending: looked at again by the next apply",
    "exists": "",
    "again": "planned anew",
}
"""What a verdict means for what comes; `exists` says enough by itself."""
_OPEN = ("pending", "exists")


def recovery_line(event: Recovered, address_columns: int = 0, says_columns: int = 0) -> str:
    """`sources.orders_pg   update: live equals what was sent     recorded as done`, indented by two.

    Further lines of what the event says stand under its first, behind the verb.
    """
    return "\n".join(_lines(event, address_columns, says_columns))


def recovery_text(
    events: Sequence[Recovered],
    left: int,
    killed: KilledRun | None = None,
    advice: Mapping[Address, Sequence[str]] | None = None,
) -> str:
    """All verdicts under one heading. `left` counts the changes that are still to be made.

    `advice` are lines for what a person must judge. Empty text where there is nothing to tell.
    """
    if not events:
        return ""
    addresses = max(width(safe(str(event.address))) for event in events)
    says = max(width(_first(event)) for event in events)
    lines = _heading(len(events), killed)
    for event in events:
        lines += _lines(event, addresses, says)
        lines += [f"    {safe(line)}" for line in (advice or {}).get(event.address, ())]
    return "\n".join([*lines, _ending(events, left)]) + "\n"


def _heading(calls: int, killed: KilledRun | None) -> list[str]:
    lost = f"{count(calls, 'call')} had no recorded answer:"
    if killed is None:
        return [f"An earlier run was killed. {lost}"]
    where = f"host {safe(killed.host)}, " if killed.host else ""
    beat = f"last heartbeat {clock(killed.heartbeat_at)} UTC, {whole_duration(killed.ago)} ago"
    says = f"Run {safe(killed.run)} was killed ({where}{beat}). Its lock had expired and was taken over."
    return wrapped(f"{says} {lost}", WIDTH)


def _lines(event: Recovered, addresses: int, says: int) -> list[str]:
    start = f"  {pad(safe(str(event.address)), addresses)}   "
    verdict = _VERDICTS.get(event.verdict, safe(event.verdict))
    if event.verdict == "cleared" and event.verb.endswith("create"):
        verdict = "cleared, created below"
    below = [" " * width(start) + safe(line) for line in event.says.split("\n")[1:]]
    return [f"{start}{pad(_first(event), says)}   {verdict}".rstrip(), *below]


def _first(event: Recovered) -> str:
    return f"{safe(event.verb)}: {safe(event.says.split(chr(10))[0])}"


def _ending(events: Sequence[Recovered], left: int) -> str:
    open_ones = sum(event.verdict in _OPEN for event in events)
    settled = "Nothing lost, nothing twice." if not open_ones else f"{count(open_ones, 'call')} still open."
    return f"{settled} {count(left, 'change')} left."
