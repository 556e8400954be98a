"""What became of pausing, stopping, starting, resuming and releasing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackfile.plan.holding import Outcome
from stackfile.report.json_values import encodable
from stackfile.report.moments import minute, rfc3339
from stackfile.report.text import indented, quoted, safe, table
from stackfile.state.format import Hold


def outcomes_text(outcomes: Sequence[Outcome]) -> str:
    """A line for each resource, and what the plan will do about it."""
    rows = [(safe(str(one.address)), _said(one), _next(one)) for one in outcomes]
    lines: list[str] = []
    for one, line in zip(outcomes, table(rows, gap=3), strict=True):
        lines += [line.rstrip(), *(indented(safe(one.says), 2) if one.says and not one.failure else [])]
    if any(one.released is not None for one in outcomes):
        lines.append("Where the stackfile says another status the next plan has it: stack plan")
    return "\n".join(lines)


def _said(one: Outcome) -> str:
    if one.failure:
        return f"FAILED: {safe(one.failure)}"
    if one.released is not None:
        return f"released: no longer held {safe(one.released.status)} ({quoted(one.released.reason)})"
    if one.was == one.status:
        return f"already {safe(one.status)}"
    return f"{safe(one.was)} -> {safe(one.status)}"


def _next(one: Outcome) -> str:
    if one.hold is not None:
        return f"held {hold_text(one.hold)}"
    return f"the next apply restores {safe(one.restores)}; --hold REASON keeps it" if one.restores else ""


def hold_text(hold: Hold) -> str:
    """`(ana, "INC-4312", until 2026-11-21 09:00 UTC)`."""
    until = f", until {minute(hold.until)}" if hold.until is not None else ""
    return f"({safe(hold.by)}, {quoted(hold.reason)}{until})"


def outcomes_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return encodable({"resources": [_outcome(one) for one in outcomes]})


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "address": str(one.address),
        "was": one.was,
        "status": one.status,
        "changed": one.was != one.status or one.released is not None,
        "hold": hold_json(one.hold),
        "released": hold_json(one.released),
        "restores": one.restores or None,
        "error": one.failure or None,
        "says": one.says or None,
    }


def hold_json(hold: Hold | None) -> dict[str, Any] | None:
    if hold is None:
        return None
    until = rfc3339(hold.until) if hold.until is not None else None
    return {"status": hold.status, "reason": hold.reason, "by": hold.by, "until": until}
