"""A table of a PostgreSQL database: its columns, and those that events bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile_local.engine.sinks.postgres_link import Link
from stackfile_local.engine.sinks.rows import quoted

_EXACT = 2**53
_INT64 = 2**63
_NUMBERS = frozenset((int, float))
_TYPES = {bool: "boolean", str: "text", dict: "jsonb", list: "jsonb"}
_COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"""


@dataclass
class Table:
    """Made when it is missing, with `key` as its primary key. `types` are of columns that are still to be made; those
    that it does not name get theirs by the first values that they are to hold."""

    link: Link
    schema: str
    name: str
    key: tuple[str, ...]
    types: Mapping[str, str]
    _known: dict[str, None] | None = field(default=None, init=False)

    @property
    def quoted(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def forget(self) -> None:
        """What was made may have been undone, and others may have changed it."""
        self._known = None

    def make_columns(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Those of `names` that are columns now: not yet those that have no value in any row."""
        known = self._columns()
        missing = {name: self._type(name, (row.get(name) for row in rows)) for name in names if name not in known}
        made = {name: type for name, type in missing.items() if type}
        if not known and not made:
            made = dict.fromkeys(missing, "text")
        if made and not known:
            self._create(made)
        elif made:
            added = ", ".join(f"ADD COLUMN {quoted(name)} {type}" for name, type in made.items())
            self.link.execute(f"ALTER TABLE {self.quoted} {added}")
        known.update(dict.fromkeys(made))
        return [name for name in names if name in known]

    def _columns(self) -> dict[str, None]:
        if self._known is None:
            self._known = dict.fromkeys(name for (name,) in self.link.execute(_COLUMNS, self.quoted))
        return self._known

    def _create(self, columns: Mapping[str, str]) -> None:
        make_schema(self.link, self.schema)
        parts = [f"{quoted(name)} {type}" for name, type in columns.items()]
        if self.key:
            parts.append(f"PRIMARY KEY ({', '.join(map(quoted, self.key))})")
        self.link.execute(f"CREATE TABLE {self.quoted} ({', '.join(parts)})")

    def _type(self, name: str, values: Iterable[Any]) -> str:
        return self.types.get(name) or type_of(values)


def make_schema(link: Link, schema: str) -> None:
    """Asks first: who may not make a schema may still use one that is there."""
    if not link.execute("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema):
        link.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")


def type_of(values: Iterable[Any]) -> str:
    """The type of a column by the first value that it is to hold; for numbers, by all of them. Empty where all are
    null."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    if type(known[0]) in _NUMBERS:
        return _type_of_numbers([value for value in known if type(value) in _NUMBERS])
    return _TYPES[type(known[0])]


def _type_of_numbers(numbers: Sequence[float]) -> str:
    whole = [number for number in numbers if type(number) is int]
    if len(whole) == len(numbers):
        return "bigint" if all(-_INT64 <= number < _INT64 for number in whole) else "numeric"
    return "double precision" if all(abs(number) <= _EXACT for number in whole) else "numeric"
