"""The lines of one field in a block: its name, what it was and what it will be, and why that is marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.plan.plan import UNSET, FieldChange, Origin
from stackfile.report.text import WIDTH, count, cut, indented, pad, safe, width
from stackfile.report.value_text import as_addresses, contrast, field_name, flat, inline, is_secret, item, shortened
from stackfile.values import Path, Ref, Sealed, Sensitive, Unknown, Value, contains

INDENT = 4
ITEM_INDENT = 6
MARK_COLUMN = 58
MOST_ITEMS = 50
MOST_LINES = 20
CHANGED_UNSEEN = "(sensitive, changed)"
SENT_UNSEEN = "(sensitive, sent again)"

_NAME_COLUMNS = 22
_WIDEST_NAME = 48
_ROOM = 20
_MARK_VALUE = 30


@dataclass(frozen=True, slots=True)
class FieldText:
    """One field before it is aligned with the others. `shows` is a value, or the one before and the one after.

    `says` stands in its place where the values are told otherwise: "38 -> 40 entries". `items` are the lines below,
    signs included, `marks` what is said at the right.
    """

    name: str
    shows: tuple[Value, ...] = ()
    says: str = ""
    items: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def lines_of(fields: Sequence[FieldText]) -> list[str]:
    """All fields of a block, their values in one column."""
    longest = max((width(f.name) for f in fields), default=0)
    columns = max(_NAME_COLUMNS, min(longest, _WIDEST_NAME) + 3)
    return [line for field in fields for line in _lines(field, columns)]


def _lines(field: FieldText, columns: int) -> list[str]:
    label = " " * INDENT + pad(f"{field.name}:", max(columns, width(field.name) + 3))
    room = max(WIDTH - width(label), _ROOM)
    values = _values(field.shows, room) if field.shows and not field.says else [field.says]
    first, *more = values
    lines = [(label + first).rstrip(), *(" " * width(label) + line for line in more)]
    for number, mark in enumerate(field.marks):
        start = max(width(lines[0]) + 3, min(MARK_COLUMN, WIDTH - width(mark)))
        if number == 0 and not more and start + width(mark) <= WIDTH:
            lines[0] = pad(lines[0], start) + mark
        else:
            lines.extend(indented(mark, ITEM_INDENT))
    return lines + [" " * ITEM_INDENT + cut(line, WIDTH - ITEM_INDENT) for line in field.items]


def _values(shows: tuple[Value, ...], room: int) -> list[str]:
    if len(shows) == 1:
        return [shortened(shows[0], room)]
    before, after = shows
    line = f"{inline(before)} -> {inline(after)}"
    if width(line) <= room:
        return [line]
    if isinstance(before, str) and isinstance(after, str):
        old, new = contrast(before, after, room - 3)
    else:
        old, new = shortened(before, room), shortened(after, room - 3)
    return [old, f"-> {new}"]


def value_field(name: str, value: Value) -> FieldText:
    """A field that has one value, as in a resource that comes or goes."""
    if isinstance(value, str) and "\n" in value.strip("\n"):
        text = value.splitlines()
        return FieldText(name, says=count(len(text), "line"), items=_some([f"| {safe(x)}" for x in text], MOST_LINES))
    if isinstance(value, list | tuple) and width(inline(value)) > WIDTH - INDENT - _NAME_COLUMNS:
        items = [f"  {item(one)}" for one in value]
        return FieldText(name, says=count(len(value), "entry", "entries"), items=_some(items, MOST_LINES))
    return FieldText(name, (value,))


def change_field(name: str, change: FieldChange, names: Mapping[str, Address]) -> FieldText:
    """A field that has one value and will have another."""
    if change.again:
        return _sent_again(name, change, names)
    before = as_addresses(change.before, change.after, change.path, names)
    after = as_addresses(change.after, change.before, change.path, names)
    return replace(_changed(name, before, after), marks=_marks(change, names))


def _sent_again(name: str, change: FieldChange, names: Mapping[str, Address]) -> FieldText:
    if is_secret(change.after):
        return FieldText(name, says=SENT_UNSEEN)
    alone = value_field(name, as_addresses(change.after, change.before, change.path, names))
    return replace(alone, marks=("[sent again]",))


def _changed(name: str, before: Value, after: Value) -> FieldText:
    if before is UNSET or after is UNSET:
        return _set_or_unset(name, before, after)
    if is_secret(before) or is_secret(after):
        return FieldText(name, (before, after)) if isinstance(after, Unknown) else FieldText(name, says=CHANGED_UNSEEN)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return _list_field(name, before, after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _map_field(name, before, after)
    if isinstance(before, str) and isinstance(after, str) and "\n" in before.strip("\n") + after.strip("\n"):
        return _text_field(name, before, after)
    return FieldText(name, (before, after))


def _set_or_unset(name: str, before: Value, after: Value) -> FieldText:
    there = after if before is UNSET else before
    sign = "+" if before is UNSET else "-"
    alone = value_field(name, there)
    if not alone.says:
        return FieldText(name, (before, after))
    says = f"(unset) -> {alone.says}" if before is UNSET else f"{alone.says} -> (unset)"
    return FieldText(name, says=says, items=tuple(sign + line[1:] if line[0] in " |" else line for line in alone.items))


def _list_field(name: str, before: Sequence[Value], after: Sequence[Value]) -> FieldText:
    old, new = [item(one) for one in before], [item(one) for one in after]
    items = _difference(old, new)
    if not items and (contains(before, Sensitive) or contains(before, Sealed) or contains(after, Sensitive)):
        return FieldText(name, says=CHANGED_UNSEEN)
    if not items:
        return FieldText(name, (before, after))
    says = f"{len(old):,} -> {count(len(new), 'entry', 'entries')}"
    return FieldText(name, says=says, items=_some(items, MOST_ITEMS))


def _difference(old: Iterable[str], new: Iterable[str]) -> list[str]:
    """What goes and what comes, each in its own order; equal ones that are there more than once count."""
    old, new = list(old), list(new)
    return [f"- {x}" for x in _without(old, new)] + [f"+ {x}" for x in _without(new, old)]


def _without(these: Iterable[str], those: Iterable[str]) -> list[str]:
    spare = Counter(those)
    left: list[str] = []
    for one in these:
        if spare[one] > 0:
            spare[one] -= 1
        else:
            left.append(one)
    return left


def _map_field(name: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> FieldText:
    old, new = dict(flat(before)), dict(flat(after))
    items = [_map_item("-", path, item(value)) for path, value in old.items() if path not in new]
    both = [path for path in new if path in old and old[path] != new[path]]
    items += [_map_item("~", path, _pair(old[path], new[path])) for path in both]
    items += [_map_item("+", path, item(value)) for path, value in new.items() if path not in old]
    if not items:
        return FieldText(name, (before, after))
    grows = len(before) != len(after)
    says = f"{len(before):,} -> {count(len(after), 'key')}" if grows else count(len(items), "change")
    return FieldText(name, says=says, items=_some(items, MOST_ITEMS))


def _map_item(sign: str, path: Path, says: str) -> str:
    return f"{sign} {field_name(path)}: {says}"


def _pair(before: Value, after: Value) -> str:
    if is_secret(before) and is_secret(after):
        return CHANGED_UNSEEN
    return f"{item(before)} -> {item(after)}"


def _text_field(name: str, before: str, after: str) -> FieldText:
    old, new = before.splitlines(), after.splitlines()
    items = _difference([safe(line) for line in old], [safe(line) for line in new])
    if not items:
        return FieldText(name, (before, after))
    return FieldText(name, says=f"{len(old):,} -> {count(len(new), 'line')}", items=_some(items, MOST_ITEMS))


def _some(lines: list[str], most: int) -> tuple[str, ...]:
    if len(lines) <= most + 1:
        return tuple(lines)
    return (*lines[:most], f"... {len(lines) - most:,} more")


def _marks(change: FieldChange, names: Mapping[str, Address]) -> tuple[str, ...]:
    marks = []
    if change.forces_replacement:
        marks.append(safe(f"forces replacement: {change.because}" if change.because else "forces replacement"))
    applied = as_addresses(change.applied, change.after, change.path, names)
    if change.origin is Origin.DRIFT:
        marks.append(f"[drift: {_drifted(change, applied)} outside the stackfile]")
    elif change.origin is Origin.BOTH:
        was = f"{_short(applied)} when last applied, " if _short(applied) else ""
        marks.append(f"[both: {was}changed here and outside]")
    elif not marks and _is_renewed(change, names):
        marks.append("the new one")
    return tuple(marks)


def _is_renewed(change: FieldChange, names: Mapping[str, Address]) -> bool:
    """Whether it refers to the same resource as before, whose object is another one."""
    old = names.get(change.before) if isinstance(change.before, str) else None
    return isinstance(change.after, Ref) and old == change.after.address


def _drifted(change: FieldChange, applied: Value) -> str:
    if change.before is UNSET:
        return "removed"
    return f"changed from {_short(applied)}" if _short(applied) else "changed"


def _short(applied: Value) -> str:
    """The value as of the last apply; empty where there is none that may or need be told."""
    if applied is None or applied is UNSET or contains(applied, Sensitive) or contains(applied, Sealed):
        return ""
    if isinstance(applied, list | tuple):
        return count(len(applied), "entry", "entries")
    return shortened(applied, _MARK_VALUE)
