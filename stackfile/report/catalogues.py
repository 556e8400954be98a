"""What differs between two catalogues of a provider: connectors and keys that come, go and change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stackfile.report.text import safe, table
from stackfile.sdk.catalogue import Catalogue

Facts = Mapping[str, Any]
_NOTHING: Facts = {}


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key that comes (no `before`), goes (no `after`) or changes."""

    key: str
    before: Facts | None
    after: Facts | None


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """A connector that comes or goes with all its keys, or has keys that do."""

    section: str
    name: str
    what: Literal["added", "removed", "changed"]
    keys: tuple[KeyChange, ...]


def compared(before: Catalogue, after: Catalogue) -> tuple[ConnectorChange, ...]:
    """In the order of sections and names. What is only said of a key (`about`) is no difference."""
    return tuple(_compared(before, after))


def _compared(before: Catalogue, after: Catalogue) -> Iterator[ConnectorChange]:
    for section in dict.fromkeys((*after, *before)):
        old, new = before.get(section, {}), after.get(section, {})
        for name in sorted({*old, *new}):
            keys = tuple(_keys(old.get(name, {}), new.get(name, {})))
            if name not in old:
                yield ConnectorChange(section, name, "added", keys)
            elif name not in new:
                yield ConnectorChange(section, name, "removed", keys)
            elif keys:
                yield ConnectorChange(section, name, "changed", keys)


def _keys(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> Iterator[KeyChange]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is None or new is None or _hard(old) != _hard(new):
            yield KeyChange(key, old, new)


def _hard(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if name != "about"}


def changes_text(service: str, changes: Sequence[ConnectorChange]) -> str:
    if not changes:
        return f"{service}: nothing changed."
    rows = [row for change in changes for row in _rows(change)]
    return "\n".join([f"{service}: {_counted(changes)}.", *(line.rstrip() for line in table(rows, gap=3))])


def _counted(changes: Sequence[ConnectorChange]) -> str:
    kinds = {what: sum(change.what == what for change in changes) for what in ("added", "removed", "changed")}
    parts = [f"{number} {what}" for what, number in kinds.items() if number]
    number = kinds["added"] + kinds["removed"] + kinds["changed"]
    return f"{number} connector{'' if number == 1 else 's'} differ{'s' if number == 1 else ''}: {', '.join(parts)}"


def _rows(change: ConnectorChange) -> Iterator[tuple[str, str]]:
    sign = {"added": "+", "removed": "-", "changed": "~"}[change.what]
    number = len(change.keys)
    told = "" if change.what == "changed" else f"{number} key{'' if number == 1 else 's'}"
    yield safe(f"{sign} {change.section}.{change.name}"), told
    for key in change.keys if change.what == "changed" else ():
        sign = "+" if key.before is None else "-" if key.after is None else "~"
        yield safe(f"  {sign} {key.key}"), safe(_told(key))


def _told(key: KeyChange) -> str:
    if key.before is None or key.after is None:
        facts = key.after or key.before or _NOTHING
        return ", ".join(_fact(name, facts[name]) for name in sorted(facts, key=_rank))
    before, after = _hard(key.before), _hard(key.after)
    names = sorted({*before, *after}, key=_rank)
    return ", ".join(
        f"{name}: {_value(before.get(name))} -> {_value(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _rank(name: str) -> tuple[int, str]:
    """The type first, what is said last."""
    return {"type": 0, "about": 2}.get(name, 1), name


def _fact(name: str, value: object) -> str:
    if name in ("type", "about"):
        return str(value)
    return name if value is True and name != "default" else f"{name}: {_value(value)}"


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return " and ".join(f"{name} is {_value(one)}" for name, one in value.items())
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def changes_json(service: str, changes: Sequence[ConnectorChange]) -> dict[str, Any]:
    return {
        "provider": service,
        "changes": [
            {
                "section": change.section,
                "connector": change.name,
                "change": change.what,
                "keys": [{"key": one.key, "before": one.before, "after": one.after} for one in change.keys],
            }
            for change in changes
        ],
    }
