"""Events as changes of the rows of a table: which events are none, and what several changes of one row come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from stackfile_local.engine.events import Event
from stackfile_local.engine.sinks.rows import null_in_key, refusal

_LONGEST_NAME = 63
_encode = msgspec.json.Encoder().encode

Item: TypeAlias = tuple[int, dict[str, Any] | None, dict[str, Any]]
"""The number of an event, its row or None for a deletion, and the row's key."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done, in this order: no row stands in `groups` twice. `groups` are rows by their columns."""

    deleted: Sequence[Mapping[str, Any]]
    groups: Mapping[tuple[str, ...], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rows:
    """With `key`, the last event of a key counts; with `deletes`, one without a value deletes the row of its key."""

    key: tuple[str, ...] = ()
    deletes: bool = False

    def items(self, events: Sequence[Event]) -> tuple[list[Item], list[tuple[int, str]]]:
        """The events that are changes, and those that are none, with the reason."""
        items: list[Item] = []
        refused: list[tuple[int, str]] = []
        judged: dict[tuple[str, ...], str] = {}
        for index, event in enumerate(events):
            value = event[1]
            if value is None and self.deletes:
                key, reason = self._key_of_deleted(event[0])
                value = None
            else:
                columns = tuple(value) if isinstance(value, dict) else ()
                if columns not in judged:
                    judged[columns] = _refusal(columns)
                reason = judged[columns]
                key = {} if reason else {name: value.get(name) for name in self.key}
                reason = reason or null_in_key(self.key, key)
            if reason:
                refused.append((index, reason))
            else:
                items.append((index, value, key))
        return items, refused

    def changes(self, items: Sequence[Item]) -> Changes:
        groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        if not self.key:
            for _, row, _ in items:
                groups.setdefault(tuple(row or ()), []).append(row or {})
            return Changes((), groups)
        deleted: dict[Any, Mapping[str, Any]] = {}
        last: dict[Any, dict[str, Any]] = {}
        for _, row, key in items:
            id = _id(key)
            if row is None:
                deleted[id] = key
                last.pop(id, None)
            else:
                before = last.get(id)
                last[id] = row if before is None else {**before, **row}
        for row in last.values():
            groups.setdefault(tuple(row), []).append(row)
        return Changes(list(deleted.values()), groups)

    def _key_of_deleted(self, key: Any) -> tuple[dict[str, Any], str]:
        if isinstance(key, dict):
            found = {name: key.get(name) for name in self.key}
        elif len(self.key) == 1:
            found = {self.key[0]: key}
        else:
            return {}, f"a deletion whose key does not tell {', '.join(f'`{name}`' for name in self.key)}"
        return found, null_in_key(self.key, found)


def _refusal(columns: tuple[str, ...]) -> str:
    long = [name for name in columns if len(name.encode(errors="replace")) > _LONGEST_NAME]
    if long:
        return f"the name of a field, {long[0][:20]}..., is longer than the {_LONGEST_NAME} bytes of a column's"
    return refusal(columns)


def _id(key: Mapping[str, Any]) -> Any:
    """Tells keys apart that the server may tell apart: 1 and true, "1" and 1."""
    if len(key) == 1:
        (value,) = key.values()
        if type(value) is str:
            return value
    return _encode(list(key.values()))
