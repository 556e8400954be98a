"""What a plan says that only refreshes: what the state would come to know, and forget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.plan.plan import FieldChange, Learned, Plan
from stackfile.report.change_text import Notes
from stackfile.report.field_text import FieldText, change_field, lines_of
from stackfile.report.text import count, quoted, safe
from stackfile.report.value_text import field_names

_MOST = 30
"""How many fields of one object are shown."""


def learned_blocks(plan: Plan, notes: Notes) -> list[list[str]]:
    """A block for each object that is not as the state's copy has it: the copy, and what is live."""
    return [_block(address, one, notes.names) for address, one in plan.learned.items() if one.fields]


def _block(address: Address, one: Learned, names: Mapping[str, Address]) -> list[str]:
    kind = "" if f"{one.kind}s" == one.section else f" {safe(one.kind)}"
    title = f"<= {safe(str(address))}   {safe(one.provider)}{kind} {quoted(one.name)} {safe(one.id)}"
    shown = one.fields[:_MOST] if len(one.fields) > _MOST + 1 else one.fields
    labels = field_names([field.path for field in shown])
    fields = [_seen(label, field, names) for label, field in zip(labels, shown, strict=True)]
    if len(shown) < len(one.fields):
        fields.append(FieldText("...", says=f"{len(one.fields) - len(shown):,} more fields"))
    return [title, *lines_of(fields)]


def _seen(label: str, field: FieldChange, names: Mapping[str, Address]) -> FieldText:
    return replace(change_field(label, field, names), marks=())


def nothing_to_learn(plan: Plan) -> str:
    objects = count(len(plan.learned), "object")
    are = "is" if len(plan.learned) == 1 else "are"
    return f"No changes. {objects} {are} as the state has seen {'it' if len(plan.learned) == 1 else 'them'}."


def refresh_footer(plan: Plan, notes: Notes) -> list[str]:
    changed, gone = sum(bool(one.fields) for one in plan.learned.values()), len(plan.changes)
    news = [f"learn of {count(changed, 'changed object')}"] if changed else []
    news += [f"forget {gone:,} that {'is' if gone == 1 else 'are'} gone"] if gone else []
    lines = [f"The state would {' and '.join(news)}."] if news else ["Only outputs change."]
    lines.append("Nothing live is changed; what differs from the stackfile is told by: stack plan")
    if not plan.complete:
        lines.append("This plan is partial: what was not selected, or not read, stays as it is.")
    return lines + ([f"To apply: {notes.apply}"] if notes.apply else [])
