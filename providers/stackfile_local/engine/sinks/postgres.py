"""Writes rows to a table of a PostgreSQL database: exactly once, because the position that the rows belong to is kept
in that database and committed with them.

A batch is written when it is staged, in a transaction that is committed when the engine has saved the rest. What the
server refuses is known by then: the batch is halved until the rows that it does not take stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.sinks import Encoded, Mover
from stackfile_local.engine.sinks.positions import POSITIONS, resumed, text_of
from stackfile_local.engine.sinks.postgres_link import Link, Poison, Stale
from stackfile_local.engine.sinks.postgres_rows import Item, Rows
from stackfile_local.engine.sinks.postgres_table import Table, make_schema
from stackfile_local.engine.sinks.rows import on_conflict, quoted

_encode = msgspec.json.Encoder().encode


@dataclass
class PostgresSink:
    """One table. JSON becomes rows in the server (`json_populate_recordset`), so its types decide what fits."""

    link: Link
    table: Table
    rows: Rows
    _saved: dict[str, str | None] = field(default_factory=dict, init=False)
    """The text of each mover's checkpoint as this run knows it in the database."""

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        self._begin()
        try:
            new = self._make_positions()
            sql = f"SELECT input, checkpoint FROM {self._positions} WHERE engine = $1 AND mover = $2"  # noqa: S608 quoted
            found = self.link.execute(sql, mover.engine, mover.id)
        except (Poison, Stale) as error:
            raise ProviderError(f"cannot use {self._positions}: {error}") from None
        self.link.commit()
        known = found[0] if found else None
        self._saved[mover.id] = None if known is None else known[1]
        return resumed(mover, saved, known, self._positions if new else "")

    def encode(self, events: Sequence[Event]) -> Encoded:
        items, refused = self.rows.items(events)
        return Encoded(items, len(items), refused)

    def stage(self, encoded: Encoded) -> Encoded:
        items: list[Item] = encoded.payload
        self._begin()
        poison: list[tuple[int, str]] = []
        try:
            self._write(items)
        except Poison:
            self._begin()
            poison = self._halved(items)
        except Stale:
            self._begin()
            poison = self._halved(items)
        if not poison:
            return encoded
        return Encoded(items, encoded.count - len(poison), sorted((*encoded.refused, *poison)))

    def apply(self, transaction: object, encoded: Encoded, now: int) -> None:
        pass

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        text = text_of(at)
        before = self._saved.get(mover.id)
        if before is None:
            does = f"INSERT INTO {self._positions} VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"  # noqa: S608 quoted
        else:
            does = (
                f"UPDATE {self._positions} SET input = $3, checkpoint = $4 "  # noqa: S608 names are quoted
                "WHERE engine = $1 AND mover = $2 AND checkpoint = $5"
            )
        values = (mover.engine, mover.id, mover.input, text, *(() if before is None else (before,)))
        try:
            moved = self.link.execute(f"{does} RETURNING 1", *values)
        except (Poison, Stale) as error:
            raise ProviderError(f"cannot use {self._positions}: {error}") from None
        if not moved:
            self._begin()
            says = f"somebody else moved the position of {mover.id} while this run wrote"
            raise ProviderError(f"{self._positions}: {says}")
        self._commit()
        self._saved[mover.id] = text

    def close(self) -> None:
        self.link.close()

    @property
    def _positions(self) -> str:
        return f"{quoted(self.table.schema)}.{quoted(POSITIONS)}"

    def _make_positions(self) -> bool:
        """Whether no engine ever wrote to this schema."""
        if self.link.execute("SELECT 1 WHERE to_regclass($1) IS NOT NULL", self._positions):
            return False
        make_schema(self.link, self.table.schema)
        self.link.execute(
            f"CREATE TABLE IF NOT EXISTS {self._positions} (engine text NOT NULL, mover text NOT NULL, "
            "input text NOT NULL, checkpoint text NOT NULL, PRIMARY KEY (engine, mover))"
        )
        return True

    def _begin(self) -> None:
        """Anew: what was staged and not finished is taken back."""
        self.link.roll_back()
        self.table.forget()

    def _commit(self) -> None:
        try:
            self.link.commit()
        except Poison as error:  # a constraint that is deferred to the end of the transaction
            self._begin()
            raise ProviderError(f"cannot write {self.table.quoted}: {error}") from None

    def _halved(self, items: Sequence[Item]) -> list[tuple[int, str]]:
        """Writes all but those that the server refuses, and gives these with its reason."""
        self.link.execute("SAVEPOINT part")
        try:
            self._write(items)
        except Poison as poison:
            self.link.execute("ROLLBACK TO part")
            self.table.forget()
            if len(items) == 1:
                return [(items[0][0], str(poison))]
            middle = len(items) // 2
            return [*self._halved(items[:middle]), *self._halved(items[middle:])]
        except Stale as stale:
            raise ProviderError(str(stale)) from None
        self.link.execute("RELEASE part")
        return []

    def _write(self, items: Sequence[Item]) -> None:
        changes = self.rows.changes(items)
        given = [row for _, row, _ in items if row is not None]
        into = self.table.quoted
        if changes.deleted:
            names = self.table.make_columns(self.rows.key, changes.deleted)
            same = " AND ".join(f"old.{quoted(name)} = gone.{quoted(name)}" for name in names)
            gone = f"json_populate_recordset(NULL::{into}, $1::json) AS gone"
            self.link.execute(
                f"DELETE FROM {into} AS old USING {gone} WHERE {same}",  # noqa: S608 names are quoted
                _encode(changes.deleted).decode(),
            )
        for columns, rows in changes.groups.items():
            names = self.table.make_columns(columns, given)
            listed = ", ".join(map(quoted, names))
            rest = [name for name in names if name not in self.rows.key]
            self.link.execute(
                f"INSERT INTO {into} ({listed}) SELECT {listed} "  # noqa: S608 names are quoted
                f"FROM json_populate_recordset(NULL::{into}, $1::json){on_conflict(self.rows.key, rest)}",
                _encode(rows).decode(),
            )
