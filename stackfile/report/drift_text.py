"""A drift as text: a block for each resource that moved, what stands beside it, and how to put it right."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from stackfile.address import Address
from stackfile.plan.drift import Drift, Drifted, Earlier, Overlooked, Unmanaged
from stackfile.plan.plan import Change, FieldChange, Origin
from stackfile.report.change_text import impact_word, title_words
from stackfile.report.field_text import FieldText, change_field
from stackfile.report.moments import duration, minute
from stackfile.report.plan_text import EXCLUDED, left_out_lines, stack_title
from stackfile.report.text import WIDTH, count, cut, glued, indented, pad, quoted, safe, width, wrapped
from stackfile.report.value_text import field_name, field_names, shortened
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold

_WORD = 9
_FIELDS = 11
_SINCE_COLUMN = 73
_IMPACT_COLUMN = 52
_VALUE = 40
_FEW = 3
_SHORT_ID = 12
_DIGITS = 4
"""Of a fingerprint: enough for a person to see that it is another one."""


@dataclass(frozen=True, slots=True)
class DriftNotes:
    """What a drift does not know of itself. `earlier` is the report of the run before, where there is one.

    `names` turns remote ids into addresses; `list_unmanaged` asks for the names of what is not managed. `options` are
    the global options of the command line, to be repeated in commands.
    """

    at: datetime
    earlier: Earlier | None = None
    names: Mapping[str, Address] = field(default_factory=dict)
    list_unmanaged: bool = False
    options: Sequence[str] = ()


def drift_text(drift: Drift, notes: DriftNotes) -> str:
    """The report, ending in a newline. Holds no secret."""
    body = [line for one in drift.drifted for line in _drifted(one, notes)]
    body += [line for one in drift.ignored for line in _overlooked(one)]
    body += [line for address, hold in drift.held.items() for line in _beside("held", safe(str(address)), _hold(hold))]
    for one in drift.pending:
        says = f"{one.verb} {'in flight' if one.in_flight else 'half done'}: {one.says}; apply judges it"
        body += _beside("open", safe(str(one.address)), safe(says))
    body += _unmanaged(drift.unmanaged) if notes.list_unmanaged else []
    parts = [_header(drift, notes), _silent(drift), body, _footer(drift, notes)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _header(drift: Drift, notes: DriftNotes) -> list[str]:
    objects = sum(number for _, number in drift.read.objects)
    parts = [count(drift.resources, "resource"), count(objects, "live object"), count(drift.read.calls, "call")]
    says = f"{', '.join(parts)}, {duration(drift.read.seconds)}. {glued(minute(notes.at))}"
    return wrapped(f"{stack_title(drift.stack, drift.env)}: {says}", WIDTH)


def _silent(drift: Drift) -> list[str]:
    return [line for one in drift.skipped if one.says != EXCLUDED for line in left_out_lines(one)]


def _drifted(one: Drifted, notes: DriftNotes) -> Iterator[str]:
    since = _since(one, notes)
    title = f"{safe(str(one.address))}  {' '.join(title_words(replace(one.repair, id=None)))}"
    if one.lost:
        says = "; ".join(part for part in (safe(one.repair.reason_says), since) if part)
        yield from _beside("lost", title, says)
    else:
        yield from _beside("changed", title, since, _SINCE_COLUMN)
        yield from _fields(one, notes)
    if one.repair.impact >= Impact.REPROCESS:
        yield from indented(" ".join(map(safe, one.repair.impact_says)), _FIELDS)


def _since(one: Drifted, notes: DriftNotes) -> str:
    """Empty where no earlier report was given: then nobody knows."""
    if notes.earlier is None:
        return ""
    first = notes.earlier.first_seen.get(one.digest)
    return f"since {_moment(first)}" if first is not None else f"new, first seen {_moment(notes.at)[-5:]}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _fields(one: Drifted, notes: DriftNotes) -> Iterator[str]:
    changes = one.repair.fields
    names = field_names([change.path for change in changes])
    impact = _impact(one.repair)
    for name, change in zip(names, changes, strict=True):
        shown = change_field(name, _moved(change), notes.names)
        line = " " * _FIELDS + cut(f"{shown.name}: {_turn(shown)}", WIDTH - _FIELDS)
        yield from _right(line, impact, _IMPACT_COLUMN, _FIELDS + 2)
        yield from (" " * (_FIELDS + 2) + cut(item, WIDTH - _FIELDS - 2) for item in shown.items)
        impact = ""


def _impact(repair: Change) -> str:
    """Where nothing happens to the data, what else there is to know stands beside that."""
    says = [safe(one).removesuffix(".") for one in repair.impact_says] if repair.impact is Impact.NONE else []
    return "; ".join([f"impact of repair: {impact_word(repair.impact)}", *says])


def _moved(change: FieldChange) -> FieldChange:
    """As drift tells it: from what was applied to what is live."""
    return replace(change, before=change.after, after=change.before, origin=Origin.CONFIG, forces_replacement=False)


def _turn(shown: FieldText) -> str:
    return shown.says or " -> ".join(shortened(value, _VALUE) for value in shown.shows)


def _beside(word: str, title: str, says: str, column: int = 0) -> Iterator[str]:
    yield from _right(pad(word, _WORD) + title, says, column, _FIELDS)


def _right(left: str, says: str, column: int, indent: int) -> Iterator[str]:
    """What is said, at the right of a line; on lines of its own where it does not fit."""
    start = max(column, width(left) + 2)
    if not says:
        yield left
    elif start + width(says) <= WIDTH:
        yield pad(left, start) + says
    else:
        yield left
        yield from indented(says, indent)


def _overlooked(one: Overlooked) -> Iterator[str]:
    why = [quoted(one.rule.reason)] if one.rule.reason else []
    why += [f"until {one.rule.until}"] if one.rule.until is not None else []
    yield from _beside("ignored", f"{safe(str(one.address))}  {field_name(one.field.path)}", ", ".join(why), 61)


def _hold(hold: Hold) -> str:
    until = f", until {minute(hold.until)}" if hold.until is not None else ""
    return f"{safe(hold.status)} by {safe(hold.by)}, {quoted(hold.reason)}{until}"


def _unmanaged(unmanaged: Iterable[Unmanaged]) -> Iterator[str]:
    """A line for each provider instance, with as many names as it has room for."""
    by_provider: dict[str, list[Unmanaged]] = {}
    for one in unmanaged:
        by_provider.setdefault(one.provider, []).append(one)
    for provider, ones in by_provider.items():
        line = f"not managed  {len(ones):,} in {safe(provider)}: {_named(ones[0])}"
        for index, one in enumerate(ones[1:], 1):
            rest = len(ones) - index - 1
            longer = f"{line}, {_named(one)}"
            if width(longer) + (width(f", {rest:,} more") if rest else 0) > WIDTH:
                line += f", {rest + 1:,} more"
                break
            line = longer
        yield line


def _named(one: Unmanaged) -> str:
    id = safe(one.id if len(one.id) <= _SHORT_ID else f"{one.id[:_SHORT_ID]}...")
    return f"{safe(one.kind)} {quoted(one.name)} ({id})" if one.name else f"{safe(one.kind)} {id}"


def _footer(drift: Drift, notes: DriftNotes) -> list[str]:
    beside = [f"{len(ones)} {word}" for word, ones in (("ignored", drift.ignored), ("held", drift.held)) if ones]
    foreign = f"{len(drift.unmanaged):,} not managed" if drift.unmanaged else ""
    if not drift.drifted:
        says = [f"No drift in {count(drift.resources, 'resource')}", *beside]
        line = f"{', '.join(says)}{f'; {foreign}' if foreign else ''}. {_cleared(notes)}"
        return [*wrapped(line.rstrip(), WIDTH), *_partial(drift)]
    lost = sum(one.lost for one in drift.drifted)
    parts = [f"{len(drift.drifted) - lost} changed", *([f"{lost} lost"] if lost else []), *beside]
    end = glued("Exit 1." if _silent(drift) else "Exit 2.")
    line = f"Drift: {', '.join(parts)}{f'; {foreign}' if foreign else ''}. {_print_of(drift, notes)} {end}"
    return [*wrapped(line, WIDTH), *_partial(drift), *_ways_out(drift, notes)]


def _partial(drift: Drift) -> list[str]:
    return [] if drift.complete else ["This report is partial: what was not selected, or not read, is not in it."]


def _print_of(drift: Drift, notes: DriftNotes) -> str:
    now, earlier = drift.fingerprint[:_DIGITS], notes.earlier
    if earlier is None:
        return f"Fingerprint {now}."
    if earlier.fingerprint == drift.fingerprint:
        return f"Fingerprint {now}, as before."
    new = sum(one.digest not in earlier.first_seen for one in drift.drifted)
    was = f" (was {safe(earlier.fingerprint[:_DIGITS])})" if earlier.fingerprint else ""
    return f"Fingerprint {now}{was}: {new} new."


def _cleared(notes: DriftNotes) -> str:
    earlier = notes.earlier
    return f"The one before ({safe(earlier.fingerprint[:_DIGITS])}) is gone." if earlier and earlier.fingerprint else ""


def _ways_out(drift: Drift, notes: DriftNotes) -> list[str]:
    options = [shlex.quote(safe(one)) for one in notes.options]
    repair = " ".join(["Repair live:  stack apply", *options])
    changed = [one.address for one in drift.drifted if not one.lost]
    flags = [f"--adopt {shlex.quote(safe(str(address)))}" for address in changed[:_FEW]]
    if not flags or len(changed) > _FEW:
        return [repair]
    return list(_right(repair, " ".join(["Keep live: stack drift", *options, *flags]), 46, 0))
