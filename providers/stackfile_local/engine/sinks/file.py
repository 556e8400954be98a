"""Writes lines to a file: exactly once, by the engine's record of how much of the file is surely ours.

A batch is written behind that length and synced, then the length is saved with the checkpoint. After a kill, what is
beyond it is cut off and written again. Between runs the file may be moved, emptied or added to.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.sinks import Encoded, Mover
from stackfile_local.engine.sinks.lines import Lines
from stackfile_local.engine.sinks.paths import make_parent
from stackfile_local.engine.store import Store, sync_folder

_LONGEST_HEADER = 2**20
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


@dataclass
class FileSink:
    """One file, shared by all that write to its destination. `path` is absolute."""

    store: Store
    destination: int
    path: Path
    lines: Lines
    _handle: int | None = field(default=None, init=False)
    _length: int = field(default=0, init=False)
    """How much of the file is in the engine's record."""
    _staged: int = field(default=0, init=False)
    _gap: bytes = field(default=b"", init=False)
    """Ends a last line that somebody left open."""

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        if self._handle is not None:
            return saved
        try:
            self._open()
        except OSError as error:
            raise self._cannot(error) from error
        return saved

    def encode(self, events: Sequence[Event]) -> Encoded:
        data, refused = self.lines.encode([event[1] for event in events])
        return Encoded(data, len(events) - len(refused), refused)

    def stage(self, encoded: Encoded) -> Encoded:
        self._staged = 0
        if not encoded.payload:
            return encoded
        begin = self._gap if self._length else self.lines.first_line()
        try:
            self._write(begin + encoded.payload)
        except OSError as error:
            raise self._cannot(error) from error
        return encoded

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None:
        if self._staged:
            self._save(transaction, self._length + self._staged, "open")

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        if self._staged:
            self._length, self._staged, self._gap = self._length + self._staged, 0, b""

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            if os.fstat(handle).st_size > self._length:
                os.ftruncate(handle, self._length)
            os.fsync(handle)
        except OSError as error:
            raise self._cannot(error) from error
        finally:
            os.close(handle)
        with self.store.transaction() as transaction:
            self._save(transaction, self._length, "closed")

    def _open(self) -> None:
        """Cuts off what a killed run left, and says durably that from now on the rest of the file is the engine's."""
        rows = self.store.rows("SELECT position FROM outputs WHERE destination = ?", self.destination)
        known: dict[str, Any] = _decode(rows[0][0]) if rows else {"state": "closed", "length": 0}
        make_parent(self.path)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ProviderError(f"cannot write {self.path}: it is not a file")
            length = status.st_size
            if known["state"] == "open" and length > known["length"]:
                length = known["length"]
                os.ftruncate(handle, length)
            self._adopt(handle, length)
            sync_folder(self.path.parent)
            with self.store.transaction() as transaction:
                self._save(transaction, length, "open")
        except BaseException:
            os.close(handle)
            raise
        self._handle, self._length, self._staged = handle, length, 0

    def _adopt(self, handle: int, length: int) -> None:
        self._gap = b"\n" if length and os.pread(handle, 1, length - 1) != b"\n" else b""
        if length:
            first, _, _ = os.pread(handle, min(length, _LONGEST_HEADER), 0).partition(b"\n")
            try:
                self.lines.adopt(first)
            except ValueError as error:
                raise ProviderError(f"cannot go on writing {self.path}: {error}") from error

    def _write(self, data: bytes) -> None:
        handle = self._handle
        if handle is None or not self._is_ours(handle):
            self.close()  # so that whoever tries again takes what is there then
            raise ProviderError(f"cannot write {self.path}: it was moved, cut or deleted while a run had it open")
        if os.fstat(handle).st_size > self._length:
            os.ftruncate(handle, self._length)
        written = 0
        view = memoryview(data)
        while written < len(data):
            written += os.pwrite(handle, view[written:], self._length + written)
        os.fsync(handle)
        self._staged = len(data)

    def _is_ours(self, handle: int) -> bool:
        """Whether the path still leads to the file that is open, and all that was written is there."""
        status = os.fstat(handle)
        try:
            here = os.stat(self.path)
        except FileNotFoundError:
            return False
        return os.path.samestat(here, status) and status.st_size >= self._length

    def _save(self, transaction: sqlite3.Connection, length: int, state: str) -> None:
        transaction.execute(
            "INSERT INTO outputs SELECT seq, ?2 FROM objects WHERE seq = ?1 ON CONFLICT DO UPDATE SET position = ?2",
            (self.destination, _encode({"state": state, "length": length}).decode()),
        )

    def _cannot(self, error: OSError) -> ProviderError:
        return ProviderError(f"cannot write {self.path}: {error.strerror or error}")
