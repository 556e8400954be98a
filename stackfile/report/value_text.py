"""One value on one line, for people: JSON's forms, addresses for references, and never what a secret holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from stackfile.address import Address
from stackfile.plan.plan import UNSET
from stackfile.plan.uncompared import is_uncompared
from stackfile.report.text import CUT, cut, head, quoted, safe, width
from stackfile.values import Path, Ref, Sealed, Sensitive, Tree, Unknown, Value, contains, print_path

AFTER_APPLY = "(known after apply)"
SENSITIVE = "(sensitive)"
NOTHING = "(unset)"

_PLAIN_ITEM = re.compile(r"[A-Za-z_/][A-Za-z0-9_./:@*+-]*\Z")
_WORDS = frozenset({"true", "false", "null"})
_PLAIN_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_DEEPEST = 12
_MANY_BITS = 4_000


def inline(value: Value, depth: int = 0) -> str:
    """The whole value on one line; strings in quotes."""
    if value is UNSET:
        return NOTHING
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return _map(value, depth)
    if isinstance(value, list | tuple):
        return "[...]" if depth > _DEEPEST else f"[{', '.join(item(i, depth + 1) for i in value)}]"
    return _leaf(value)


def item(value: Value, depth: int = 0) -> str:
    """A value within a list or a map, where plain words stand without quotes."""
    if isinstance(value, str) and _PLAIN_ITEM.match(value) and value not in _WORDS:
        return value
    return inline(value, depth)


def _map(value: Mapping[str, Value], depth: int) -> str:
    if depth > _DEEPEST:
        return "{...}"
    return f"{{{', '.join(f'{item(str(key))}: {item(inner, depth + 1)}' for key, inner in value.items())}}}"


def _leaf(value: object) -> str:
    if isinstance(value, Sensitive):
        if is_uncompared(value):
            return "(sensitive, not compared)"
        return "(sensitive, known after apply)" if contains(value.value, Unknown) else SENSITIVE
    if isinstance(value, Sealed):
        return "(sensitive, not verified)" if value.assumed else SENSITIVE
    if isinstance(value, Unknown):
        return AFTER_APPLY
    if isinstance(value, Ref):
        return safe(str(value.address))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() < _MANY_BITS else hex(value)
    return safe(str(value))


def is_secret(value: Value) -> bool:
    """Whether the value as a whole must not be shown."""
    return isinstance(value, Sensitive | Sealed)


def shortened(value: Value, columns: int) -> str:
    """The value on one line of at most so many columns; how long a cut text is, is said behind it."""
    if isinstance(value, str):
        return _short_text(value, columns)
    if isinstance(value, Mapping | list | tuple) and not value:
        return inline(value)
    return cut(inline(value), columns)


def _short_text(value: str, columns: int) -> str:
    text = quoted(value[:columns]) if len(value) > columns else quoted(value)
    if len(value) <= columns and width(text) <= columns:
        return text
    says = f" ({len(value):,} characters)"
    if len(says) > columns // 2:
        return cut(text, columns)
    return head(text.removesuffix('"'), columns - len(says) - len(CUT) - 1) + CUT + '"' + says


def contrast(before: str, after: str, columns: int) -> tuple[str, str]:
    """Two long texts, each on one line, cut so that the place where they begin to differ shows."""
    same = next(
        (i for i, (b, a) in enumerate(zip(before, after, strict=False)) if b != a), min(len(before), len(after))
    )
    start = max(same - columns // 3, 0) if same > columns // 2 else 0

    def part(text: str) -> str:
        shown = text[start : start + columns]
        open_end = len(text) > start + columns
        line = (f'{CUT}"' if start else '"') + quoted(shown)[1:]
        return cut(line.removesuffix('"') + CUT, columns) if open_end else cut(line, columns)

    return part(before), part(after)


def field_name(path: Path) -> str:
    """`config.hard.delete`: the path as it reads best, with brackets only where dots would not do."""
    if all(isinstance(step, str) and _PLAIN_STEP.match(step) for step in path):
        return ".".join(str(step) for step in path)
    return safe(print_path(path))


def field_names(paths: list[Path]) -> list[str]:
    """The names of several fields, no two alike."""
    names = [field_name(path) for path in paths]
    if len(set(names)) == len(names):
        return names
    return [name if names.count(name) == 1 else safe(print_path(path)) for name, path in zip(names, paths, strict=True)]


def flat(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """The leaves of a tree with their paths; lists stay whole, and so do secrets."""
    if isinstance(value, Mapping) and value and value is not UNSET and len(path) < _DEEPEST:
        for key, inner in value.items():
            yield from flat(inner, (*path, key))
    else:
        yield path, value


def as_references(value: Value, names: Mapping[str, Address]) -> Value:
    """The value of a field that holds remote ids, with those that are known as references."""
    if isinstance(value, list | tuple):
        return [as_references(one, names) for one in value]
    address = names.get(value) if isinstance(value, str) else None
    return value if address is None else Ref(address, str(value))


def with_references(tree: Mapping[str, Value], fields: Collection[str], names: Mapping[str, Address]) -> Tree:
    """The tree with references where `fields` hold remote ids; `transforms.transform` is a field of each map there."""
    out = dict(tree)
    for field in fields:
        name, _, inner = field.partition(".")
        if name in out:
            out[name] = _within(out[name], inner, names) if inner else as_references(out[name], names)
    return out


def _within(value: Value, field: str, names: Mapping[str, Address]) -> Value:
    if isinstance(value, list | tuple):
        return [_within(one, field, names) for one in value]
    if isinstance(value, Mapping) and field in value:
        return {**value, field: as_references(value[field], names)}
    return value


def as_addresses(value: Value, pattern: Value, path: Path, names: Mapping[str, Address]) -> Value:
    """The value with remote ids as references, where `pattern` (the other side) has references or the field is one.

    An id is believed to be a reference on its own where the field is named as the section that the id is in: `source`
    for one of `sources`.
    """
    if isinstance(value, list | tuple):
        other = pattern[0] if isinstance(pattern, list | tuple) and pattern else pattern
        return [as_addresses(one, other, path, names) for one in value]
    if isinstance(value, Mapping) and isinstance(pattern, Mapping):
        return {key: as_addresses(one, pattern.get(key), (*path, key), names) for key, one in value.items()}
    address = names.get(value) if isinstance(value, str) else None
    if address is None:
        return value
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    if isinstance(pattern, Ref) or address.section.rstrip("s") == field.rstrip("s"):
        return Ref(address, str(value))
    return value
