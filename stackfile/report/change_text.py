"""One block of a plan: what happens to one resource, to which of its fields, and to the data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stackfile.address import Address
from stackfile.plan.guard import Allowances
from stackfile.plan.plan import Action, Change, Importing, Reason
from stackfile.report.field_text import INDENT, FieldText, change_field, lines_of, value_field
from stackfile.report.guarded import guarded
from stackfile.report.text import WIDTH, indented, pad, quoted, safe, width
from stackfile.report.value_text import AFTER_APPLY, as_addresses, field_names, flat, with_references
from stackfile.sdk.traits import Impact
from stackfile.values import Path, Sealed, Tree, Unknown, Value, get

IMPACT_COLUMN = 80
MOST_FIELDS = 60
MOST_GOING = 12

_WHY_GONE = {
    Reason.NOT_IN_FILE: "Not in the stackfile any more.",
    Reason.DISABLED: "Disabled: `enabled` is false.",
    Reason.EACH_KEY: "Its key is not in `for_each` any more.",
    Reason.NO_MODULE: "Its module is not in the stackfile any more.",
}

_ON_REQUEST = {
    Reason.REPLACE_REQUEST: "Replaced on request.",
    Reason.RESEND: "Sent again on request.",
}


@dataclass(frozen=True, slots=True)
class Notes:
    """What a plan does not know of itself and its text says.

    `names` turns remote ids into addresses, and `references` are the fields of resources that hold such ids;
    without it they are guessed by name. `apply` is the command that applies this plan, `saved_to` the file that it was
    saved to, `list_unmanaged` the command that lists what is not managed. Empty: not said. `options` are those that
    every command for this stack takes, as they are typed.
    """

    names: Mapping[str, Address] = field(default_factory=dict)
    references: Mapping[Address, Collection[str]] = field(default_factory=dict)
    apply: str = "stack apply"
    allowed: Allowances = field(default_factory=Allowances)
    """What the plan that was saved allows already."""
    saved_to: str = ""
    list_unmanaged: str = ""
    options: str = ""


def change_lines(change: Change, notes: Notes) -> list[str]:
    """The block of one change, without the empty line after it."""
    return [
        *_title(change),
        *_origin(change),
        *lines_of(change_fields(change, notes)),
        *_counted(change, notes),
        *_sentences(change),
    ]


def _origin(change: Change) -> list[str]:
    """Where the resource comes from, when not from the address itself."""
    lines: list[str] = []
    if change.previous_address is not None:
        lines += indented(f"# moved from {safe(str(change.previous_address))}", INDENT)
    if change.importing is not None:
        lines += indented(f"# importing {safe(change.importing.id)}", INDENT)
        lines += lines_of(_unverified(change.importing))
    return lines


def _unverified(importing: Importing) -> list[FieldText]:
    secret = [isinstance(get(importing.applied, path), Sealed) for path in importing.unverified]
    says = ["(sensitive, not verified)" if one else "(not verified)" for one in secret]
    names = field_names(list(importing.unverified))
    return [FieldText(name, says=one) for name, one in zip(names, says, strict=True)]


def _title(change: Change) -> list[str]:
    left = f"{change.sign or ' '} {safe(str(change.address))}   {' '.join(title_words(change))}"
    if change.action is Action.NO_OP and not change.deposed:
        return [left]
    impact = f"impact: {impact_word(change.impact)}"
    start = max(IMPACT_COLUMN, width(left) + 3)
    if start + width(impact) <= WIDTH:
        return [pad(left, start) + impact]
    return [left, " " * INDENT + impact]


_TELLING: Final = ("connector", "source_type")


def impact_word(impact: Impact) -> str:
    """As a block says it; the worst one in capitals."""
    return "DATA LOSS" if impact is Impact.DATA_LOSS else str(impact)


def title_words(change: Change) -> Iterable[str]:
    """Of whose service it is, and what: provider, connector or kind, name and id."""
    yield safe(change.provider)
    connector = _connector(change)
    if connector:
        yield safe(connector)
    elif f"{change.kind}s" != change.section:
        yield safe(change.kind)
    if change.action is Action.NO_OP and change.deposed:
        yield f"{', '.join(map(safe, change.deposed))} (deposed)"
    elif change.action is not Action.CREATE:
        if change.name:
            yield quoted(change.name)
        if change.id:
            yield safe(change.id)


def _connector(change: Change) -> str:
    """The connector's name, or the type of source, where the resource has one: it says more than the kind."""
    tree = change.desired if change.desired is not None else change.live
    told = [tree.get(name) for name in _TELLING] if tree is not None else []
    return next((one for one in told if isinstance(one, str)), "")


