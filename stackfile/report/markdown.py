"""A plan as the comment of a pull request: counts and what to decide above the fold, everything else below it.

What loses most stands first, and what has no room any more is counted; a comment is never cut within an object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from stackfile.errors import Severity
from stackfile.plan.guard import Allowances, refusals
from stackfile.plan.plan import Action, Change, Missing, Origin, Plan, Reason, Skipped
from stackfile.report.change_text import Notes, change_fields
from stackfile.report.field_text import FieldText
from stackfile.report.markdown_text import code, cut, fenced, fitting, prose, row, size, summary
from stackfile.report.moments import minute
from stackfile.report.plan_text import EXCLUDED, repairs_drift
from stackfile.report.text import count
from stackfile.report.value_text import field_name, shortened
from stackfile.sdk.traits import Impact

MARKER: Final = "<!-- stackfile: pr -->"
"""The first line: by it the comment is found again, to be edited in place."""

MOST_BYTES: Final = 65_536
_HEAD_BYTES: Final = 16_000
_ROWS_BYTES: Final = 16_000
_TAIL_BYTES: Final = 4_000
_BLOCK_BYTES: Final = 8_000
_MOST_LINES: Final = 60
_MOST_FIELDS: Final = 3
_LONGEST: Final = 200

_RED, _ORANGE, _YELLOW = ":red_circle:", ":orange_circle:", ":yellow_circle:"
_LIGHTS = {Impact.DATA_LOSS: _RED, Impact.REPROCESS: _ORANGE, Impact.RESTART: _YELLOW}
_SIGNS = {Action.REPLACE: "±", Action.READ: "≤", Action.NO_OP: "→"}
_COLUMNS = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)


@dataclass(frozen=True, slots=True)
class Around:
    """What a plan does not know of itself: the commit it was made of, and the notes of its text."""

    notes: Notes = field(default_factory=Notes)
    commit: str = ""


def plan_markdown(plan: Plan, around: Around | None = None) -> str:
    """The comment, ending in a newline, of at most `MOST_BYTES`. Holds no secret."""
    around = around or Around()
    changes = sorted(plan.changes, key=_severity)
    head = [MARKER, f"### {_title(plan)}", "", *_table(plan)]
    decide = list(_to_decide(plan, changes))
    shown, left = fitting(decide, _HEAD_BYTES)
    if decide:
        head += ["", "**To decide**", "", *shown, *([f"- {left:,} more, below or in the plan"] if left else [])]
    tail, _ = fitting(([line] for line in _tail(plan, around)), _TAIL_BYTES)
    room = MOST_BYTES - size(head) - size(tail) - _HEAD_BYTES // 16
    details = _details(plan, changes, around.notes, room) if changes else []
    return "\n".join([*head, *details, "", *tail]) + "\n"


def _severity(change: Change) -> tuple[int, bool, str]:
    return -change.impact, not change.deletes, str(change.address)


def _title(plan: Plan) -> str:
    counts = [(action, plan.count(action)) for action in (*_COLUMNS, Action.FORGET)]
    parts = [f"{number:,} {action.name.lower()}" for action, number in counts if number]
    parts += [f"{len(plan.imports):,} import"] if plan.imports else []
    parts += [f"{len(plan.moves):,} move"] if plan.moves else []
    says = ", ".join(parts) or ("only outputs change" if not plan.empty else "no changes")
    worst = plan.impact
    if worst is Impact.NONE:
        return f"stack plan: {says}"
    places = count(sum(change.impact is worst for change in plan.changes), "place")
    return f"stack plan: {says} · {_LIGHTS[worst]} {_word(worst)} in {places}"


def _word(impact: Impact) -> str:
    return str(impact).replace("_", " ")


def _table(plan: Plan) -> list[str]:
    drifted = sum(map(repairs_drift, plan.changes))
    numbers = [f"{plan.count(action):,}" for action in _COLUMNS]
    numbers = [f"**{n}**" if action in (Action.REPLACE, Action.DELETE) and n != "0" else n
               for action, n in zip(_COLUMNS, numbers, strict=True)]  # fmt: skip
    worst = _word(plan.impact)
    impact = f"**{worst}**" if plan.impact is Impact.DATA_LOSS else worst
    return [
        row(("stack", "env", "create", "update", "replace", "delete", "data impact", "drift")),
        "|---|---|--:|--:|--:|--:|---|--:|",
        row((code(plan.stack), prose(plan.env, 60), *numbers, impact, f"{drifted:,}")),
    ]


def _to_decide(plan: Plan, changes: Iterable[Change]) -> Iterator[list[str]]:
    """What stands in the way first, then what is lost, then what is only to be known."""
    stops = [*(_silence(one) for one in plan.skipped if one.says != EXCLUDED), *map(_gone, plan.missing)]
    stops += [one.message for one in refusals(plan, Allowances()) if one.code == "prevent-destroy"]
    yield from ([f"- {_RED} {prose(says)}."] for says in stops)
    yield from ([f"- {says}"] for says in map(_decision, changes) if says)
    warnings = (one for one in plan.diagnostics if one.severity is not Severity.ERROR)
    yield from ([f"- :warning: {code(one.code)}: {prose(one.message)}"] for one in warnings)


def _silence(one: Skipped) -> str:
    left = f"{count(len(one.addresses), 'resource')} of it left out" if one.addresses else "nothing of it is used"
    return f"{one.provider} was not read: {one.says.rstrip('.')}; {left}"


def _gone(missing: Missing) -> str:
    return f"{missing.says}: {missing.cause}" if missing.cause else missing.says


def _decision(change: Change) -> str:
    """What a reviewer must know of a change, in a sentence; empty where the table below is enough."""
    address, says = code(str(change.address)), prose(" ".join(change.impact_says), 600)
    light = _LIGHTS.get(change.impact, _YELLOW)
    drifted = [one for one in change.fields if one.origin is not Origin.CONFIG]
    if change.action is Action.REPLACE:
        return f"{light} {address} is **replaced**{_why(change)}. {says}".rstrip()
    if change.action is Action.DELETE:
        return f"{light} {address} is **deleted**. {says}".rstrip()
    if change.impact >= Impact.REPROCESS:
        return f"{light} {address}: {says or _word(change.impact)}"
    if change.reason is Reason.LOST:
        return f"{_YELLOW} {address} was deleted outside the stackfile: this apply makes it again."
    if drifted:
        names = ", ".join(code(field_name(one.path)) for one in drifted[:_MOST_FIELDS])
        more = f" and {len(drifted) - _MOST_FIELDS} more" if len(drifted) > _MOST_FIELDS else ""
        return f"{_YELLOW} {address} was changed outside the stackfile: this apply sets {names}{more} as the file says."
    return ""


def _why(change: Change) -> str:
    forcing = [one for one in change.fields if one.forces_replacement]
    if not forcing:
        return f": {prose(change.reason_says)}" if change.reason_says else ""
    more = f" and {len(forcing) - 1} more" if len(forcing) > 1 else ""
    because = f" ({prose(forcing[0].because)})" if forcing[0].because else ""
    return f": {code(field_name(forcing[0].path))}{more} cannot be changed in place{because}"


def _details(plan: Plan, changes: Sequence[Change], notes: Notes, room: int) -> list[str]:
    """Everything that changes: a table, and what changes in each. Both end where the room does."""
    title = f"{summary(plan.stack)}</code> {summary(plan.env, 60)}: {count(len(changes), 'change')}"
    open_lines = ["", f"<details><summary><code>{title}</summary>", "", row(("", "address", "what", "impact"))]
    open_lines.append("|---|---|---|---|")
    close_lines = ["", "</details>"]
    told = {id(change): change_fields(change, notes) for change in changes}
    rows, fewer = fitting(([_row(change, told[id(change)])] for change in changes), _ROWS_BYTES)
    said = ["", f"{fewer:,} more changes are not in this table."] if fewer else []
    room -= size([*open_lines, *rows, *said, *close_lines]) + 400
    blocks = [_block(change, told[id(change)]) for change in changes]
    lines, left = fitting(blocks, room - max((len(line) for block in blocks for line in block), default=0) - 10)
    diff = ["", *fenced("diff", lines)] if lines else []
    said_left = ["", f"{left:,} more changes are not shown here: see the plan itself."] if left else []
    return [*open_lines, *rows, *said, *diff, *said_left, *close_lines]


def _row(change: Change, fields: Sequence[FieldText]) -> str:
    impact = _word(change.impact)
    impact = f"**{impact}**" if change.impact is Impact.DATA_LOSS else impact
    sign = _SIGNS.get(change.action, change.action.value)
    return row((sign, code(str(change.address)), _what(change, fields), impact))


def _what(change: Change, fields: Sequence[FieldText]) -> str:
    if change.importing is not None:
        return "imported"
    if change.action is Action.CREATE:
        return "made again" if change.reason is Reason.LOST else "new"
    if change.action in (Action.DELETE, Action.FORGET):
        return "deleted" if change.action is Action.DELETE else "only the state forgets it"
    number = len(change.fields)
    parts = [_field_cell(one) for one in fields[: min(number, _MOST_FIELDS)]]
    more = [f"{number - _MOST_FIELDS} more"] if number > _MOST_FIELDS else []
    return ", ".join([*parts, *more]) or "moved"


def _field_cell(one: FieldText) -> str:
    if one.says:
        return f"{code(one.name, 80)} {prose(one.says, 60)}"
    values = " → ".join(code(shortened(value, 40), 60) for value in one.shows)
    return f"{code(one.name, 80)} {values}"


def _block(change: Change, fields: Sequence[FieldText]) -> list[str]:
    """The lines of one change in the diff, the sign of what goes and comes first."""
    sign = change.action.value or ">"
    lines = [f"{sign:<3} {cut(str(change.address), _LONGEST)}"]
    whole = {Action.CREATE: "+", Action.DELETE: "-"}.get(change.action, "")
    for one in fields:
        lines += _field_lines(one, whole)
    shown, _ = fitting(([line] for line in lines[:_MOST_LINES]), _BLOCK_BYTES)
    left = len(lines) - len(shown)
    return [*shown, f"      ... {left:,} more lines"] if left else shown


def _field_lines(one: FieldText, whole: str) -> Iterator[str]:
    name = cut(one.name, _LONGEST)
    if one.says or len(one.shows) < 2:
        says = cut(one.says, _LONGEST) or "".join(shortened(value, _LONGEST) for value in one.shows)
        yield f"{whole or ' '}     {name}: {says}"
    else:
        before, after = (shortened(value, _LONGEST) for value in one.shows)
        yield f"-     {name}: {before}"
        yield f"+     {name}: {after}{_origin(one)}"
    for item in one.items:
        sign = item[:1] if item[:1] in "+-" else whole or " "
        yield f"{sign}       {cut(item[2:], _LONGEST)}"


def _origin(one: FieldText) -> str:
    return "   (drift)" if any(mark.startswith(("[drift", "[both")) for mark in one.marks) else ""


def _tail(plan: Plan, around: Around) -> Iterator[str]:
    if not plan.complete:
        yield "This plan is partial: what was not selected, or not read, is not in it."
    if not plan.read.asked:
        yield "Live objects: not read; compared with the copies in the state."
    of = f" of commit {prose(around.commit[:12])}" if around.commit else ""
    when = f", {minute(plan.made_at)}" if plan.made_at is not None else ""
    yield f"Plan{of}{when}, state serial {plan.serial}. No secret is in this comment."
    if around.notes.saved_to and not plan.empty:
        apply = code(f"stack apply --reviewed {around.notes.saved_to}")
        yield f"Apply it on merge, only if a new plan says the same: {apply}"
