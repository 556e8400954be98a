"""The connection to a PostgreSQL server, and what its errors mean for the batch under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stackfile.errors import ProviderError, StackError
from stackfile.redact import Redactor
from stackfile_local.engine.sinks.backoff import Backoff

if TYPE_CHECKING:
    import psycopg

_UNLESS_SAID: Mapping[str, Any] = {
    "application_name": "stackfile",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that is gone without a word is noticed within a minute, not after the hours that the system would wait."""
_LONGEST_REASON = 500
_POISON_CLASSES = ("21", "22", "23", "44")
"""Cardinality, data, integrity constraint, check option: it is the row."""
_POISON = frozenset(("42804", "42846", "54000", "P0001"))
"""Datatype mismatch, cannot coerce, a limit of the server, an exception that a trigger raised."""
_PASSING_CLASSES = ("08", "40", "53", "57", "58")
"""Connection, rollback by the server, resources, operator intervention, system."""
_PASSING = frozenset(("25006", "55P03"))
"""A standby that takes no writes (yet), a lock that was not to be had."""
_STALE = frozenset(("42P01", "42P07", "42701", "42703"))
"""What is known of the table is not so any more."""


class Poison(StackError):
    """The server refuses a row among those that were sent; the text is its reason."""


class Stale(StackError):
    """Somebody changed the table since it was looked at."""


@dataclass
class Link:
    """Connected when it is first needed, and anew after it broke. `settings` are libpq's."""

    settings: Mapping[str, Any]
    timeout_ms: int
    redactor: Redactor
    backoff: Backoff
    name: str
    """Of the table, for messages."""
    _connection: Any = field(default=None, init=False)

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that the statement gives. It begins a transaction where there is none. `$1` stands for a value.

        Raises Poison and Stale, after which the transaction, or its savepoint, must be rolled back, and ProviderError.
        """
        with self._errors():
            cursor = self._connected().execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description is not None else []

    def commit(self) -> None:
        """Raises Later where nobody knows whether it happened."""
        with self._errors():
            self._connected().commit()
        self.backoff.worked()

    def roll_back(self) -> None:
        if self._connection is not None:
            with self._errors():
                self._connection.rollback()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(driver().Error):
                connection.close()

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        connection: psycopg.Connection[tuple[Any, ...]] = self._connection or self._connect()
        self._connection = connection
        return connection

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        settings: dict[str, Any] = {**_UNLESS_SAID, **conninfo_to_dict(**self.settings)}
        connection = psycopg.connect(
            **settings,
            client_encoding="UTF8",
            prepare_threshold=None,
            cursor_factory=psycopg.RawCursor,
        )
        try:
            connection.execute(f"SET statement_timeout = {int(self.timeout_ms)}")
            connection.commit()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        psycopg = driver()
        try:
            yield
        except psycopg.Error as error:
            raise self._translated(error) from None
        except UnicodeEncodeError as error:
            raise Poison(f"text that is not Unicode: {error.reason}") from None

    def _translated(self, error: psycopg.Error) -> StackError:
        state = error.sqlstate or ""
        says = self._says(error)
        connection = self._connection
        if connection is None or connection.broken or connection.closed:
            self.close()
            return self.backoff.failed(f"cannot reach the database of {self.name}: {says}")
        if state in _POISON or state.startswith(_POISON_CLASSES):
            return Poison(says)
        if state in _STALE:
            return Stale(f"cannot write {self.name}: {says}")
        if state in _PASSING or state.startswith(_PASSING_CLASSES):
            self.close()
            return self.backoff.failed(f"cannot write {self.name}: {says}")
        return ProviderError(f"cannot write {self.name}: {says}")

    def _says(self, error: psycopg.Error) -> str:
        """The server's own words, in one line."""
        text = error.diag.message_primary or str(error) or type(error).__name__
        return self.redactor.mask(" ".join(text.split()))[:_LONGEST_REASON]


def driver() -> Any:
    """psycopg. Raises ProviderError with what to install where it is missing."""
    try:
        import psycopg
    except ImportError as error:
        says = "writing to PostgreSQL needs psycopg, which is not installed: pip install 'stackfile[postgres]'"
        raise ProviderError(says) from error
    return psycopg
