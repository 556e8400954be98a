"""Writes rows to a table of a SQLite database that is not the engine's: exactly once, because the position that the
rows belong to is kept in that database and committed with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.sinks import Encoded, Mover
from stackfile_local.engine.sinks.paths import make_parent
from stackfile_local.engine.sinks.positions import POSITIONS, resumed, text_of
from stackfile_local.engine.sinks.rows import null_in_key, on_conflict, quoted, refusal

_BUSY_TIMEOUT = 30.0
_INT64 = 2**63
_PLAIN = frozenset((str, int, float, bool, type(None)))
_TABLE = """
CREATE TABLE IF NOT EXISTS _stackfile_positions (
    engine TEXT NOT NULL, mover TEXT NOT NULL, input TEXT NOT NULL, checkpoint TEXT NOT NULL,
    PRIMARY KEY (engine, mover)
)"""
_POSITION = "SELECT input, checkpoint FROM _stackfile_positions WHERE engine = ? AND mover = ?"
_MOVE = """
INSERT INTO _stackfile_positions VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET input = ?3, checkpoint = ?4"""
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that have the same columns."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass
class SqliteSink:
    """One table. It is made when it is missing, and gets the columns that events bring. With `key`, an event changes
    the row of the same key. Values keep their types; objects, lists and integers beyond 64 bits become JSON text."""

    path: Path
    table: str
    key: tuple[str, ...]
    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _new: bool = field(default=False, init=False)
    _saved: dict[str, str | None] = field(default_factory=dict, init=False)
    """The text of each mover's checkpoint as this run knows it in the database."""

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        with self._errors():
            if self._connection is None:
                self._connection, self._new = self._open()
            known = self._connection.execute(_POSITION, (mover.engine, mover.id)).fetchone()
        self._saved[mover.id] = None if known is None else known[1]
        return resumed(mover, saved, known, str(self.path) if self._new else "")

    def encode(self, events: Sequence[Event]) -> Encoded:
        refused: list[tuple[int, str]] = []
        groups: list[_Rows] = []
        judged: dict[tuple[str, ...], str] = {}
        for index, event in enumerate(events):
            value = event[1]
            columns = tuple(value) if isinstance(value, dict) else ()
            if not groups or groups[-1].columns != columns:
                if columns not in judged:
                    judged[columns] = _refusal(columns)
                if judged[columns]:
                    refused.append((index, judged[columns]))
                    continue
                groups.append(_Rows(columns, []))
            if self.key and (reason := null_in_key(self.key, value)):
                refused.append((index, reason))
                continue
            row = tuple(value.values())
            groups[-1].rows.append(row if _PLAIN.issuperset(map(type, row)) else tuple(map(_plain, row)))
        return Encoded(groups, len(events) - len(refused), refused)

    def stage(self, encoded: Encoded) -> Encoded:
        return encoded

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None:
        pass

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        connection = self._connection
        if connection is None:
            raise ProviderError(f"destination {self.path}: it is not open")
        text = text_of(at)
        with self._errors():
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_unmoved(connection, mover)
                self._write(connection, encoded.payload)
                connection.execute(_MOVE, (mover.engine, mover.id, mover.input, text))
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        self._saved[mover.id] = text

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> tuple[sqlite3.Connection, bool]:
        """The connection, and whether no engine ever wrote to this database."""
        make_parent(self.path)
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            named = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (POSITIONS,)).fetchone()
            connection.execute(_TABLE)
        except BaseException:
            connection.close()
            raise
        return connection, named is None

    def _write(self, connection: sqlite3.Connection, groups: Sequence[_Rows]) -> None:
        known = {_folded(name) for _, name, *_ in connection.execute(f"PRAGMA table_info({quoted(self.table)})")}
        key = set(map(_folded, self.key))
        for group in groups:
            self._make_columns(connection, group.columns, known)
            names = ", ".join(map(quoted, group.columns))
            places = ", ".join("?" * len(group.columns))
            into = f"{quoted(self.table)} ({names})"
            rest = [name for name in group.columns if _folded(name) not in key]
            sql = f"INSERT INTO {into} VALUES ({places}){on_conflict(self.key, rest)}"  # noqa: S608 names are quoted
            connection.execute("SAVEPOINT several")
            try:
                connection.executemany(sql, group.rows)
            except OverflowError:  # so rare that not every integer is looked at before
                connection.execute("ROLLBACK TO several")
                connection.executemany(sql, [tuple(map(_plain, row)) for row in group.rows])
            connection.execute("RELEASE several")

    def _make_columns(self, connection: sqlite3.Connection, columns: Sequence[str], known: set[str]) -> None:
        """Columns have no type: a value is stored as it is."""
        missing = [name for name in columns if _folded(name) not in known]
        if not known:
            connection.execute(f"CREATE TABLE {quoted(self.table)} ({', '.join(map(quoted, missing))})")
            if self.key:
                key = ", ".join(map(quoted, self.key))
                index = quoted(f"_stackfile_{self.table}_key")
                connection.execute(f"CREATE UNIQUE INDEX {index} ON {quoted(self.table)} ({key})")
        else:
            for name in missing:
                connection.execute(f"ALTER TABLE {quoted(self.table)} ADD COLUMN {quoted(name)}")
        known.update(map(_folded, missing))

    def _check_unmoved(self, connection: sqlite3.Connection, mover: Mover) -> None:
        row = connection.execute(_POSITION, (mover.engine, mover.id)).fetchone()
        if (None if row is None else row[1]) != self._saved[mover.id]:
            raise ProviderError(f"{self.path}: somebody else moved the position of {mover.id} while this run wrote")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ProviderError(f"cannot write table {self.table} of {self.path}: {error}") from error


def _refusal(columns: Sequence[str]) -> str:
    if len(set(map(_folded, columns))) < len(columns):
        return "two of its fields are the same column: their names differ only in case"
    return refusal(columns)


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return _encode(value).decode()
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return str(value)
    return value


def _folded(name: str) -> str:
    """As SQLite compares names: ASCII letters alone have no case."""
    return "".join(c.lower() if c.isascii() else c for c in name)
