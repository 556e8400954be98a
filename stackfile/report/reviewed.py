"""What was reviewed and what would happen now, side by side."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.plan.plan import Change, FieldChange, Origin
from stackfile.plan.reviewed import Review
from stackfile.report.text import WIDTH, pad, safe, width, wrapped
from stackfile.report.value_text import field_name, is_secret, shortened

_MOST_FIELDS = 4
_MOST_FLAGS = 5
_ROOM = 32
_LABEL = 10


def review_lines(review: Review, here: str, there: str) -> list[str]:
    """`here` and `there` are the commits of this folder and of the reviewed plan; empty where they cannot be told."""
    at = f" at commit {safe(here[:7])}" if here else ""
    commit = f" (pull request commit {safe(there[:7])})" if there else ""
    lines = [f"Planned anew{at} and compared with the reviewed plan{commit}:"]
    lines += _row("same", _names(review.same))
    lines += _row("gone", [f"{name} (no longer needed)" for name in _names(review.gone)])
    columns = max((width(safe(str(change.address))) for change in review.new), default=0)
    for change in review.new:
        lines += _new(change, columns)
    return lines if len(lines) > 1 else [*lines, "  nothing is left to do"]


def _names(addresses: Iterable[Address]) -> list[str]:
    return [safe(str(address)) for address in addresses]


def _row(label: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    first, *more = wrapped(", ".join(names), WIDTH - _LABEL - 2)
    return [f"  {pad(label, _LABEL)}{first}", *(" " * (_LABEL + 2) + line for line in more)]


def _new(change: Change, columns: int) -> list[str]:
    start = f"  {pad('NEW', _LABEL)}{pad(safe(str(change.address)), columns)}   {change.action.name.lower()}"
    fields = [_field(one) for one in change.fields[:_MOST_FIELDS]]
    hidden = len(change.fields) - len(fields)
    fields += [f"and {hidden:,} more"] if hidden else []
    if not fields:
        return [start]
    return [f"{start}   {fields[0]}", *(" " * (width(start) + 3) + line for line in fields[1:])]


def _field(one: FieldChange) -> str:
    origin = f"   [{one.origin}]" if one.origin is not Origin.CONFIG else ""
    if is_secret(one.before) or is_secret(one.after):
        return f"{field_name(one.path)}: (sensitive, changed){origin}"
    return f"{field_name(one.path)}: {shortened(one.before, _ROOM)} -> {shortened(one.after, _ROOM)}{origin}"


def never_reviewed(review: Review, apply: str, again: str) -> tuple[Diagnostic, ...]:
    """`apply` is the command that applies the reviewed plan, `again` the one that makes it anew."""
    new = len(review.new)
    if not new:
        return ()
    what = "1 change was never reviewed" if new == 1 else f"{new:,} changes were never reviewed"
    flags = [f"--exclude {shlex.quote(safe(str(change.address)))}" for change in review.new]
    help = f"Have all of it reviewed: {again}"
    if review.same and len(flags) <= _MOST_FLAGS:
        help = f"Apply the reviewed ones only:  {' '.join([apply, *flags])}"
    return (Diagnostic("plan-not-reviewed", f"{what}; nothing was applied", help=(help,)),)
