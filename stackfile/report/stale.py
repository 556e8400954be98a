"""What no longer holds of a saved plan, as the diagnostics that refuse it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stackfile.errors import Diagnostic
from stackfile.plan.hold import Difference, Moved, Standing, Why
from stackfile.report.moments import minute
from stackfile.report.text import count, pad, safe, width
from stackfile.report.value_text import field_name, is_secret, shortened
from stackfile.state.format import Origin

_MOST_ROWS = 12
_MOST_FIELDS = 6
_MOST_FLAGS = 5
_ROOM = 40
_SETTLED = {Why.LIVE: "somebody repaired it already", Why.GONE: "nothing is left to do for it"}

_PLAIN = {
    Why.SILENT: "could not be looked at: its provider does not answer",
    Why.OPEN: "a call of an earlier run on it has no recorded answer yet",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the text says around the rows: the file's name, how many changes the plan has, when it was made, the command
    that applies it and the one that makes it anew, and who applied last, at which serial."""

    file: str
    changes: int
    made_at: datetime | None
    apply: str
    again: str
    last: Origin
    serial: int


def stale(standing: Standing, frame: Frame) -> tuple[Diagnostic, ...]:
    """Why a saved plan cannot be applied as it is. Empty: it can."""
    return (*_moved(standing, frame), *_elsewhere(standing, frame))


def _moved(standing: Standing, frame: Frame) -> Iterable[Diagnostic]:
    moved = standing.moved
    if moved:
        verb = "holds" if len(moved) == 1 else "hold"
        total = f"{len(moved):,} of {count(frame.changes, 'change')}"
        message = f"{total} in {frame.file} no longer {verb}; nothing was applied"
        yield Diagnostic("plan-stale", message, help=tuple(_help(standing, frame)))


def _help(standing: Standing, frame: Frame) -> list[str]:
    return [*_rows(standing, frame), *_last_applied(standing, frame), *_way_out(standing, frame)]


def _elsewhere(standing: Standing, frame: Frame) -> Iterable[Diagnostic]:
    for name in standing.elsewhere:
        says = f"`{name}` is connected to something else than when {frame.file} was made; nothing was applied"
        yield Diagnostic("plan-stale", says, help=(f"Connect it to the same service, or plan again: {frame.again}",))


def _rows(standing: Standing, frame: Frame) -> list[str]:
    shown = standing.moved[:_MOST_ROWS]
    columns = max(width(safe(str(one.address))) for one in shown)
    lines: list[str] = []
    for one in shown:
        first, *more = _says(one, standing, frame)
        lines.append(f"{pad(safe(str(one.address)), columns)}   {first}")
        lines += [" " * (columns + 3) + line for line in more]
    hidden = len(standing.moved) - len(shown)
    return lines + ([f"and {hidden:,} more"] if hidden else [])


def _says(one: Moved, standing: Standing, frame: Frame) -> list[str]:
    when = f" ({minute(frame.made_at)})" if frame.made_at is not None else ""
    if one.why is Why.STATE:
        return [f"the state moved since the plan{'; nothing is left to do for it' if one.settled else ''}"]
    if one.why is Why.CONFIG:
        return _config(one, standing)
    if one.why is Why.LIVE:
        return _with_fields(f"changed live since the plan{when}", one)
    if one.why is Why.GONE:
        return [f"made or deleted outside the stackfile since the plan{when}"]
    if one.why is Why.NEED:
        return [f"needs {safe(str(one.needs))}, which moved since the plan{when}"]
    if one.why is Why.LOOKUP:
        return [_lookup(one, when)]
    if one.why in _PLAIN:
        return [_PLAIN[one.why]]
    return ["no longer needed"] if one.settled else _with_fields("would be another change now", one)


def _last_applied(standing: Standing, frame: Frame) -> list[str]:
    """Who moved the state, where it moved."""
    last = frame.last
    if last.at is None or all(one.why is not Why.STATE for one in standing.moved):
        return []
    by = f" by {safe(last.by)}" if last.by else ""
    commit = f" from commit {safe(last.commit[:7])}" if last.commit else ""
    return [f"Applied since: {minute(last.at)}{by}{commit}, serial {frame.serial}."]


def _config(one: Moved, standing: Standing) -> list[str]:
    names = ", ".join(safe(name) for name in standing.variables)
    because = f" (changed: var {names})" if names else ""
    if one.secret:
        return [f"a secret has another value than at plan{because}"]
    return _with_fields(f"the stackfile says something else since the plan{because}", one)


def _lookup(one: Moved, when: str) -> str:
    (ids,) = one.differences
    needs = f"needs {safe(str(one.needs))}, which is looked up and"
    if ids.after is None:
        return f"{needs} was found at plan{when}, but is not there now"
    if ids.before == ids.after:
        return f"{needs} changed live since the plan{when}"
    return f"{needs} is another object since the plan{when}: {_field(ids)}"


def _with_fields(says: str, one: Moved) -> list[str]:
    if not one.differences:
        return [f"{says}{'; ' + _SETTLED[one.why] if one.settled and one.why in _SETTLED else ''}"]
    shown = [_field(field) for field in one.differences[:_MOST_FIELDS]]
    if one.settled and one.why in _SETTLED:
        shown[0] += f"   {_SETTLED[one.why]}"
    hidden = len(one.differences) - len(shown)
    more = [f"and {count(hidden, 'field')} more"] if hidden else []
    return [f"{says}:", *(f"  {line}" for line in (*shown, *more))]


def _field(one: Difference) -> str:
    if is_secret(one.before) or is_secret(one.after):
        return f"{field_name(one.path)}: (sensitive, changed)"
    before, after = ("(unset)" if side is None else shortened(side, _ROOM) for side in (one.before, one.after))
    return f"{field_name(one.path)}: {before} -> {after}"


def _way_out(standing: Standing, frame: Frame) -> list[str]:
    moved, held = standing.moved, len(standing.held)
    if len(moved) == frame.changes and all(one.settled for one in moved):
        return ["All that it would do is done already. What is left, if anything: stack plan"]
    flags = [f"--exclude {shlex.quote(safe(str(one.address)))}" for one in moved]
    if held and len(flags) <= _MOST_FLAGS:
        others = "other still holds. Apply it alone" if held == 1 else f"{held:,} others still hold. Apply them alone"
        return [f"The {others}:  {' '.join([frame.apply, *flags])}"]
    return [f"Plan again: {frame.again}"]


def checked_line(standing: Standing) -> str:
    """`Checked: state unmoved for the 4 changes, stackfile and variables as planned, 3 live objects unmoved.`"""
    changes = len(standing.plan.changes)
    of = "the change" if changes == 1 else f"the {changes:,} changes"
    live = f", {count(standing.checked, 'live object')} unmoved" if standing.checked else ""
    return f"Checked: state unmoved for {of}, stackfile and variables as planned{live}."


def left_lines(outputs: Sequence[str]) -> list[str]:
    """Outputs that stay as they are because they would come out otherwise than planned."""
    if not outputs:
        return []
    names = ", ".join(safe(name) for name in outputs)
    what = "Output" if len(outputs) == 1 else "Outputs"
    return [f"{what} {names} would come out otherwise than planned, and stay as they are until the next plan."]
