"""One process at a time moves the events of an engine. The kernel gives the lock back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stackfile.errors import Conflict, ProviderError
from stackfile_local.engine.store import Store

FILE = "run.lock"

_GONE_AFTER_MS = 15_000


@contextmanager
def running(store: Store) -> Iterator[None]:
    """Raises Conflict, naming the process, while another one runs this engine."""
    with alone(store):
        now = int(store.clock.now().timestamp() * 1000)
        with store.transaction() as transaction:
            _forget(transaction)
            transaction.execute(
                "INSERT INTO runner VALUES (1, ?, ?, ?, ?)", (os.getpid(), socket.gethostname(), now, now)
            )
        try:
            yield
        finally:
            with suppress(ProviderError), store.transaction() as transaction:
                _forget(transaction)


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """As `running`, and tells nobody. The lock's file says who has it: its process, and with what command."""
    store.rows("SELECT 1")  # makes the folder
    try:
        handle = os.open(store.folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ProviderError(f"the engine cannot use {store.folder}: {error.strerror or error}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(_held(store, handle), status=409, details={"code": "1104"}) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, _self().encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _forget(transaction: sqlite3.Connection) -> None:
    transaction.execute("DELETE FROM runner")
    transaction.execute("DELETE FROM meta WHERE name = 'served_at'")


def serves(store: Store, url: str) -> None:
    """Whoever runs the engine says where it is served, too."""
    with store.transaction() as transaction:
        transaction.execute("INSERT OR REPLACE INTO meta VALUES ('served_at', ?)", (url,))


def _self() -> str:
    """The command by its first words: what follows them may be secret."""
    words = [Path(sys.argv[0]).name]
    for word in sys.argv[1:3]:
        if not word.isalpha():
            break
        words.append(word)
    return f"process {os.getpid()} on {socket.gethostname()} ({' '.join(words)})"


def is_running(store: Store) -> bool:
    """Whether a run was there a moment ago. It is only told, not sure: for people, not for decisions."""
    rows = store.rows("SELECT seen FROM runner")
    return bool(rows) and store.microseconds() // 1000 - rows[0][0] < _GONE_AFTER_MS


def seen(store: Store) -> None:
    """A run says that it is there; more often than every ten seconds, please."""
    with store.transaction() as transaction:
        transaction.execute("UPDATE runner SET seen = ?", (store.microseconds() // 1000,))


def _held(store: Store, handle: int) -> str:
    try:
        who = os.pread(handle, 1000, 0).decode("utf-8", "replace").strip() or "another process"
    except OSError:
        who = "another process"
    at = store.rows("SELECT value FROM meta WHERE name = 'served_at'")
    if at:
        return (
            f"{who} serves this engine at {at[0][0]} ({store.folder}) and runs it: see how it fares, or stop it first"
        )
    return f"{who} runs this engine already ({store.folder}): let it end, or stop it, and run again"
