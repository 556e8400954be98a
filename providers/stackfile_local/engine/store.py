"""The engine's database: made whole or not at all, opened with full durability, changed in short transactions only."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackfile.errors import Ambiguous, ProviderError, Rejected, Unreachable
from stackfile.sdk.provider import Clock
from stackfile_local.engine.damage import Damaged, is_damage, mending
from stackfile_local.engine.tables import APPLICATION_ID, CREATE, FORMAT, UPGRADES

FILE = "engine.db"

_BUSY_TIMEOUT = 30.0
_CHECKPOINT_PAGES = 8192


@dataclass
class Store:
    """One database, opened when it is first used and made when it is first changed: before that, a blank one in memory
    answers, so that looking leaves nothing behind. One store is used by one thread; each process has its own.

    `calls` counts operations of the engine, as requests count for a remote service.
    """

    folder: Path
    clock: Clock
    calls: int = field(default=0)
    gate: AbstractContextManager[object] = field(default_factory=nullcontext)
    """What stores of several threads of a process share: they take turns at changing, and none waits by polling."""
    _database: sqlite3.Connection | None = field(default=None, init=False, repr=False)
    _blank: sqlite3.Connection | None = field(default=None, init=False, repr=False)

    @property
    def file(self) -> Path:
        return self.folder / FILE

    @property
    def connection(self) -> sqlite3.Connection:
        """For reading. Raises ProviderError for a folder that cannot be used, a newer format, a file that is no
        engine's."""
        if self.made:
            return self._opened()
        if self._blank is None:
            self._blank = sqlite3.connect(":memory:", isolation_level=None)
            _fill(self._blank, "")
        return self._blank

    @property
    def made(self) -> bool:
        """Whether the engine is on the disk: until its first change it is nowhere."""
        return self._database is not None or self._exists()

    def _exists(self) -> bool:
        try:
            self.file.stat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unusable(error) from error
        return True

    def _opened(self) -> sqlite3.Connection:
        """For changing: the database, which is made where it is missing."""
        if self._database is None:
            try:
                if not self.file.exists():
                    _make(self.folder)
                connection = _connect(self.file)
            except OSError as error:
                raise self._unusable(error) from error
            except sqlite3.Error as error:
                raise _translated(error, self.file) from error
            try:
                _check_format(connection, self.file)
                _upgrade(connection, self.file)
            except BaseException:
                connection.close()
                raise
            self._database = connection
        return self._database

    def _unusable(self, error: OSError) -> ProviderError:
        return ProviderError(f"the engine cannot use {self.folder}: {error.strerror or error}")

    @property
    def engine_id(self) -> str:
        return str(self.meta("engine_id"))

    def meta(self, name: str) -> Any:
        return self.rows("SELECT value FROM meta WHERE name = ?", name)[0][0]

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All rows of a query, of one committed moment."""
        connection = self.connection
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error, self.file) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is durable when the block ends, or nothing of it happened."""
        connection = self._opened()
        with self.gate:
            yield from self._within(connection)

    def _within(self, connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
        except sqlite3.Error as error:
            _roll_back(connection)
            raise _translated(error, self.file) from error
        except BaseException:
            _roll_back(connection)
            raise
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _roll_back(connection)
            if _is_refusal(error):
                raise _translated(error, self.file) from error
            raise Ambiguous(f"the engine's database {self.file} did not confirm a change: {error}") from error

    def append_time(self, transaction: sqlite3.Connection) -> int:
        """Milliseconds for what is appended in this transaction; never less than any given before."""
        now = int(self.clock.now().timestamp() * 1000)
        (floor,) = transaction.execute("SELECT value FROM meta WHERE name = 'clock'").fetchone()
        if now <= floor:
            return int(floor)
        transaction.execute("UPDATE meta SET value = ? WHERE name = 'clock'", (now,))
        return now

    def microseconds(self) -> int:
        """Wall clock, for the times of objects."""
        return round(self.clock.now().timestamp() * 1_000_000)

    def close(self) -> None:
        for connection in (self._database, self._blank):
            if connection is not None:
                connection.close()
        self._database = self._blank = None


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_BUSY_TIMEOUT, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def _make(folder: Path) -> None:
    """Makes the database beside its place and links it there whole: a kill leaves all of it or none, and of two
    processes that make it at once the first wins."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{FILE}.{uuid.uuid4().hex}.new"
    try:
        make(draft, str(uuid.uuid4()))
        with suppress(FileExistsError):
            os.link(draft, folder / FILE)
        sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)


def make(file: Path, engine_id: str) -> None:
    """An empty database."""
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _fill(connection, engine_id)
    finally:
        connection.close()


def _fill(connection: sqlite3.Connection, engine_id: str) -> None:
    connection.executescript(f"BEGIN;{CREATE}COMMIT;")
    first = [("engine_id", engine_id), ("clock", 0), ("catalog", 0)]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", first)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_format(connection: sqlite3.Connection, file: Path) -> None:
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        version = _version(connection)
    except sqlite3.Error as error:
        raise _translated(error, file) from error
    if application != APPLICATION_ID:
        raise ProviderError(f"{file} is not an engine's database: choose another data_dir")
    if version > FORMAT:
        raise ProviderError(
            f"{file} has format {version}, and this stackfile knows formats up to {FORMAT}: install the newer stackfile"
        )


def _upgrade(connection: sqlite3.Connection, file: Path) -> None:
    """From an older format, whole or not at all, by whoever opens it first."""
    try:
        if _version(connection) == FORMAT:
            return
        connection.execute("BEGIN IMMEDIATE")
        for older in range(_version(connection), FORMAT):
            for statement in UPGRADES[older]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        raise _translated(error, file) from error


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _is_refusal(error: sqlite3.Error) -> bool:
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT)


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _translated(error: sqlite3.Error, file: Path) -> ProviderError:
    """What SQLite says, in the words of the engine. All of these come before a change is made, or undo it."""
    code = _code(error)
    if is_damage(error):
        return Damaged(
            f"the engine's database {file} is damaged: {error}; what can be read is kept by: {mending(file.parent)}"
        )
    if code == sqlite3.SQLITE_BUSY:
        return Unreachable(f"the engine's database {file} was busy for {_BUSY_TIMEOUT:.0f} s: another process holds it")
    if code == sqlite3.SQLITE_FULL:
        return Rejected(f"no space left for the engine's database {file}: nothing was changed", status=507)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return Rejected(f"the engine's database {file} cannot be written: {error}")
    return ProviderError(f"the engine's database {file}: {error}")