def change_fields(change: Change, notes: Notes) -> list[FieldText]:
    """The fields of a change as its block tells them; secrets are hidden."""
    if change.action is Action.CREATE:
        comes = guarded(change, change.desired) or {}
        return [*_leaves(comes, ("connector",), MOST_FIELDS, notes), FieldText("id", (Unknown(),))]
    live = guarded(change, change.live) if change.action is Action.DELETE else None
    if live is not None:
        held = with_references(live, notes.references.get(change.address, ()), notes.names)
        return _leaves(held, ("connector", "name", "id"), MOST_GOING, notes)
    names = field_names([one.path for one in change.fields])
    fields = [change_field(name, one, notes.names) for name, one in zip(names, change.fields, strict=True)]
    if change.action is Action.REPLACE:
        fields += _replaced(change)
    return fields


def _leaves(tree: Tree, without: tuple[str, ...], most: int, notes: Notes) -> list[FieldText]:
    leaves: list[tuple[Path, Value]] = [
        (path, as_addresses(value, None, path, notes.names))
        for path, value in flat(tree)
        if path and path[0] not in without and value is not None
    ]
    shown = leaves if len(leaves) <= most + 1 else leaves[:most]
    names = field_names([path for path, _ in shown])
    fields = [value_field(name, value) for name, (_, value) in zip(names, shown, strict=True)]
    if len(shown) < len(leaves):
        fields.append(FieldText("...", says=f"{len(leaves) - len(shown):,} more fields"))
    return fields


def _replaced(change: Change) -> list[FieldText]:
    """What the object that goes was doing, and its id."""
    fields: list[FieldText] = []
    status = change.live.get("status") if change.live is not None else None
    if status is not None and all(one.path != ("status",) for one in change.fields):
        fields.append(FieldText("status", (status,), says=safe(status) if isinstance(status, str) else ""))
    if change.id:
        fields.append(FieldText("id", says=f"{safe(change.id)} -> {AFTER_APPLY}"))
    return fields


def _counted(change: Change, notes: Notes) -> list[str]:
    if change.action not in (Action.UPDATE, Action.REPLACE):
        return []
    parts = [f"{change.unchanged:,} unchanged"] if change.unchanged else []
    if change.unread:
        fields = ", ".join(safe(name) for name in change.unread)
        parts.append(f"{len(change.unread)} not readable ({fields}: compared with the state only)")
    return indented(", ".join(parts), INDENT) if parts else []


def _sentences(change: Change) -> list[str]:
    says = [_reason(change), _succession(change), *(safe(sentence) for sentence in change.impact_says)]
    if change.prevent_destroy and change.deletes:
        says.append("Its lifecycle has prevent_destroy: apply refuses.")
    text = " ".join(sentence for sentence in says if sentence)
    return indented(text, INDENT) if text else []


def _succession(change: Change) -> str:
    """What is said of an old object beside the new one."""
    says = "The new one is made before the old one is deleted." if change.create_first else ""
    if not change.deposed:
        return says
    if change.action is Action.NO_OP:
        return "Left behind when the resource was replaced."
    objects = ", ".join(map(safe, change.deposed))
    noun = "object" if len(change.deposed) == 1 else "objects"
    return f"{says} Deposed {noun} {objects} {'is' if noun == 'object' else 'are'} deleted.".strip()


def _reason(change: Change) -> str:
    """Why it happens, as a sentence; empty where the fields say it."""
    if change.reason in _ON_REQUEST:
        return _ON_REQUEST[change.reason]
    says = safe(change.reason_says).rstrip(".")
    if change.action is Action.FORGET:
        return f"{_capital(says)}: only the state forgets it." if says else "It stays alive; only the state forgets it."
    if change.action is Action.REPLACE:
        because = {one.because for one in change.fields} - {""}
        told = all(part.partition(": ")[2] in because for part in says.split("; "))
        return "" if not says or told else f"Must be replaced: {says}."
    if says:
        return f"{_capital(says)}."
    return _WHY_GONE.get(change.reason, "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
