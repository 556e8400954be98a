"""What tables of all databases ask of an event that is to be a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_COLUMNS = 1500


def refusal(columns: Sequence[str]) -> str:
    """Why fields of these names are no row; empty where they are one."""
    if not columns:
        return "not an object with fields, so it is no row"
    if "" in columns or any("\0" in name for name in columns):
        return "a field's name cannot be that of a column"
    return "" if len(columns) <= _COLUMNS else f"{len(columns):,} fields, and a row takes {_COLUMNS:,}"


def null_in_key(key: Iterable[str], value: Mapping[str, Any]) -> str:
    """Why a row has no key; empty where it has one."""
    missing = [name for name in key if value.get(name) is None]
    return f"`{missing[0]}`, which is in the key, is null or missing" if missing else ""


def quoted(name: str) -> str:
    """As an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def on_conflict(key: Sequence[str], rest: Sequence[str]) -> str:
    """What an INSERT does where a row of the same key is there: its `rest` of columns change."""
    if not key:
        return ""
    action = "UPDATE SET " + ", ".join(f"{quoted(n)} = excluded.{quoted(n)}" for n in rest) if rest else "NOTHING"
    return f" ON CONFLICT ({', '.join(map(quoted, key))}) DO {action}"
